package rows

import (
	"io"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// WriteClean writes the valid rows of a file as they were understood: UTF-8,
// commas, LF, the six columns in their order and in normal form, and
// cut_off_date if the file has it. The error is that of w.
func WriteClean(w io.Writer, f *File) error {
	t := &plainTable{out: delimited.NewWriter(w, sheet.Style{}), columns: templateColumns}
	if f.hasCutOff() {
		t.columns = templateColumnsDated
	}
	batch := make([]csvimport.TemplateRow, 0, batchRows)
	if err := writeColumns(t, batch); err != nil {
		return err
	}
	for row := range f.Rows() {
		if !row.Valid() {
			continue
		}
		batch = append(batch, csvimport.TemplateRow{
			Tenant: row.Tenant, PlanID: row.PlanID, SubID: row.SubID, Company: row.Company,
			Email: row.Email, AccountID: row.AccountID, CutOff: row.CutOff,
		})
		if len(batch) < batchRows {
			continue
		}
		if err := writeMore(t, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	if err := writeMore(t, batch); err != nil {
		return err
	}
	return t.out.Close()
}

// plainTable writes records with their cells as they are, for programs. It is a
// gocsv.CSVWriter.
type plainTable struct {
	out     sheet.Writer
	columns int
	err     error
}

// Write writes the first columns of a record.
func (t *plainTable) Write(cells []string) error {
	if err := t.out.Write(cells[:min(t.columns, len(cells))]); err != nil {
		t.err = err
	}
	return t.err
}

// Flush does nothing: gocsv calls it after every batch.
func (t *plainTable) Flush() {}

// Error returns the first error of writing.
func (t *plainTable) Error() error { return t.err }
