package rows_test

import (
	"strings"
	"testing"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
)

// TestExamples shows that the example of a code, where it is a cell or a file, is one:
// reading it finds the code.
func TestExamples(t *testing.T) {
	columns := []string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id", "cut_off_date"}
	good := []string{"contoso.onmicrosoft.com", sample.PlanA, sample.SubID(1), "Contoso", "dana@contoso.com", "1000042", ""}
	tried := 0
	for _, m := range csvimport.Meanings() {
		text, ok := m.File()
		if column, value, is := m.Cell(); is {
			cells := append([]string(nil), good...)
			for i := range columns {
				if columns[i] == column {
					cells[i] = `"` + value + `"`
				}
			}
			text, ok = strings.Join(columns, ",")+"\n"+strings.Join(cells, ",")+"\n", true
		}
		if !ok {
			continue
		}
		tried++
		t.Run(string(m.Code), func(t *testing.T) {
			f := sample.Open(t, text)
			found := f.Findings()
			for row := range f.Rows() {
				found = append(found, row.Findings...)
			}
			found = append(found, f.Findings()...)
			if !csvimport.Has(found, m.Code) {
				t.Errorf("%q is no example: %q", m.Example, sample.Found(found))
			}
		})
	}
	if tried < 40 {
		t.Errorf("tried %d examples only", tried)
	}
}

// TestCopyUnreadable shows that a file whose private copy cannot be read to its end is
// at fault as a whole.
func TestCopyUnreadable(t *testing.T) {
	f := sample.Open(t, sample.Columns)
	f.Close()
	for range f.Rows() {
	}
	if !csvimport.Has(f.Findings(), csvimport.EUnreadable) {
		t.Errorf("found %q", sample.Found(f.Findings()))
	}
}
