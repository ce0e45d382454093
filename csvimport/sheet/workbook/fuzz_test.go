package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

// FuzzOpen reads any bytes. Whatever they are, nothing but a fault comes of it, and
// what is read does not depend on how the work is cut.
func FuzzOpen(f *testing.F) {
	for _, name := range corpus(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 8<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := read(t, data, workbook.Options{})
		for _, opt := range pieces {
			if diff := cmp.Diff(whole, read(t, data, opt)); diff != "" {
				t.Fatalf("cut in other pieces (-whole +%+v):\n%s", opt, diff)
			}
		}
	})
}

// FuzzArchive changes what the parts of a workbook hold, and not their checksums.
func FuzzArchive(f *testing.F) {
	for _, name := range corpus(f) {
		z, err := zip.OpenReader(name)
		if err != nil {
			continue
		}
		var texts []string
		for _, part := range []string{"xl/workbook.xml", "xl/_rels/workbook.xml.rels", sheetPart, stringsPart, stylesPart} {
			text := ""
			if r, err := z.Open(part); err == nil {
				b, _ := io.ReadAll(io.LimitReader(r, 16<<10))
				text = string(b)
				r.Close()
			}
			texts = append(texts, text)
		}
		z.Close()
		if len(texts[2]) < 8<<10 {
			f.Add(texts[0], texts[1], texts[2], texts[3], texts[4])
		}
	}
	f.Fuzz(func(t *testing.T, book, relations, cells, texts, styles string) {
		more := map[string]string{}
		for name, text := range map[string]string{"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": relations, sheetPart: cells, stringsPart: texts, stylesPart: styles} {
			if text != "" {
				more[name] = text
			}
		}
		data := bookWith(t, more)
		whole := read(t, data, workbook.Options{})
		if diff := cmp.Diff(whole, read(t, data, pieces[0])); diff != "" {
			t.Fatalf("cut in other pieces (-whole +%+v):\n%s", pieces[0], diff)
		}
		last := whole.Header.Row
		for _, l := range whole.Lines {
			if l.Row <= last || l.Used == 0 || l.Used > l.Width {
				t.Errorf("record %+v below row %d", l, last)
			}
			last = l.Row
			for _, c := range l.Cells {
				if !utf8.ValidString(c) {
					t.Errorf("row %d: %q is not UTF-8", l.Row, c)
				}
			}
		}
	})
}

// FuzzXML compares what is accepted with what encoding/xml accepts, and the texts
// that are read with those it reads.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<row><c t="str"><v>a&amp;&#x41;<![CDATA[<]]>]]</v></c></row>`, `<row r="2" a='"'><c r="B2"/><!-- - --><?x?></row>`, "<row>\r\n<c t=\"str\"><v>\r\n\r&#13;</v></c></row>",
		`<y:row xmlns:y="m"><y:c/></y:row>`, `<row xmlns="o"/>`, `<a b="1" c = "2" ></a >`, `<![CDATA[]]>`, `<!-- -->`, `<a:b/>`, `&lt;`, `</sheetData><sheetData>`, "<row><c t=\"str\"><v>\xc3\xbc😀</v></c></row>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		text := inSheet(rows)
		c := read(t, bookWith(t, map[string]string{sheetPart: text}), workbook.Options{})
		if c.Fault != nil {
			return
		}
		want, err := plainly(text)
		if err != nil && strings.Contains(err.Error(), "invalid XML name") {
			return // letters of other scripts: these are not looked at
		}
		if err != nil {
			t.Fatalf("accepted, and encoding/xml says %v", err)
		}
		if strings.Contains(rows, "xmlns") {
			return // the plain reader goes by names alone
		}
		var got []string
		for _, l := range c.Lines {
			for _, cell := range l.Cells[:min(l.Used, len(l.Cells))] {
				if cell != "" {
					got = append(got, cell)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" && onlyText(text) {
			t.Errorf("texts (-want +got):\n%s", diff)
		}
	})
}

// onlyText reports whether the plain reader understands all cells of a sheet: they
// are texts of formulas, in rows and columns that do not say where they are.
func onlyText(s string) bool {
	for _, word := range []string{` r=`, "_x", "<f", "<is", "encoding", "\tr", "\nr", "\rr"} {
		if strings.Contains(strings.TrimPrefix(s, inSheet("")[:strings.Index(inSheet(""), headRow)+len(headRow)]), word) {
			return false
		}
	}
	return strings.Count(s, `t="str"`) == strings.Count(s, "<c")-strings.Count(headRow, "<c")
}

// plainly reads the text of all cells below the headings that are not blank.
func plainly(text string) (cells []string, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("another encoding") }
	var path []string
	var value strings.Builder
	row := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(cells) > 0 && row == 0 {
				cells = nil
			}
			return cells, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			path = append(path, tok.Name.Local)
			value.Reset()
			if len(path) == 3 && tok.Name.Local == "row" {
				row++
			}
		case xml.CharData:
			value.Write(tok)
		case xml.EndElement:
			if strings.Join(path, " ") == "worksheet sheetData row c v" && row > 1 && !sheet.Blank(value.String()) {
				cells = append(cells, value.String())
			}
			path = path[:len(path)-1]
		}
	}
}

// FuzzFormat shows any number in any format. What is taken for the digits of a whole
// number are its digits.
func FuzzFormat(f *testing.F) {
	for _, code := range []string{"General", "0", "0000", "#,##0.00", "0%", "0,", `"1"0`, `[Red]0;-0;;@`, `[>5]0;0`, "yyyy-mm-dd", "[h]:mm", "# ?/?", "0.0E+0", `_-* #,##0 [$€-1]`, `\1`, `*0`, `"`, `[`, `\`} {
		f.Add(code, 1000013.0)
		f.Add(code, -0.5)
	}
	f.Fuzz(func(t *testing.T, code string, v float64) {
		if code == "" || !utf8.ValidString(code) || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r >= 0xfffe && r <= 0xffff }) {
			return
		}
		text, value, fault := formatted(t, code, 170, strconv.FormatFloat(v, 'g', -1, 64), "")
		if fault != nil {
			t.Fatalf("fault %+v", fault)
		}
		if v != math.Trunc(v) || math.Abs(v) >= 1e15 || value.Type != sheet.Number || value.Look == sheet.Disguised {
			return
		}
		if n, err := strconv.ParseFloat(text, 64); err != nil || n != v || strings.Trim(text, "-0123456789") != "" {
			t.Errorf("%v is read as %q", v, text)
		}
	})
}

// FuzzCut changes one byte of a workbook, or cuts it short: what is then read
// without a fault is what was there.
func FuzzCut(f *testing.F) {
	data := bookOf(f, `<row><c t="str"><v>1000013</v></c></row>`)
	f.Add(uint16(100), byte(1), false)
	f.Add(uint16(600), byte(0x80), true)
	want := read(f, data, workbook.Options{})
	f.Fuzz(func(t *testing.T, at uint16, flip byte, cut bool) {
		changed := bytes.Clone(data)
		i := int(at) % len(changed)
		changed[i] ^= flip
		if cut {
			changed = changed[:i]
		}
		if len(changed) < 4 || !workbook.Recognises(changed[:min(len(changed), workbook.HeadSize)]) {
			return
		}
		got := read(t, changed, workbook.Options{})
		if diff := cmp.Diff(want.Lines, got.Lines); got.Fault == nil && diff != "" {
			t.Errorf("read in silence (-want +got):\n%s", diff)
		}
	})
}
