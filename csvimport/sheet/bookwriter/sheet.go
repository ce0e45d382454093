package bookwriter

import (
	"cmp"
	"errors"
	"io"
	"strconv"

	"bulkimport/csvimport/sheet"
)

// MaxRows is the largest number of rows a sheet has.
const MaxRows = 1 << 20

// ErrTooManyRows is a sheet with more rows than MaxRows.
var ErrTooManyRows = errors.New("a sheet of a workbook has 1,048,576 rows at most")

// Layout is what a sheet looks like.
type Layout struct {
	Headings int  // the row of the headings, from 1, which stays in sight with all above; 0: none
	Lock     bool // the headings cannot be changed, nor other cells that are no part of a table
	Filter   bool // the headings have a filter
	Printed  int  // how many columns are printed, from the first one; 0: all
	Columns  []Column
}

// Column is a column of a sheet.
type Column struct {
	Style   Style   // of its cells, Text if Inherit
	Width   float64 // in digits; 0: what the first rows need
	Most    float64 // what these get at most, in digits; 0: 46
	Choices string  // the range of a list whose values are offered, see [Range]; others can be typed all the same
}

// Range is the cells of a column of a sheet, from 0, between two rows, both of them
// within.
func Range(sheetName string, column, from, to int) string {
	letter := sheet.Letter(column)
	return quotedName(sheetName) + "!$" + letter + "$" + decimal(from) + ":$" + letter + "$" + decimal(to)
}

// Cell is a cell of a row. A note shows when one points at it; of the notes of a
// sheet, the first 2,000 are kept.
type Cell struct {
	Text  string
	Style Style
	Note  string
}

// Sheet is a sheet being written.
type Sheet struct {
	book   *Book
	name   string
	layout Layout

	out    io.Writer // nil as long as the first rows are held back
	rows   []byte    // that are not yet written
	row    int       // the last one
	used   int       // columns of the widest row
	widths []int     // of the rows held back
	notes  []note
	ended  bool
}

const (
	heldRows = 200 // rows by which columns get their widths
	flushAt  = 64 << 10

	leastWidth, mostWidth = 9, 46
)

// Write writes the next row. A text that is longer than a cell of a workbook can
// hold, 32,767 UTF-16 units, is cut: see [Fits].
func (s *Sheet) Write(cells []Cell) error {
	if s.row++; s.row > MaxRows {
		s.book.keep(ErrTooManyRows)
	}
	if s.book.err != nil {
		return s.book.err
	}
	s.used = max(s.used, len(cells))
	s.rows = append(s.rows, `<row r="`...)
	s.rows = strconv.AppendInt(s.rows, int64(s.row), 10)
	s.rows = append(s.rows, '"')
	s.rows = append(s.rows, s.height(cells)...)
	s.rows = append(s.rows, '>')
	for i := range cells {
		s.cell(i, &cells[i])
	}
	s.rows = append(s.rows, `</row>`...)
	switch {
	case s.out == nil && s.row >= heldRows:
		s.begin()
	case s.out != nil && len(s.rows) >= flushAt:
		s.flush()
	}
	return s.book.err
}

// Heights of rows, in points.
const (
	lineHeight  = 13.5
	headHeight  = 21
	mostHeight  = 400
	titleHeight = 24
)

// height says how high a row is that is not one line high: not every spreadsheet
// finds out by itself.
func (s *Sheet) height(cells []Cell) string {
	height := lineHeight
	for i := range cells {
		style := cells[i].Style
		if style == Inherit {
			style = s.columnStyle(i)
		}
		switch {
		case style == Heading:
			height = max(height, headHeight)
		case style == Title:
			height = max(height, titleHeight)
		case looks[style].wrap:
			height = max(height, float64(lines(cells[i].Text, s.width(i)))*lineHeight)
		}
	}
	if height == lineHeight {
		return ""
	}
	return ` ht="` + strconv.FormatFloat(min(height, mostHeight), 'f', 1, 64) + `" customHeight="1"`
}

// width is how wide a column is, or, as long as its first rows are held back, will
// be at most.
func (s *Sheet) width(column int) float64 {
	if column >= len(s.layout.Columns) {
		return mostWidth
	}
	c := &s.layout.Columns[column]
	return cmp.Or(c.Width, c.Most, mostWidth)
}

// Skip leaves rows blank.
func (s *Sheet) Skip(rows int) { s.row += rows }

func (s *Sheet) cell(column int, c *Cell) {
	if c.Note != "" && len(s.notes) < mostNotes {
		s.notes = append(s.notes, note{s.row - 1, column, c.Note})
	}
	style := c.Style
	if style == Inherit {
		style = s.columnStyle(column)
	}
	if c.Text == "" && style == s.columnStyle(column) {
		return
	}
	if s.out == nil {
		for len(s.widths) <= column {
			s.widths = append(s.widths, 0)
		}
		s.widths[column] = max(s.widths[column], breadth(c.Text))
	}
	s.rows = append(s.rows, `<c r="`...)
	s.rows = appendReference(s.rows, column, s.row)
	s.rows = append(s.rows, `" s="`...)
	s.rows = strconv.AppendInt(s.rows, int64(style), 10)
	if c.Text == "" {
		s.rows = append(s.rows, `"/>`...)
		return
	}
	s.rows = append(s.rows, `" t="inlineStr"><is>`...)
	s.rows = appendText(s.rows, fitted(c.Text))
	s.rows = append(s.rows, `</is></c>`...)
}

func (s *Sheet) columnStyle(column int) Style {
	if column < len(s.layout.Columns) && s.layout.Columns[column].Style != Inherit {
		return s.layout.Columns[column].Style
	}
	return Text
}

// begin writes what stands above the rows.
func (s *Sheet) begin() {
	n := len(s.book.sheets)
	s.out = s.book.begin("xl/worksheets/sheet" + decimal(n) + ".xml")
	t := prolog + `<worksheet xmlns="` + mainSpace + `" xmlns:r="` + relationSpace + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"`
	if s.layout.Headings == 0 {
		t += ` showGridLines="0"`
	}
	if n == 1 {
		t += ` tabSelected="1"`
	}
	t += `>`
	if h := s.layout.Headings; h > 0 {
		below := "A" + decimal(h+1)
		t += `<pane ySplit="` + decimal(h) + `" topLeftCell="` + below + `" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="` + below + `" sqref="` + below + `"/>`
	}
	t += `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="13.5" customHeight="1"/>`
	s.rows = append([]byte(t+s.columns()+`<sheetData>`), s.rows...)
	s.flush()
}

// columns says how wide columns are, and what their empty cells look like.
func (s *Sheet) columns() string {
	var t string
	n := max(len(s.widths), len(s.layout.Columns))
	for i := range n {
		if i == len(s.layout.Columns) {
			s.layout.Columns = append(s.layout.Columns, Column{})
		}
		c := &s.layout.Columns[i]
		if c.Width == 0 {
			if i < len(s.widths) {
				c.Width = float64(s.widths[i]) * 1.08
			}
			if s.layout.Filter {
				c.Width += 2 // for its button
			}
			c.Width = min(max(c.Width+1, leastWidth), cmp.Or(c.Most, mostWidth))
		}
		width := c.Width
		t += `<col min="` + decimal(i+1) + `" max="` + decimal(i+1) + `" width="` + strconv.FormatFloat(width, 'f', 1, 64) + `" style="` + decimal(int(s.columnStyle(i))) + `" customWidth="1"/>`
	}
	if s.layout.Lock && n < sheet.MaxColumns {
		// Rows can only be deleted where no cell is locked.
		t += `<col min="` + decimal(n+1) + `" max="` + decimal(sheet.MaxColumns) + `" width="11" style="` + decimal(int(free)) + `"/>`
	}
	if t == "" {
		return ""
	}
	return `<cols>` + t + `</cols>`
}

func (s *Sheet) flush() {
	_, err := s.out.Write(s.rows)
	s.book.keep(err)
	s.rows = s.rows[:0]
}

// end writes what stands below the rows. number is the sheet's, from 1.
func (s *Sheet) end(number int) {
	if s.ended {
		return
	}
	s.ended = true
	if s.out == nil {
		s.begin()
	}
	t := append(s.rows, `</sheetData>`...)
	if s.layout.Lock {
		// "0" allows what else would be forbidden.
		t = append(t, `<sheetProtection sheet="1" formatCells="0" formatColumns="0" formatRows="0" insertColumns="0" insertRows="0" deleteRows="0" sort="0" autoFilter="0"/>`...)
	}
	if s.layout.Filter && s.layout.Headings > 0 {
		t = append(t, `<autoFilter ref="`+s.filterArea("")+`"/>`...)
	}
	t = s.choices(t)
	t = append(t, `<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>`+
		`<headerFooter><oddFooter>&amp;L&amp;8&amp;F, &amp;A&amp;R&amp;8&amp;P / &amp;N</oddFooter></headerFooter>`...)
	if len(s.notes) > 0 {
		t = append(t, `<legacyDrawing r:id="r2"/>`...)
	}
	s.rows = append(t, `</worksheet>`...)
	s.flush()
	if len(s.notes) > 0 {
		id := decimal(number)
		s.book.part("xl/comments"+id+".xml", notePart(s.notes))
		s.book.part("xl/drawings/notes"+id+".vml", shapePart(s.notes))
		s.book.part("xl/worksheets/_rels/sheet"+id+".xml.rels", []byte(relations(
			relation{relationSpace + "/comments", "../comments" + id + ".xml"},
			relation{relationSpace + "/vmlDrawing", "../drawings/notes" + id + ".vml"},
		)))
	}
}

// choices appends the lists of values that columns offer.
func (s *Sheet) choices(t []byte) []byte {
	n := 0
	var all []byte
	for i, c := range s.layout.Columns {
		if c.Choices == "" {
			continue
		}
		n++
		letter := sheet.Letter(i)
		all = append(all, `<dataValidation type="list" allowBlank="1" sqref="`+letter+decimal(s.layout.Headings+1)+`:`+letter+decimal(MaxRows)+`"><formula1>`...)
		all = append(appendValue(all, c.Choices), `</formula1></dataValidation>`...)
	}
	if n == 0 {
		return t
	}
	return append(append(append(t, `<dataValidations count="`+decimal(n)+`">`...), all...), `</dataValidations>`...)
}

// filterArea is the cells that the filter is on; mark stands before each part of a
// reference that is not to move.
func (s *Sheet) filterArea(mark string) string { return s.area(mark, s.layout.Headings, s.used) }

// area is the cells of the first columns, from a row to the last one.
func (s *Sheet) area(mark string, from, columns int) string {
	return mark + "A" + mark + decimal(from) + ":" + mark + sheet.Letter(max(columns, 1)-1) + mark + decimal(max(s.row, from))
}

// appendReference appends the name of a cell; the column is from 0, the row from 1.
func appendReference(to []byte, column, row int) []byte {
	if column < 26 {
		to = append(to, byte('A'+column))
	} else {
		to = append(to, sheet.Letter(column)...)
	}
	return strconv.AppendInt(to, int64(row), 10)
}
