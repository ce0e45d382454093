package workbook

import (
	"errors"
	"strings"

	"bulkimport/csvimport/sheet"
)

// chooser finds the sheet that is meant.
type chooser struct {
	*book
	names   map[string]bool // the headings, folded
	strings *sharedStrings  // nil before a cell refers to one
}

func (c *chooser) close() {
	if c.strings != nil {
		c.strings.Close()
	}
}

// choose returns the sheet with a name or, without one, the only visible one that
// has the headings. A book with one visible sheet has no choice.
func (c *chooser) choose(name string) (*bookSheet, error) {
	var tables, visible []*bookSheet
	for i := range c.sheets {
		if s := &c.sheets[i]; s.table {
			tables = append(tables, s)
			if !s.hidden {
				visible = append(visible, s)
			}
		}
	}
	if name != "" {
		return named(tables, name)
	}
	if len(visible) == 1 {
		return visible[0], nil
	}
	var found []*bookSheet
	for _, s := range visible {
		has, err := c.hasHeadings(s)
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return nil, c.noHeadings()
	case 1:
		return found[0], nil
	}
	f := refuse(sheet.SheetAmbiguous, "")
	for _, s := range found {
		f.Names = append(f.Names, s.name)
	}
	return nil, f
}

// named returns the sheet with a name. Case does not count, as in Excel, unless two
// differ in nothing else.
func named(tables []*bookSheet, name string) (*bookSheet, error) {
	var found []*bookSheet
	f := refuse(sheet.SheetUnknown, "")
	f.Value = name
	for _, s := range tables {
		if s.name == name {
			return s, nil
		}
		if strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
			found = append(found, s)
		}
		f.Names = append(f.Names, s.name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return nil, f
}

// errEnough ends the reading of a sheet of which enough is known.
var errEnough = errors.New("enough of the sheet is known")

// hasHeadings reports whether a row at the top of a sheet names enough of the
// headings.
func (c *chooser) hasHeadings(s *bookSheet) (has bool, err error) {
	if s.part == "" {
		return false, damaged(sheet.DamageMissing, s.name)
	}
	last := 0
	_, err = c.readGrid(s.part, &c.strings, func(r *row) error {
		if r.number <= headRows && c.isHeading(r) {
			has = true
			return errEnough
		}
		if r.number > headRows && r.number > last && last > 0 {
			return errEnough
		}
		last = r.number
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return has, err
}

// isHeading reports whether a row names enough of the headings.
func (c *chooser) isHeading(r *row) bool {
	cells := make([]string, len(r.cells))
	for i := range r.cells {
		if text := r.textOf(&r.cells[i]); len(text) <= nameLimit {
			cells[i] = string(text)
		}
	}
	return c.namesHeadings(cells)
}

// nameLimit is the longest heading that is looked at, in bytes.
const nameLimit = 100

// namesHeadings reports whether cells name enough of the headings.
func (c *chooser) namesHeadings(cells []string) bool {
	seen := map[string]bool{}
	for _, text := range cells {
		if text == "" || len(text) > nameLimit {
			continue
		}
		text = sheet.Plain(strings.TrimSpace(text))
		for _, name := range [...]string{sheet.Fold(text), sheet.FoldTail(text)} {
			if c.names[name] {
				seen[name] = true
			}
		}
	}
	return len(seen) >= headNames
}

// noHeadings says that no visible sheet has headings, and which hidden ones do.
func (c *chooser) noHeadings() error {
	f := refuse(sheet.NoHeader, "")
	for i := range c.sheets {
		s := &c.sheets[i]
		if !s.table || !s.hidden {
			continue
		}
		if has, err := c.hasHeadings(s); err == nil && has {
			f.Names = append(f.Names, s.name)
		} else if err != nil {
			if fault, err := asFault(err); fault == nil {
				return err
			}
		}
	}
	return f
}
