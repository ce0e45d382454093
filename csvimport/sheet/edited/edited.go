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
// been typed so; a row whose cells are all emptied is a blank one. Rows that the table
// does not have, or that cannot be told apart, stay as they are.
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
	var emptied sheet.Skipped
	skipped, err := r.Reader.Read(chunk, func(rec *sheet.Record) bool {
		changed := r.cells[rec.Row]
		if changed == nil || rec.Damage != nil || rec.Truncated {
			return yield(rec)
		}
		if change(rec, changed); rec.Used > 0 {
			return yield(rec)
		}
		if emptied.Rows == 0 {
			emptied.Line, emptied.Row = rec.Line, rec.Row
		}
		emptied.Rows++
		return true
	})
	if skipped.Rows == 0 || emptied.Rows > 0 && emptied.Row < skipped.Row {
		skipped.Line, skipped.Row = emptied.Line, emptied.Row
	}
	skipped.Rows += emptied.Rows
	return skipped, err
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
