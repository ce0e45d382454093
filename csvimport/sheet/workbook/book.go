package workbook

import (
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"bulkimport/csvimport/sheet"
)

// Bounds of what a workbook lists.
const (
	sheetsLimit    = 4096
	relationsLimit = 1 << 16
)

// book is what a workbook says of its sheets and of where its parts are.
type book struct {
	*archive
	sheets  []bookSheet
	date04  bool   // days are counted from 1904
	strings string // part with the shared strings, empty if there is none
	styles  string // part with the styles, empty if there is none
	formats []*format
	memory  int64 // of Options
}

// bookSheet is a sheet as the workbook lists it.
type bookSheet struct {
	name   string
	part   string // where it is; empty if the workbook does not say
	hidden bool
	table  bool // holds cells, and is no chart
}

// relation is a relationship of a part to another.
type relation struct{ kind, target string }

// relations reads the relationships of a part, by their id; none where the part
// has none. An empty name stands for the package.
func (a *archive) relations(of string) (map[string]relation, error) {
	name := path.Join(path.Dir(of), "_rels", path.Base(of)+".rels")
	if of == "" {
		name = "_rels/.rels"
	}
	if !a.has(name) {
		return nil, nil
	}
	s, done, err := a.scan(name)
	if err != nil {
		return nil, err
	}
	defer done()
	all := map[string]relation{}
	if err := s.rootIs("Relationships"); err != nil {
		return nil, err
	}
	err = s.each(func(child string) error {
		if child != "Relationship" {
			return nil
		}
		var values [4]string
		for i, attr := range [...]string{"Id", "Type", "Target", "TargetMode"} {
			var err error
			if values[i], _, err = s.value(attr); err != nil {
				return err
			}
		}
		if _, twice := all[values[0]]; twice {
			return damaged(sheet.DamageTwice, name)
		}
		if len(all) == relationsLimit {
			return refuse(sheet.Inflated, "")
		}
		if values[3] == "External" {
			values[2] = ""
		} else {
			values[2] = target(of, values[2])
		}
		all[values[0]] = relation{path.Base(values[1]), values[2]}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, s.finish()
}

// only returns the one part of a kind to which relationships lead, empty if there is
// none. Of two, readers would take one or the other.
func only(all map[string]relation, kind string) (part string, err error) {
	for _, r := range all {
		switch {
		case r.kind != kind || r.target == "":
		case part != "" && partKey(part) != partKey(r.target):
			return "", damaged(sheet.DamageTwice, kind)
		default:
			part = r.target
		}
	}
	return part, nil
}

// kind names what the archive is that is no workbook of ours; empty if it may be one.
func (a *archive) kind() (string, error) {
	kind := zipKind(slices.Collect(maps.Keys(a.parts)), a.has)
	if kind != "ods" {
		return kind, nil
	}
	r, err := a.open("mimetype")
	if err != nil {
		return "", err
	}
	defer r.Close()
	name, err := io.ReadAll(io.LimitReader(r, 128))
	if !strings.Contains(string(name), "spreadsheet") {
		kind = "odt"
	}
	return kind, err
}

// rootIs goes to the root element, which has to have this name.
func (s *scanner) rootIs(name string) error {
	for {
		tok, err := s.next()
		if err != nil {
			return err
		}
		if tok == startTag {
			if string(s.name) != name {
				return errContent
			}
			return nil
		}
	}
}

// openBook reads what a workbook lists.
func openBook(a *archive, memory int64) (*book, error) {
	root, err := a.relations("")
	if err != nil {
		return nil, err
	}
	b := &book{archive: a, memory: memory}
	main, err := only(root, "officeDocument")
	if err != nil {
		return nil, err
	}
	kind, err := a.kind()
	switch {
	case err != nil:
		return nil, err
	case strings.HasSuffix(main, ".bin"):
		return nil, refuse(sheet.NotText, "xlsb")
	case kind != "" && (main == "" || kind != "zip" && !strings.HasSuffix(main, "workbook.xml")):
		return nil, refuse(sheet.NotText, kind)
	case main == "":
		return nil, damaged(sheet.DamageMissing, "workbook.xml")
	}
	parts, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	if b.strings, err = only(parts, "sharedStrings"); err != nil {
		return nil, err
	}
	if b.styles, err = only(parts, "styles"); err != nil {
		return nil, err
	}
	if err := b.list(main, parts); err != nil {
		return nil, err
	}
	b.formats, err = b.readStyles()
	return b, err
}

// list reads the sheets that the workbook names.
func (b *book) list(main string, parts map[string]relation) error {
	s, done, err := b.scan(main)
	if err != nil {
		return err
	}
	defer done()
	if err := s.rootIs("workbook"); err != nil {
		if s.seen && errors.Is(err, errContent) {
			return refuse(sheet.NotText, "zip") // of another program
		}
		return err
	}
	err = s.each(func(child string) error {
		switch child {
		case "workbookPr":
			v, _, err := s.value("date1904")
			b.date04 = truth(v)
			return err
		case "sheets":
			return s.each(func(child string) error {
				if child != "sheet" {
					return nil
				}
				return b.listed(s, parts)
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(b.sheets) == 0 {
		return damaged(sheet.DamageMissing, "sheet1.xml")
	}
	return s.finish()
}

// listed takes a sheet that the workbook names.
func (b *book) listed(s *scanner, parts map[string]relation) error {
	if len(b.sheets) == sheetsLimit {
		return refuse(sheet.Inflated, "")
	}
	name, _, err := s.value("name")
	if err != nil {
		return err
	}
	state, _, err := s.value("state")
	if err != nil {
		return err
	}
	id, err := s.prefixed("id")
	if err != nil {
		return err
	}
	r, ok := parts[id]
	// What is not said to be another kind of sheet may hold the table.
	kind := r.kind
	b.sheets = append(b.sheets, bookSheet{
		name: name, part: r.target, hidden: state == "hidden" || state == "veryHidden",
		table: !ok || kind == "worksheet",
	})
	return nil
}

// truth reads an attribute that is true or false.
func truth(v string) bool { return v == "1" || v == "true" || v == "on" }
