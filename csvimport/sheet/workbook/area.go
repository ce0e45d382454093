package workbook

import (
	"strconv"
	"strings"

	"bulkimport/csvimport/sheet"
)

// parseReference reads a cell's reference: C7, or $C$7. The column is counted from
// 0.
func parseReference(ref []byte) (column, row int, ok bool) {
	i := 0
	if i < len(ref) && ref[i] == '$' {
		i++
	}
	start := i
	for ; i < len(ref); i++ {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' || i-start == 3 {
			break
		}
		column = column*26 + int(c-'a') + 1
	}
	if i == start || column > sheet.MaxColumns {
		return 0, 0, false
	}
	if i < len(ref) && ref[i] == '$' {
		i++
	}
	start = i
	for ; i < len(ref); i++ {
		if ref[i] < '0' || ref[i] > '9' || i-start == 7 {
			return 0, 0, false
		}
		row = row*10 + int(ref[i]-'0')
	}
	return column - 1, row, i > start && row >= 1 && row <= maxRows
}

// parseArea reads a rectangle: A1:F12, or a single cell.
func parseArea(ref string) (a area, ok bool) {
	first, last, several := strings.Cut(ref, ":")
	if !several {
		last = first
	}
	var ok1, ok2 bool
	a.left, a.top, ok1 = parseReference([]byte(first))
	a.right, a.bottom, ok2 = parseReference([]byte(last))
	return a, ok1 && ok2 && a.left <= a.right && a.top <= a.bottom
}

// table is a table inside a sheet (a list, as Excel calls the object).
type table struct {
	area
	totals bool // its last row is the total
}

// tables reads the tables of a sheet. What is not there is no table: nothing but a
// total depends on it.
func (b *book) tables(part string) ([]table, error) {
	relations, err := b.relations(part)
	if err != nil {
		return nil, err
	}
	var all []table
	for _, r := range relations {
		if r.kind != "table" || !b.has(r.target) || len(all) == areasLimit {
			continue
		}
		s, done, err := b.scan(r.target)
		if err != nil {
			return nil, err
		}
		err = s.rootIs("table")
		if err == nil {
			var t table
			var ok bool
			t.area, ok = parseArea(string(s.raw("ref")))
			n, _ := strconv.Atoi(string(s.raw("totalsRowCount")))
			t.totals = n > 0
			if ok && t.totals {
				all = append(all, t)
			}
			err = s.finish()
		}
		done()
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
