package rows

import (
	"io"
	"iter"

	"bulkimport/csvimport"
)

// TemplateOptions say for whom a template is written.
type TemplateOptions struct {
	// Pipe leaves out the byte order mark and ends lines with LF, for other
	// programs; the zero value writes what Excel opens well: a byte order mark
	// and CRLF.
	Pipe bool
	// CutOff adds the column cut_off_date.
	CutOff bool
}

// WriteTemplate writes rows as the table that is filled and imported. Company
// names that a spreadsheet would run as a formula are neutralised with a
// leading apostrophe, which reading removes: every row reads back to the same
// values. The error is that of w, or of rows.
func WriteTemplate(w io.Writer, rows iter.Seq2[csvimport.TemplateRow, error], opt TemplateOptions) error {
	style := forSpreadsheet
	if opt.Pipe {
		style = forPipe
	}
	t := newTable(w, style)
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
