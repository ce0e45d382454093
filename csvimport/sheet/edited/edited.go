// Package edited is a table in which a person has changed cells: what was read of all
// others stays as it was, with everything the container knows of them.
package edited

import (
	"slices"

	"bulkimport/csvimport/sheet"
)

// Cells are texts by the row, as a spreadsheet numbers it, and by the column, from 0.
type Cells map[int]map[int]string

// Over is a table with some of its cells changed. A changed cell is text, as if it had
// been typed so. Rows that the table does not have, or that cannot be told apart, stay
// as they are.
func Over(t sheet.Table, c Cells) sheet.Table {
	if len(c) == 0 {
		return t
	}
	return &table{t, c}
}

type table struct {
	sheet.Table
	cells Cells
}

func (t *table) Reader() sheet.Reader { return &reader{t.Table.Reader(), t.cells} }

type reader struct {
	sheet.Reader
	cells Cells
}

func (r *reader) Read(chunk int, yield func(*sheet.Record) bool) (sheet.Skipped, error) {
	return r.Reader.Read(chunk, func(rec *sheet.Record) bool {
		if changed := r.cells[rec.Row]; changed != nil && rec.Damage == nil && !rec.Truncated {
			change(rec, changed)
		}
		return yield(rec)
	})
}

// change writes texts into a record, whose cells and what is known of them may be
// others' too.
func change(rec *sheet.Record, changed map[int]string) {
	rec.Cells, rec.Values, rec.Marks = slices.Clone(rec.Cells), slices.Clone(rec.Values), slices.Clone(rec.Marks)
	for column, text := range changed {
		if column < 0 || column >= sheet.MaxColumns {
			continue
		}
		for len(rec.Cells) <= column {
			rec.Cells = append(rec.Cells, "")
		}
		rec.Cells[column] = text
		if column < len(rec.Values) {
			rec.Values[column] = sheet.Value{}
		}
		if column < len(rec.Marks) {
			rec.Marks[column] = 0
		}
		rec.Width = max(rec.Width, column+1)
		rec.Used = max(rec.Used, column+1)
	}
	for rec.Used > 0 && rec.Used <= len(rec.Cells) && sheet.Blank(rec.Cells[rec.Used-1]) {
		rec.Used--
	}
}
