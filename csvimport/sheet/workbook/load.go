package workbook

import (
	"errors"
	"slices"
	"strings"

	"bulkimport/csvimport/sheet"
)

// hiddenKept is how many of the hidden rows are named.
const hiddenKept = 32

// loader reads the sheet that was chosen into records.
type loader struct {
	*Table
	*chooser
	out    *recordWriter
	tables []table
	totals []totalRow
	hidden []int // the first rows that are hidden, among them all at the top
	count  int   // of those below the top
}

// totalRow is a row that is the last of a table with a total.
type totalRow struct {
	row   int
	alone bool // nothing stands beside the table
	table table
}

// load reads the sheet and finds its headings.
func (l *loader) load(s *bookSheet, opt Options) (err error) {
	if s.part == "" {
		return damaged(sheet.DamageMissing, s.name)
	}
	if l.tables, err = l.book.tables(s.part); err != nil {
		return err
	}
	side, err := l.readGrid(s.part, &l.strings, l.take)
	if err = errors.Join(err, l.out.out.flush()); err != nil {
		// The column in which the damage is has a name all the same.
		if header, _, e := l.headings(); e == nil && !l.out.mixed {
			l.facts.Header = header
		}
		return err
	}
	if l.out.mixed {
		sorted, err := l.out.sorted(opt.MemoryBytes)
		if err != nil {
			return err
		}
		l.out.spool.Close()
		l.out = sorted
	}
	header, preamble, err := l.headings()
	if err != nil {
		return err
	}
	if header.Row == 0 {
		return l.noHeadings(preamble)
	}
	l.facts.Header, l.facts.Preamble = header, preamble
	for _, a := range side.merged {
		if a.bottom > header.Row && a.left < header.Used {
			l.merged = append(l.merged, a)
		}
	}
	slices.SortFunc(l.merged, func(a, b area) int { return a.top - b.top })
	l.describe(side)
	return nil
}

// take takes a row that is not blank.
func (l *loader) take(r *row) error {
	if r.hidden {
		if r.number > headRows {
			l.count++
		}
		if r.number <= headRows || len(l.hidden) < hiddenKept+headRows {
			l.hidden = append(l.hidden, r.number)
		}
	}
	for _, t := range l.tables {
		if t.bottom != r.number || len(l.totals) == areasLimit {
			continue
		}
		alone := !slices.ContainsFunc(r.cells, func(c cell) bool { return c.column < t.left || c.column > t.right })
		l.totals = append(l.totals, totalRow{r.number, alone, t})
	}
	return l.out.add(r)
}

// headings reads the rows at the top and finds the headings among them. Without
// any, the row of header is 0 and above are all rows at the top.
func (l *loader) headings() (header sheet.Record, above []sheet.Record, err error) {
	for _, p := range l.out.head {
		in := &recordReader{spool: l.out.spool, at: p.off, end: p.next}
		record, err := in.next()
		if err != nil {
			return header, nil, err
		}
		var rec sheet.Record
		var values []sheet.Value
		if err := decode(record, &rec, 0, &values); err != nil {
			return header, nil, err
		}
		rec.Values = nil
		rec.Cells = rec.Cells[:rec.Used]
		if !l.namesHeadings(rec.Cells) {
			above = append(above, rec)
			continue
		}
		l.out.chunks = slices.DeleteFunc(l.out.chunks, func(c chunk) bool { return c.off < p.next })
		return rec, above, nil
	}
	return header, above, nil
}

// noHeadings says that the sheet has no headings, and what it has instead.
func (l *loader) noHeadings(top []sheet.Record) error {
	err := l.chooser.noHeadings()
	var f *faultError
	if errors.As(err, &f) && len(top) > 0 {
		first := top[0]
		f.Line, f.Row = first.Row, first.Row
		f.Value = strings.Join(first.Cells[:min(len(first.Cells), 8)], ",")
	}
	return err
}

// describe completes the facts.
func (l *loader) describe(s side) {
	f := &l.facts
	f.Chunks, f.Records, f.Size = len(l.out.chunks), l.out.records-len(f.Preamble)-1, l.out.off
	b := f.Book
	below := func(row int) bool { return row > f.Header.Row }
	slices.Sort(l.hidden)
	for _, row := range l.hidden {
		if below(row) && row <= headRows {
			l.count++
		}
		if below(row) && len(b.HiddenRows) < hiddenKept {
			b.HiddenRows = append(b.HiddenRows, row)
		}
	}
	b.Hidden, b.Filtered = l.count, s.filtered
	for i := range f.Header.Cells {
		if f.Header.Cells[i] != "" && slices.ContainsFunc(s.hidden, func(a area) bool { return i >= a.left && i <= a.right }) {
			b.Columns = append(b.Columns, i)
		}
	}
	for _, t := range l.totals {
		if a := t.table; t.alone && below(t.row) && f.Header.Row >= a.top && a.left <= f.Header.Used-1 {
			b.Totals = t.row
		}
	}
}
