package rows

import (
	"io"

	"bulkimport/csvimport"
)

// WriteClean writes the valid rows of a file as they were understood: UTF-8,
// commas, LF, the six columns in their order and in normal form, and
// cut_off_date if the file has it. Cells are written as they are, for programs.
// The error is that of w.
func WriteClean(w io.Writer, f *File) error {
	t := newTable(w, dialect{})
	t.columns = templateColumns
	if f.hasCutOff() {
		t.columns = templateColumnsDated
	}
	return t.writeRows(func(yield func(csvimport.TemplateRow, error) bool) {
		for row := range f.Rows() {
			if row.Valid() && !yield(csvimport.TemplateRow{
				Tenant: row.Tenant, PlanID: row.PlanID, SubID: row.SubID, Company: row.Company,
				Email: row.Email, AccountID: row.AccountID, CutOff: row.CutOff,
			}, nil) {
				return
			}
		}
	})
}
