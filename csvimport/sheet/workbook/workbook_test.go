package workbook_test

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

// line is a record, kept.
type line struct {
	Row, Width, Used  int
	Hidden, Truncated bool
	Cells             []string
	Values            []sheet.Value
}

// content is all that is read of a file.
type content struct {
	sheet.Facts
	Lines   []line
	Skipped sheet.Skipped
}

// read reads a file from its first byte to its last record.
func read(t testing.TB, data []byte, opt workbook.Options) content {
	t.Helper()
	opt.Headings = headings
	table, err := workbook.Open(bytes.NewReader(data), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	c := content{Facts: table.Facts()}
	if c.Fault != nil {
		return c
	}
	reader := table.Reader()
	for i := range c.Chunks {
		skipped, err := reader.Read(i, func(r *sheet.Record) bool {
			if r.Line != r.Row {
				t.Errorf("row %d has line %d", r.Row, r.Line)
			}
			c.Lines = append(c.Lines, line{r.Row, r.Width, r.Used, r.Hidden, r.Truncated, r.Cells, append([]sheet.Value(nil), r.Values...)})
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		if c.Skipped.Rows == 0 {
			c.Skipped.Line, c.Skipped.Row = skipped.Line, skipped.Row
		}
		c.Skipped.Rows += skipped.Rows
	}
	c.Chunks = 0 // differs with how the work is cut
	return c
}

// headRow is a row of headings.
const headRow = `<row r="1"><c t="inlineStr"><is><t>tenant</t></is></c><c t="inlineStr"><is><t>plan_id</t></is></c><c t="inlineStr"><is><t>sub_id</t></is></c>` +
	`<c t="inlineStr"><is><t>company_name</t></is></c><c t="inlineStr"><is><t>email</t></is></c><c t="inlineStr"><is><t>account_id</t></is></c></row>`

// inSheet is a sheet with rows below the headings.
func inSheet(rows string) string {
	return `<worksheet xmlns="m"><sheetData>` + headRow + rows + `</sheetData></worksheet>`
}

// bookWith is a workbook with these parts besides those that every one has.
func bookWith(t testing.TB, more map[string]string) []byte {
	t.Helper()
	all := parts()
	maps.Copy(all, more)
	for name, text := range all {
		if text == gone {
			delete(all, name)
		}
	}
	var b bytes.Buffer
	pack(t, &b, all)
	return b.Bytes()
}

// gone is the text of a part that is not there.
const gone = "\x00"

// bookOf is a workbook whose sheet has rows below the headings.
func bookOf(t testing.TB, rows string) []byte {
	t.Helper()
	return bookWith(t, map[string]string{sheetPart: inSheet(rows)})
}

const (
	sheetPart   = "xl/worksheets/sheet1.xml"
	stringsPart = "xl/sharedStrings.xml"
	stylesPart  = "xl/styles.xml"
)

// corpus returns the names of the files of the corpus.
func corpus(t testing.TB) (names []string) {
	t.Helper()
	all, err := filepath.Glob("../../../testdata/corpus-workbooks/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if base := filepath.Base(name); base != "EXPECTED.tsv" && base != "README.md" {
			names = append(names, name)
		}
	}
	if len(names) != 130 {
		t.Errorf("the corpus has %d files, want 130", len(names))
	}
	return names
}

// pieces are ways to cut the work.
var pieces = []workbook.Options{
	{ChunkBytes: 1, MemoryBytes: 1},
	{ChunkBytes: 700},
}

// TestPieces reads every file of the corpus as a whole and in small pieces, from
// memory and from disk: what is read does not depend on how the work is cut.
func TestPieces(t *testing.T) {
	for _, name := range corpus(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !workbook.Recognises(data[:min(len(data), workbook.HeadSize)]) {
			continue
		}
		whole := read(t, data, workbook.Options{})
		for _, opt := range pieces {
			if diff := cmp.Diff(whole, read(t, data, opt)); diff != "" {
				t.Errorf("%s: cut in other pieces (-whole +%+v):\n%s", name, opt, diff)
			}
		}
	}
}

// TestCells reads cells as they are written, and tells what is stored.
func TestCells(t *testing.T) {
	number := func(v float64, stored string, look sheet.Look) sheet.Value {
		return sheet.Value{Type: sheet.Number, Number: v, Stored: stored, Look: look}
	}
	formula := func(v sheet.Value) sheet.Value {
		v.Formula = true
		return v
	}
	for _, tt := range []struct {
		name, cell string
		text       string
		value      sheet.Value
	}{
		{"inline text", `<c t="inlineStr"><is><t>a &amp; b</t></is></c>`, "a & b", sheet.Value{}},
		{"inline runs without phonetic ones", `<c t="inlineStr"><is><r><rPr><b/></rPr><t>東</t></r><rPh sb="0" eb="1"><t>ひがし</t></rPh><r><t>京</t></r><phoneticPr fontId="1"/></is></c>`, "東京", sheet.Value{}},
		{"inline text in v", `<c t="inlineStr"><v>a</v></c>`, "a", sheet.Value{}},
		{"shared text", `<c t="s"><v> 1 </v></c>`, "second", sheet.Value{}},
		{"shared text, blank", `<c t="s"><v></v></c>`, "", sheet.Value{}},
		{"text of a formula", `<c t="str"><f>A1</f><v>x_x0041_y</v></c>`, "xAy", formula(sheet.Value{})},
		{"empty text of a formula", `<c t="str"><f>A1</f><v></v></c>`, "", sheet.Value{}},
		{"text without a formula", `<c t="str"><v>x</v></c>`, "x", sheet.Value{}},
		{"CDATA and references", `<c t="str"><v><![CDATA[<&>]]>&#x41;&#66;&lt;</v></c>`, "<&>AB<", sheet.Value{}},
		{"comments and instructions", `<c t="str"><v>a<!-- - -->b<?x y?>c</v></c>`, "abc", sheet.Value{}},
		{"line ends", "<c t=\"str\"><v>a\r\nb\rc&#13;d\ne</v></c>", "a\nb\nc\rd\ne", sheet.Value{}},
		{"escapes", `<c t="str"><v>_x000D__x005F_x0041__x26__X0041__xD83D__xDE00__x0041</v></c>`, "\r_x0041__x26__X0041_😀_x0041", sheet.Value{}},
		{"half a pair", `<c t="str"><v>a_xD83D_b_xDE00_c</v></c>`, "a\ufffdb\ufffdc", sheet.Value{}},
		{"extension with a value of its own", `<c t="str"><v>a</v><extLst><ext><x:v xmlns:x="o">b</x:v></ext></extLst></c>`, "a", sheet.Value{}},
		{"number", `<c><v>1000009</v></c>`, "1000009", number(1000009, "1000009", sheet.AsStored)},
		{"number with decimals of zero", `<c t="n"><v>1000009.0</v></c>`, "1000009", number(1000009, "1000009.0", sheet.AsStored)},
		{"number with an exponent", `<c><v>1.2E8</v></c>`, "120000000", number(1.2e8, "1.2E8", sheet.AsStored)},
		{"number with an exponent below", `<c><v>12000E-3</v></c>`, "12", number(12, "12000E-3", sheet.AsStored)},
		{"fraction", `<c><v>1.5</v></c>`, "1.5", number(1.5, "1.5", sheet.AsStored)},
		{"negative", `<c><v>-15</v></c>`, "-15", number(-15, "-15", sheet.AsStored)},
		{"minus zero", `<c><v>-0</v></c>`, "0", number(0, "-0", sheet.AsStored)},
		{"15 digits", `<c><v>999999999999999</v></c>`, "999999999999999", number(999999999999999, "999999999999999", sheet.AsStored)},
		{"16 digits", `<c><v>1000000000000000</v></c>`, "1E+15", number(1e15, "1000000000000000", sheet.AsStored)},
		{"number of a formula", `<c><f>1+1</f><v>2</v></c>`, "2", formula(number(2, "2", sheet.AsStored))},
		{"formula without a value", `<c><f>VLOOKUP(A1)</f></c>`, "=VLOOKUP(A1)", formula(sheet.Value{Type: sheet.NoValue})},
		{"formula with an empty value", `<c><f>VLOOKUP(A1)</f><v></v></c>`, "=VLOOKUP(A1)", formula(sheet.Value{Type: sheet.NoValue})},
		{"text formula without a value", `<c t="str"><f>A1</f></c>`, "=A1", formula(sheet.Value{Type: sheet.NoValue})},
		{"shared formula without a value", `<c><f t="shared" si="0"/></c>`, "=", formula(sheet.Value{Type: sheet.NoValue})},
		{"truth", `<c t="b"><v>1</v></c>`, "TRUE", sheet.Value{Type: sheet.Truth}},
		{"untruth", `<c t="b"><v>0</v></c>`, "FALSE", sheet.Value{Type: sheet.Truth}},
		{"error", `<c t="e"><v>#N/A</v></c>`, "#N/A", sheet.Value{Type: sheet.Failed}},
		{"error without a text", `<c t="e"/>`, "#VALUE!", sheet.Value{Type: sheet.Failed}},
		{"formatted, empty", `<c s="0"/>`, "", sheet.Value{}},
		{"empty value", `<c><v/></c>`, "", sheet.Value{}},
		{"empty truth", `<c t="b"/>`, "", sheet.Value{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, bookWith(t, map[string]string{
				sheetPart:   inSheet(`<row><c t="str"><v>first</v></c>` + tt.cell + `</row>`),
				stringsPart: `<sst xmlns="m"><si><t>first</t></si><si><t>second</t></si></sst>`,
			}), workbook.Options{})
			if c.Fault != nil || len(c.Lines) != 1 {
				t.Fatalf("fault %+v, %d records", c.Fault, len(c.Lines))
			}
			l := c.Lines[0]
			if l.Cells[0] != "first" || l.Cells[1] != tt.text {
				t.Errorf("cells %q, want %q", l.Cells, tt.text)
			}
			var got sheet.Value
			if l.Values != nil {
				got = l.Values[1]
			}
			if diff := cmp.Diff(tt.value, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRows finds rows and cells where the sheet says they are.
func TestRows(t *testing.T) {
	text := func(ref, s string) string {
		if ref != "" {
			ref = ` r="` + ref + `"`
		}
		return `<c` + ref + ` t="str"><v>` + s + `</v></c>`
	}
	for _, tt := range []struct {
		name, rows string
		want       []line
		skipped    sheet.Skipped
	}{
		{"by number", `<row r="3">` + text("B3", "b") + `</row><row r="7">` + text("F7", "f") + `</row>`,
			[]line{{Row: 3, Width: 6, Used: 2, Cells: []string{"", "b", "", "", "", ""}}, {Row: 7, Width: 6, Used: 6, Cells: []string{"", "", "", "", "", "f"}}},
			sheet.Skipped{Rows: 4, Line: 2, Row: 2}},
		{"by position", `<row>` + text("", "a") + text("", "b") + `</row><row/><row>` + text("", "c") + `</row>`,
			[]line{{Row: 2, Width: 6, Used: 2, Cells: []string{"a", "b", "", "", "", ""}}, {Row: 4, Width: 6, Used: 1, Cells: []string{"c", "", "", "", "", ""}}},
			sheet.Skipped{Rows: 1, Line: 3, Row: 3}},
		{"numbers of cells alone", `<row>` + text("C9", "c") + text("", "d") + `</row>`,
			[]line{{Row: 9, Width: 6, Used: 4, Cells: []string{"", "", "c", "d", "", ""}}}, sheet.Skipped{Rows: 7, Line: 2, Row: 2}},
		{"in another order", `<row r="3">` + text("B3", "3b") + text("A3", "3a") + `</row><row r="2">` + text("A2", "2a") + `</row>`,
			[]line{{Row: 2, Width: 6, Used: 1, Cells: []string{"2a", "", "", "", "", ""}}, {Row: 3, Width: 6, Used: 2, Cells: []string{"3a", "3b", "", "", "", ""}}}, sheet.Skipped{}},
		{"right of the headings", `<row r="2">` + text("A2", "a") + text("H2", "h") + `</row>`,
			[]line{{Row: 2, Width: 8, Used: 8, Cells: []string{"a", "", "", "", "", "", "", "h"}}}, sheet.Skipped{}},
		{"spaces right of the headings", `<row r="2">` + text("A2", "a") + text("H2", " ") + `</row>`,
			[]line{{Row: 2, Width: 6, Used: 1, Cells: []string{"a", "", "", "", "", ""}}}, sheet.Skipped{}},
		{"blank and formatted", `<row r="2" s="1"><c r="A2" s="1"/></row><row r="3">` + text("A3", " \u00a0\u200b") + `</row><row r="4">` + text("A4", "a") + `</row><row r="9"><c r="XFD9"/></row>`,
			[]line{{Row: 4, Width: 6, Used: 1, Cells: []string{"a", "", "", "", "", ""}}}, sheet.Skipped{Rows: 2, Line: 2, Row: 2}},
		{"hidden", `<row r="2" hidden="1">` + text("A2", "a") + `</row><row r="3" hidden="true">` + text("A3", "b") + `</row><row r="4" ht="0">` + text("A4", "c") + `</row><row r="5" hidden="0">` + text("A5", "d") + `</row>`,
			[]line{{Row: 2, Width: 6, Used: 1, Hidden: true, Cells: []string{"a", "", "", "", "", ""}}, {Row: 3, Width: 6, Used: 1, Hidden: true, Cells: []string{"b", "", "", "", "", ""}},
				{Row: 4, Width: 6, Used: 1, Hidden: true, Cells: []string{"c", "", "", "", "", ""}}, {Row: 5, Width: 6, Used: 1, Cells: []string{"d", "", "", "", "", ""}}}, sheet.Skipped{}},
		{"strangers", `<x:row xmlns:x="o"><x:c/></x:row><row r="2"><x:c xmlns:x="o"/>` + text("A2", "a") + `<extLst/></row>`,
			[]line{{Row: 2, Width: 6, Used: 1, Cells: []string{"a", "", "", "", "", ""}}}, sheet.Skipped{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, bookOf(t, tt.rows), workbook.Options{})
			if c.Fault != nil {
				t.Fatalf("fault %+v", c.Fault)
			}
			if diff := cmp.Diff(tt.want, c.Lines); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if c.Skipped != tt.skipped {
				t.Errorf("skipped %+v, want %+v", c.Skipped, tt.skipped)
			}
		})
	}
}

// TestManyColumns keeps sparse rows under very many headings small.
func TestManyColumns(t *testing.T) {
	head := strings.TrimSuffix(headRow, "</row>") + strings.Repeat(`<c t="str"><v>more</v></c>`, 1000) + "</row>"
	c := read(t, bookWith(t, map[string]string{sheetPart: `<worksheet xmlns="m"><sheetData>` + head + `<row><c t="str"><v>a</v></c></row></sheetData></worksheet>`}), workbook.Options{})
	if c.Fault != nil || len(c.Lines) != 1 || c.Lines[0].Width != 1006 || len(c.Lines[0].Cells) > 64 {
		t.Errorf("fault %+v, records %+v", c.Fault, c.Lines)
	}
}

// TestBook tells what stands around the rows.
func TestBook(t *testing.T) {
	text := func(s string) string { return `<c t="str"><v>` + s + `</v></c>` }
	data := bookWith(t, map[string]string{
		sheetPart: `<worksheet xmlns="m"><sheetPr filterMode="1"/><cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="0"/><col min="20" max="30" hidden="1"/></cols><sheetData>` + headRow +
			`<row r="2" hidden="1">` + text("a") + `</row><row r="3" hidden="1"/><row r="20" hidden="1">` + text("b") + `</row><row r="21">` + text("Total") + `</row><row r="22">` + text("c") + `</row></sheetData>` +
			`<mergeCells><mergeCell ref="A2:A20"/></mergeCells><tableParts><tablePart r:id="t" xmlns:r="r"/></tableParts></worksheet>`,
		"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships xmlns="r"><Relationship Id="t" Type="x/table" Target="../tables/table1.xml"/><Relationship Id="d" Type="x/drawing" Target="../nowhere.xml"/></Relationships>`,
		"xl/tables/table1.xml":                `<table xmlns="m" ref="A1:F21" totalsRowCount="1"/>`,
	})
	c := read(t, data, workbook.Options{})
	want := &sheet.Book{Sheet: "Accounts", Hidden: 2, HiddenRows: []int{2, 20}, Filtered: true, Columns: []int{1, 2, 4}, Totals: 21}
	if diff := cmp.Diff(want, c.Book); diff != "" || c.Fault != nil {
		t.Errorf("fault %+v, book (-want +got):\n%s", c.Fault, diff)
	}
	var rows []int
	for _, l := range c.Lines {
		rows = append(rows, l.Row)
		if merged := l.Values != nil && l.Values[0].Merged; merged {
			t.Errorf("row %d has a value and counts as merged", l.Row)
		}
	}
	if diff := cmp.Diff([]int{2, 20, 22}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestMerged marks the empty cells of merged ones.
func TestMerged(t *testing.T) {
	c := read(t, bookWith(t, map[string]string{sheetPart: `<worksheet xmlns="m"><sheetData>` + headRow +
		`<row r="2"><c r="A2" t="str"><v>a</v></c></row><row r="3"><c r="B3" t="str"><v>b</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells></worksheet>`}), workbook.Options{})
	if c.Fault != nil || len(c.Lines) != 2 || c.Lines[0].Values != nil || c.Lines[1].Values == nil || !c.Lines[1].Values[0].Merged || c.Lines[1].Values[1].Merged {
		t.Errorf("fault %+v, records %+v", c.Fault, c.Lines)
	}
}

// TestStored reads parts that are stored as they are, and that have no checksum in
// the directory.
func TestStored(t *testing.T) {
	var b bytes.Buffer
	pack(t, &b, parts(), func(z *zip.Writer) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: sheetPart, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(inSheet(`<row><c t="str"><v>a</v></c></row>`)))
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if c := read(t, b.Bytes(), workbook.Options{}); c.Fault != nil || len(c.Lines) != 1 {
		t.Errorf("fault %+v, %d records", c.Fault, len(c.Lines))
	}
}
