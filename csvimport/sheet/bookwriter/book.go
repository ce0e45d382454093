package bookwriter

import (
	"archive/zip"
	"compress/flate"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Name spaces.
const (
	mainSpace     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	officeSpace   = "http://schemas.openxmlformats.org/officeDocument/2006/"
	relationSpace = officeSpace + "relationships"
	packageSpace  = "http://schemas.openxmlformats.org/package/2006/"
	prolog        = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// Book is a workbook being written. The first error sticks.
type Book struct {
	zip        *zip.Writer
	sheets     []*Sheet
	properties []property
	err        error
}

type property struct{ name, value string }

// New begins a workbook. It is whole once it was closed; what it writes to w needs
// no seeking.
func New(w io.Writer) *Book {
	b := &Book{zip: zip.NewWriter(w)}
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	// First, by which programs know a workbook.
	b.part("_rels/.rels", []byte(relations(
		relation{relationSpace + "/officeDocument", "xl/workbook.xml"},
		relation{packageSpace + "relationships/metadata/core-properties", "docProps/core.xml"},
		relation{relationSpace + "/custom-properties", "docProps/custom.xml"},
	)))
	return b
}

// SetProperty has the workbook itself keep a value under a name.
func (b *Book) SetProperty(name, value string) {
	b.properties = append(b.properties, property{name, value})
}

// Sheet begins a sheet, and ends the one before. A name has at most 31 characters,
// and none of \ / ? * [ ] : ' among them.
func (b *Book) Sheet(name string, layout Layout) *Sheet {
	b.endSheet()
	layout.Columns = slices.Clone(layout.Columns)
	s := &Sheet{book: b, name: name, layout: layout}
	b.sheets = append(b.sheets, s)
	return s
}

// Failed reports whether writing has failed; Close returns the error.
func (b *Book) Failed() bool { return b.err != nil }

// Close ends the workbook and returns the first error of all. It does not close
// the writer below.
func (b *Book) Close() error {
	b.endSheet()
	b.part("xl/workbook.xml", b.workbookPart())
	b.part("xl/_rels/workbook.xml.rels", b.workbookRelations())
	b.part("xl/styles.xml", []byte(stylePart()))
	b.part("docProps/core.xml", []byte(`<cp:coreProperties xmlns:cp="`+packageSpace+`metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"></cp:coreProperties>`))
	b.part("docProps/custom.xml", b.propertyPart())
	b.part("[Content_Types].xml", b.typePart())
	b.keep(b.zip.Close())
	return b.err
}

func (b *Book) endSheet() {
	if n := len(b.sheets); n > 0 {
		b.sheets[n-1].end(n)
	}
}

// begin begins a part.
func (b *Book) begin(name string) io.Writer {
	w, err := b.zip.Create(name)
	if b.keep(err); err != nil {
		return io.Discard
	}
	return w
}

// part writes a part.
func (b *Book) part(name string, content []byte) {
	w := b.begin(name)
	_, err := io.WriteString(w, prolog)
	b.keep(err)
	_, err = w.Write(content)
	b.keep(err)
}

func (b *Book) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

// relation is a relationship to another part.
type relation struct{ kind, target string }

// relations are relationships with the ids r1, r2, …
func relations(all ...relation) string {
	var t strings.Builder
	t.WriteString(`<Relationships xmlns="` + packageSpace + `relationships">`)
	for i, r := range all {
		t.WriteString(`<Relationship Id="r` + decimal(i+1) + `" Type="` + r.kind + `" Target="` + r.target + `"/>`)
	}
	t.WriteString(`</Relationships>`)
	return t.String()
}

// workbookPart lists the sheets, and what Excel wants to be named of them: where
// the filter is, what is printed, and which rows stand on each page.
func (b *Book) workbookPart() []byte {
	t := []byte(`<workbook xmlns="` + mainSpace + `" xmlns:r="` + relationSpace + `"><bookViews><workbookView activeTab="0"/></bookViews><sheets>`)
	var names []byte
	for i, s := range b.sheets {
		t = append(t, `<sheet name="`...)
		t = appendValue(t, s.name)
		t = append(t, `" sheetId="`+decimal(i+1)+`" r:id="r`+decimal(i+1)+`"/>`...)
		define := func(name, more, area string) {
			names = append(names, `<definedName name="_xlnm.`+name+`" localSheetId="`+decimal(i)+`"`+more+`>`...)
			names = append(appendValue(names, quotedName(s.name)+"!"+area), `</definedName>`...)
		}
		head := s.layout.Headings
		if s.layout.Filter && head > 0 {
			define("_FilterDatabase", ` hidden="1"`, s.filterArea("$"))
		}
		if s.layout.Printed > 0 {
			define("Print_Area", "", s.area("$", 1, s.layout.Printed))
		}
		if head > 0 {
			define("Print_Titles", "", "$"+decimal(head)+":$"+decimal(head))
		}
	}
	t = append(t, `</sheets>`...)
	if names != nil {
		t = append(append(append(t, `<definedNames>`...), names...), `</definedNames>`...)
	}
	return append(t, `</workbook>`...)
}

func (b *Book) workbookRelations() []byte {
	var all []relation
	for i := range b.sheets {
		all = append(all, relation{relationSpace + "/worksheet", "worksheets/sheet" + decimal(i+1) + ".xml"})
	}
	return []byte(relations(append(all, relation{relationSpace + "/styles", "styles.xml"})...))
}

func (b *Book) propertyPart() []byte {
	t := []byte(`<Properties xmlns="` + officeSpace + `custom-properties" xmlns:vt="` + officeSpace + `docPropsVTypes">`)
	for i, p := range b.properties {
		t = append(t, `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="`+decimal(i+2)+`" name="`...)
		t = appendValue(t, p.name)
		t = append(t, `"><vt:lpwstr>`...)
		t = appendValue(t, p.value)
		t = append(t, `</vt:lpwstr></property>`...)
	}
	return append(t, `</Properties>`...)
}

// typePart says what each part is.
func (b *Book) typePart() []byte {
	const sheetTypes, packageTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml.", "application/vnd.openxmlformats-package."
	t := `<Types xmlns="` + packageSpace + `content-types"><Default Extension="rels" ContentType="` + packageTypes + `relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>`
	override := func(part, kind string) {
		t += `<Override PartName="/` + part + `" ContentType="` + kind + `+xml"/>`
	}
	override("xl/workbook.xml", sheetTypes+"sheet.main")
	override("xl/styles.xml", sheetTypes+"styles")
	override("docProps/core.xml", packageTypes+"core-properties")
	override("docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties")
	for i, s := range b.sheets {
		override("xl/worksheets/sheet"+decimal(i+1)+".xml", sheetTypes+"worksheet")
		if len(s.notes) > 0 {
			override("xl/comments"+decimal(i+1)+".xml", sheetTypes+"comments")
		}
	}
	return []byte(t + `</Types>`)
}

// quotedName is the name of a sheet as formulas have it.
func quotedName(sheet string) string {
	return "'" + strings.ReplaceAll(sheet, "'", "''") + "'"
}

func decimal(n int) string { return strconv.Itoa(n) }
