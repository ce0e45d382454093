package rows

import (
	"io"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/bookwriter"
	"bulkimport/csvimport/sheet/delimited"
)

// TemplateOptions say for whom a template is written.
type TemplateOptions struct {
	Form Form
	// Pipe leaves out the byte order mark and ends lines with LF, for other
	// programs; the zero value writes what Excel opens well: a byte order mark
	// and CRLF.
	Pipe bool
	// CutOff adds the column cut_off_date.
	CutOff bool

	// Of a workbook:
	Lists    *choice.Lists // what it offers to choose from, nil for nothing
	Download string        // tells which download this is; kept in the workbook's properties
}

// WriteTemplate writes rows as the table that is filled and imported. In CSV
// company names that a spreadsheet would run as a formula are neutralised with a
// leading apostrophe, which reading removes: every row reads back to the same
// values. A workbook has the headings locked, the cells that are to be filled in
// tinted, and lists to choose from. The error is that of w, or of rows.
func WriteTemplate(w io.Writer, rows iter.Seq2[csvimport.TemplateRow, error], opt TemplateOptions) error {
	t := &table{}
	switch {
	case opt.Form == Workbook:
		p := &page{book: bookwriter.New(w), head: 1, lists: opt.Lists, template: true}
		p.book.SetProperty(downloadProperty, opt.Download)
		t.out = p
	case opt.Pipe:
		t.out = &neutral{Writer: delimited.NewWriter(w, sheet.Style{})}
	default:
		t.out = NewWriter(w, CSV)
	}
	t.columns = templateColumns
	if opt.CutOff {
		t.columns = templateColumnsDated
	}
	return t.writeRows(rows)
}

// writeRows writes rows below their headings, and closes the table.
func (t *table) writeRows(rows iter.Seq2[csvimport.TemplateRow, error]) error {
	batch := make([]csvimport.TemplateRow, 0, batchRows)
	if err := writeColumns(t, batch); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		batch = append(batch, row)
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
	return t.close()
}

// WriteClean writes the valid rows of a file as they were understood: the six
// columns in their order and in normal form, and cut_off_date if the file has it.
// CSV is UTF-8 with commas and LF; a name that a spreadsheet would run as a formula
// is neutralised, which reading undoes.
// rows are those of the file with all that was found of them; nil: the file's own.
// The error is that of w or rows.
func WriteClean(w io.Writer, form Form, f *File, rows iter.Seq2[csvimport.Row, error]) error {
	t := &table{columns: templateColumns}
	if form == Workbook {
		t.out = &page{book: bookwriter.New(w), head: 1}
	} else {
		t.out = &neutral{Writer: delimited.NewWriter(w, sheet.Style{})}
	}
	if f.hasCutOff() {
		t.columns = templateColumnsDated
	}
	if rows == nil {
		rows = f.own
	}
	return t.writeRows(func(yield func(csvimport.TemplateRow, error) bool) {
		for row, err := range rows {
			if (err != nil || row.Valid()) && !yield(csvimport.TemplateRow{
				Tenant: row.Tenant, PlanID: row.PlanID, SubID: row.SubID, Company: row.Company,
				Email: row.Email, AccountID: row.AccountID, CutOff: row.CutOff,
			}, err) {
				return
			}
		}
	})
}

// own yields the rows with what the file itself tells of them.
func (f *File) own(yield func(csvimport.Row, error) bool) {
	for row := range f.Rows() {
		if !yield(row, nil) {
			return
		}
	}
}
