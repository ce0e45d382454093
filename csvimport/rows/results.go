package rows

import (
	"errors"
	"io"
	"iter"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/block"
	"bulkimport/csvimport/sheet"
)

// ErrNotResults is a file that was expected to be a results file and does not have
// its columns.
var ErrNotResults = errors.New("this is not a results file: it has no columns status, order_id, order_number …")

// IsResults reports whether the file has the columns of a results file.
func IsResults(f *File) bool { return f.layout().Results != nil }

// HasStatus reports whether the file has the statuses of a results file.
func HasStatus(f *File) bool {
	_, ok := f.layout().Results["status"]
	return ok
}

// WriteResults writes the results file: for each record of f, in its order, the
// operator's own columns as they were, then the result's. results are in the
// order of Row.Index and may leave records out (an import of selected rows
// only): these keep the result columns they had, and without any they are
// unknown, with unrecorded as the reason. See [NewWriter] for what becomes of cells
// that a spreadsheet would run as a formula.
//
// It holds a few rows in memory at a time, and reads f only where records are
// left out. The error is that of w or results; then the output is not complete.
func WriteResults(w io.Writer, form Form, f *File, results iter.Seq2[csvimport.Reported, error], unrecorded string) error {
	header := f.Header()
	layout := f.layout()
	t := &table{out: newWriter(w, form, f.table.Facts().Book == nil)}
	page := resultPage{layout: layout, out: &beside{table: t}, unrecorded: unrecorded}
	page.out.queue = append(page.out.queue, ownCells{own: layout.Pick(header)})
	if err := writeColumns(page.out, page.batch); err != nil {
		return err
	}
	rest := leftOut{file: f}
	defer rest.stop()
	for r, err := range results {
		if err != nil {
			return err
		}
		for row := range rest.until(r.Row.Index) {
			if err := page.add(row, nil); err != nil {
				return err
			}
		}
		if err := page.add(r.Row, &r.Result); err != nil {
			return err
		}
		rest.next = r.Row.Index + 1
	}
	for row := range rest.until(f.records()) {
		if err := page.add(row, nil); err != nil {
			return err
		}
	}
	if err := page.flush(); err != nil {
		return err
	}
	return t.close()
}

// leftOut yields the rows of a file that have no result. Where every row has one
// the file is not read.
type leftOut struct {
	file *File
	next int // index of the next row to be written
	pull func() (csvimport.Row, bool)
	end  func()
}

// until yields the rows from the next one up to an index.
func (l *leftOut) until(index int) iter.Seq[csvimport.Row] {
	return func(yield func(csvimport.Row) bool) {
		if l.next >= index {
			return
		}
		if l.pull == nil {
			l.pull, l.end = iter.Pull(l.file.Rows())
		}
		for l.next < index {
			row, ok := l.pull()
			if !ok {
				return
			}
			if row.Index < l.next {
				continue
			}
			l.next++
			if !yield(row) {
				return
			}
		}
	}
}

func (l *leftOut) stop() {
	if l.end != nil {
		l.end()
	}
}

// resultPage gathers a batch of rows and results for writing.
type resultPage struct {
	layout     block.Layout
	names      []string // the header with only the result columns named
	unrecorded string
	out        *beside
	batch      []csvimport.ResultRow
}

func (p *resultPage) add(row csvimport.Row, r *csvimport.Result) error {
	line := ownCells{own: p.layout.Pick(row.Cells)}
	if n := p.layout.Width; len(row.Cells) > n && strings.Join(row.Cells[n:], "") != "" {
		line.surplus = row.Cells[n:]
	}
	columns, err := p.columns(row, r)
	if err != nil {
		return err
	}
	p.out.queue = append(p.out.queue, line)
	p.batch = append(p.batch, columns)
	if len(p.batch) < batchRows {
		return nil
	}
	return p.flush()
}

func (p *resultPage) columns(row csvimport.Row, r *csvimport.Result) (csvimport.ResultRow, error) {
	if r != nil {
		return r.Text(), nil
	}
	if p.layout.Results == nil {
		r := csvimport.Result{Line: row.Line, Row: row.Row, Status: csvimport.Unknown, Error: p.unrecorded}
		return r.Text(), nil
	}
	if p.names == nil {
		p.names = p.layout.Names()
	}
	kept, err := readColumns[csvimport.ResultRow](p.names, [][]string{row.Cells})
	if err != nil {
		return csvimport.ResultRow{}, err
	}
	plain(&kept[0])
	return kept[0], nil
}

func (p *resultPage) flush() error {
	err := writeMore(p.out, p.batch)
	p.batch = p.batch[:0]
	return err
}

// ownCells are what stands beside a result: the operator's columns before it
// and, behind it, cells that had no heading, so that they shift nothing.
type ownCells struct{ own, surplus []string }

// beside joins the operator's cells to the records gocsv writes.
type beside struct {
	*table
	queue []ownCells
	line  []string
}

// Write writes the next record of the queue with the result's cells.
func (b *beside) Write(cells []string) error {
	own := b.queue[0]
	b.line = append(append(append(b.line[:0], own.own...), cells...), own.surplus...)
	if b.queue = b.queue[1:]; len(b.queue) == 0 {
		b.queue = nil
	}
	return b.table.Write(b.line)
}

// ReadResults yields the rows of a results file. Columns that are missing and
// cells that are no number or time read as zero; a status is as written, in
// lower case. The error is ErrNotResults, once, or none.
func ReadResults(f *File) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		layout := f.layout()
		if layout.Results == nil {
			yield(csvimport.Reported{}, ErrNotResults)
			return
		}
		names := layout.Names()
		var rows []csvimport.Row
		var cells [][]string
		flush := func() bool {
			columns, err := readColumns[csvimport.ResultRow](names, cells)
			if err != nil {
				yield(csvimport.Reported{}, err)
				return false
			}
			for i := range rows {
				plain(&columns[i])
				if !yield(csvimport.Reported{Row: rows[i], Result: columns[i].Result(&rows[i])}, nil) {
					return false
				}
			}
			rows, cells = rows[:0], cells[:0]
			return true
		}
		for row := range f.Rows() {
			rows, cells = append(rows, row), append(cells, row.Cells)
			if len(rows) == batchRows && !flush() {
				return
			}
		}
		flush()
	}
}

// plain undoes the neutralising of the cells, and brings the status into the
// form in which statuses are compared.
func plain(t *csvimport.ResultRow) {
	for _, cell := range [...]*string{
		&t.OrderID, &t.OrderNumber, &t.OrderStatus, &t.Account, &t.AccountName,
		&t.PlanName, &t.CutOff, &t.Reference, &t.ErrorCode, &t.Error,
	} {
		*cell = sheet.Plain(*cell)
	}
	t.Status = strings.ToLower(strings.TrimSpace(t.Status))
}

// StatusIn returns what tells the status that a record of a results file has,
// empty for a file that is none.
func StatusIn(f *File) func(cells []string) csvimport.Status {
	at, ok := f.layout().Results["status"]
	if !ok {
		at = -1
	}
	return func(cells []string) csvimport.Status {
		return csvimport.Status(strings.ToLower(strings.TrimSpace(sheet.Cell(cells, at))))
	}
}
