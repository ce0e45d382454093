package rows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

// TestSecondReading reads files with repeated ids again and again: each reading
// tells the same, whether what the first found out could be kept or not.
func TestSecondReading(t *testing.T) {
	many := func(n int, row func(i int) string) *rows.File {
		f, err := rows.Open(manyRows(n, row), "many.csv", rows.ReadOptions{Now: sample.Today})
		must(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	for _, tt := range []struct {
		name    string
		file    *rows.File
		refused int
		id      string // of rows that do not agree
	}{
		{"identical, different, spoilt", sample.Open(t, sixHeadings+"\n"+plainRow(1)+plainRow(2)+"\n\n"+plainRow(1)+strings.Replace(plainRow(2), "Company 2", "Company 3", 1)+
			strings.Replace(plainRow(3), "Company 3", "", 1)+plainRow(3)+plainRow(3)), 3, fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", 2*7919)},
		{"filled down", many(2000, func(i int) string { return strings.Replace(plainRow(7), "Company 7", fmt.Sprint("Company ", i), 1) }), 1999,
			fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", 7*7919)},
		{"more than are kept", many(120_000, func(i int) string { return plainRow(i % 60_000) }), 60_000, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var first []csvimport.Finding
			for reading := range 3 {
				var found []csvimport.Finding
				for row := range tt.file.Rows() {
					found = append(found, row.Findings...)
				}
				found = append(found, tt.file.Findings()...)
				if reading == 0 {
					first = found
				}
				if !slices.Equal(first, found) {
					t.Fatalf("reading %d (-first +now):\n%s", reading, cmp.Diff(first[:min(9, len(first))], found[:min(9, len(found))]))
				}
			}
			refused := 0
			for _, f := range first {
				if f.Code == "E_DUPLICATE_SUB_ID" {
					refused++
				}
			}
			if refused != tt.refused {
				t.Errorf("%d rows refused, want %d", refused, tt.refused)
			}
			if tt.id != "" && !tt.file.Conflicted(tt.id) {
				t.Errorf("%s is not said to be conflicted", tt.id)
			}
		})
	}
}
