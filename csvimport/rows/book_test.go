package rows_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

func openWorkbook(t testing.TB, name string, opt rows.ReadOptions) *rows.File {
	t.Helper()
	r, err := os.Open(filepath.Join(workbooksDir, name))
	must(t, err)
	defer r.Close()
	f, err := rows.Open(r, name, opt)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// TestHidden does with hidden rows what was decided, and says so.
func TestHidden(t *testing.T) {
	for _, tt := range []struct {
		name   string
		hidden rows.Hidden
		rows   int
		codes  []string
	}{
		{"told", rows.HiddenTold, 10, []string{"W_HIDDEN_ROWS"}},
		{"refused", rows.HiddenRefused, 0, []string{"E_HIDDEN_ROWS"}},
		{"taken", rows.HiddenTaken, 10, nil},
		{"skipped", rows.HiddenSkipped, 7, []string{"W_HIDDEN_SKIPPED"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := openWorkbook(t, "hidden-rows-o10.xlsx", rows.ReadOptions{Hidden: tt.hidden})
			for range 2 { // later readings go by what the first one found
				index := 0
				for row := range f.Rows() {
					if row.Index != index {
						t.Errorf("row %d has index %d, want %d", row.Row, row.Index, index)
					}
					index++
				}
				if index != tt.rows {
					t.Errorf("%d rows, want %d", index, tt.rows)
				}
			}
			var codes []string
			for _, found := range f.Findings() {
				if strings.Contains(string(found.Code), "HIDDEN") {
					codes = append(codes, string(found.Code))
					if found.Row == 0 || !strings.Contains(found.Message, "3 rows are hidden: 3, 5, 6") {
						t.Errorf("%s: %s", found.Where(), found.Message)
					}
				}
			}
			if diff := cmp.Diff(tt.codes, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			if csvimport.Has(f.Findings(), csvimport.ENoRows) {
				t.Error("it is said that there are no rows")
			}
		})
	}
}

// TestBookWords says what a person needs to know of a workbook.
func TestBookWords(t *testing.T) {
	for _, tt := range []struct {
		file, sheet string
		code        csvimport.Code
		want        string
	}{
		{"sheets-two-with-header-o10.xlsx", "", csvimport.ESheetAmbiguous, "several sheets have our headings: "},
		{"sheets-two-with-header-o10.xlsx", "Nothing", csvimport.ESheetUnknown, `there is no sheet "Nothing" in the workbook`},
		{"csv-renamed-to-o10.xlsx", "Nothing", csvimport.ESheetUnknown, `the file is no workbook: it has no sheet "Nothing"`},
		{"hidden-columns-o10.xlsx", "", csvimport.WHiddenColumns, "2 columns are hidden: "},
		{"table-totals-row-o10.xlsx", "", csvimport.WTotalsRow, "this row is the total of its table"},
		{"~$accounts.xlsx", "", csvimport.ENotText, "Excel still has accounts.xlsx open"},
		{"crc-error-o10.xlsx", "", csvimport.EDamaged, "its own checksum proves it"},
		{"sheet-part-missing.xlsx", "", csvimport.EDamaged, "a part of it is missing (xl/worksheets/sheet1.xml)"},
		{"duplicate-part-o10.xlsx", "", csvimport.EDamaged, "is there twice, and which one counts is a guess"},
		{"shared-string-out-of-range.xlsx", "", csvimport.EDamaged, "the cell refers to something that is not there (4711)"},
		{"merged-tenant-o10.xlsx", "", csvimport.EEmpty, "the cell is empty"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			f := openWorkbook(t, tt.file, rows.ReadOptions{Sheet: tt.sheet})
			got := readAll(f)
			checkWords(t, got.findings)
			for _, found := range got.findings {
				if found.Code == tt.code {
					if !strings.Contains(found.Message, tt.want) {
						t.Errorf("%q, want %q", found.Message, tt.want)
					}
					return
				}
			}
			t.Errorf("findings %+v, want %s", got.findings, tt.code)
		})
	}
}
