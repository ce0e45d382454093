package workbook

import (
	"slices"
	"strconv"

	"bulkimport/csvimport/sheet"
)

// Bounds of a sheet.
const (
	maxRows     = 1 << 20
	rowLimit    = 8 << 20 // bytes of text in a row; what is beyond is cut off
	areasLimit  = 1 << 12 // merged cells, and ranges of columns, that are kept
	shownOf     = 200     // bytes of a formula that are kept
	numberLimit = 64      // bytes of a number
)

// grid reads the cells of a sheet, row by row.
type grid struct {
	*book
	s       *scanner
	strings *sharedStrings // nil before the first cell that refers to one
	take    func(*row) error

	row  row
	last int      // number of the row element before
	seen []uint64 // numbers of rows that were there, a bit each
	side          // what stands around the rows

	// Of the cell being read:
	kind    []byte
	style   int
	value   []byte // of its v element
	formula []byte
	inline  runs
	has     struct{ value, formula, inline bool }
}

// side is what a sheet says beside its cells.
type side struct {
	hidden   []area // columns
	filtered bool
	merged   []area
}

// area is a rectangle of cells: columns from 0, rows from 1, both ends within.
type area struct{ left, top, right, bottom int }

// row is a row being read.
type row struct {
	number    int
	hidden    bool
	truncated bool
	cells     []cell
	text      []byte
	columns   []int // of all cells, also of empty ones
}

// cell is a cell that is not empty.
type cell struct {
	column int
	from   int // of its text in the row's
	to     int
	value  sheet.Value
}

func (r *row) textOf(c *cell) []byte { return r.text[c.from:c.to] }

// blank reports whether nobody sees anything in the row.
func (r *row) blank() bool {
	for i := range r.cells {
		if c := &r.cells[i]; c.value.Type != sheet.Text || !sheet.BlankBytes(r.textOf(c)) {
			return false
		}
	}
	return true
}

// readGrid reads a sheet to its end, unless take returns an error.
func (b *book) readGrid(part string, strings **sharedStrings, take func(*row) error) (side, error) {
	s, done, err := b.scan(part)
	if err != nil {
		return side{}, err
	}
	defer done()
	g := &grid{book: b, s: s, strings: *strings, take: take, seen: make([]uint64, maxRows/64+1)}
	defer func() { *strings = g.strings }()
	if err := s.rootIs("worksheet"); err != nil {
		return side{}, err
	}
	data := false
	err = s.each(func(child string) error {
		switch child {
		case "cols":
			return s.each(g.columns)
		case "sheetPr":
			g.filtered = truth(string(s.raw("filterMode")))
		case "sheetData":
			if data {
				return damaged(sheet.DamageTwice, "sheetData")
			}
			data = true
			return g.rows()
		case "autoFilter":
			return s.each(func(child string) error {
				g.filtered = g.filtered || child == "filterColumn"
				return nil
			})
		case "mergeCells":
			return s.each(func(string) error {
				if a, ok := parseArea(string(s.raw("ref"))); ok && len(g.merged) < areasLimit {
					g.merged = append(g.merged, a)
				}
				return nil
			})
		}
		return nil
	})
	if err == nil {
		err = s.finish()
	}
	return g.side, err
}

// columns takes a range of columns that are hidden.
func (g *grid) columns(child string) error {
	hidden := truth(string(g.s.raw("hidden"))) || string(g.s.raw("width")) == "0"
	if child != "col" || !hidden || len(g.hidden) == areasLimit {
		return nil
	}
	from, err1 := strconv.Atoi(string(g.s.raw("min")))
	to, err2 := strconv.Atoi(string(g.s.raw("max")))
	if err1 == nil && err2 == nil {
		g.hidden = append(g.hidden, area{left: from - 1, right: to - 1})
	}
	return nil
}

// rows reads sheetData.
func (g *grid) rows() error {
	s := g.s
	for depth := s.depth; ; {
		tok, err := s.next()
		switch {
		case err != nil:
			return err
		case tok == endTag && s.depth < depth:
			return nil
		case tok != startTag:
		case s.foreign || string(s.name) != "row":
			if err := g.stranger(); err != nil {
				return err
			}
		default:
			if err := g.readRow(); err != nil {
				return err
			}
		}
	}
}

// stranger passes over an element that has no business among rows and cells,
// unless rows or cells are inside of it: which of them count is a guess.
func (g *grid) stranger() error {
	s := g.s
	for depth := s.depth; ; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		if tok == endTag && s.depth < depth {
			return nil
		}
		if tok == startTag && !s.foreign {
			switch string(s.name) {
			case "row", "c", "v", "is", "f":
				return errContent
			}
		}
	}
}

// readRow reads the row element that has just begun.
func (g *grid) readRow() error {
	s := g.s
	number, given := g.last+1, false
	if r := s.raw("r"); r != nil {
		var err error
		if number, err = strconv.Atoi(string(r)); err != nil {
			return errContent
		}
		given = true
	}
	g.row.number, g.row.truncated = number, false
	g.row.hidden = truth(string(s.raw("hidden"))) || string(s.raw("ht")) == "0"
	g.row.cells, g.row.text, g.row.columns = g.row.cells[:0], g.row.text[:0], g.row.columns[:0]
	column := -1
	sorted := true
	for depth := s.depth; ; {
		tok, err := s.next()
		switch {
		case err != nil:
			return err
		case tok == endTag && s.depth < depth:
			return g.endRow(sorted)
		case tok != startTag:
			continue
		case s.foreign || string(s.name) != "c":
			if err := g.stranger(); err != nil {
				return err
			}
			continue
		}
		at := column + 1
		if ref := s.raw("r"); ref != nil {
			c, r, ok := parseReference(ref)
			switch {
			case !ok:
				return errContent
			case r != g.row.number && (given || len(g.row.cells) > 0 || column >= 0):
				return damaged(sheet.DamageContent, string(ref))
			}
			g.row.number, at = r, c
		}
		if at >= sheet.MaxColumns {
			return errContent
		}
		sorted = sorted && at > column
		column = at
		g.row.columns = append(g.row.columns, at)
		if err := g.readCell(at); err != nil {
			return err
		}
	}
}

// endRow hands the row on. A number, or a cell, that is there twice is damage:
// which of the two counts is a guess.
func (g *grid) endRow(sorted bool) error {
	n := g.row.number
	if n < 1 || n > maxRows {
		return errContent
	}
	if g.seen[n/64]&(1<<(n%64)) != 0 {
		return damaged(sheet.DamageTwice, "row "+strconv.Itoa(n))
	}
	g.seen[n/64] |= 1 << (n % 64)
	g.last = n
	if !sorted {
		slices.Sort(g.row.columns)
		for i, at := range g.row.columns[1:] {
			if at == g.row.columns[i] {
				return damaged(sheet.DamageTwice, sheet.Letter(at)+strconv.Itoa(n))
			}
		}
		slices.SortFunc(g.row.cells, func(a, b cell) int { return a.column - b.column })
	}
	if g.row.blank() {
		return nil
	}
	return g.take(&g.row)
}
