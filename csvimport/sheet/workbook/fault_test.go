package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

func damage(detail, value string) *sheet.Fault {
	return &sheet.Fault{Kind: sheet.Damaged, Detail: detail, Value: value, Column: -1}
}

// at places damage in a cell.
func at(f *sheet.Fault, row, column int) *sheet.Fault {
	f.Line, f.Row, f.Column = row, row, column
	return f
}

// TestDamage refuses sheets that are not whole, or can be read in two ways.
func TestDamage(t *testing.T) {
	content := damage(sheet.DamageContent, "")
	for _, tt := range []struct {
		name, rows string
		want       *sheet.Fault
	}{
		{"a row twice", `<row r="5"/><row r="5"/>`, damage(sheet.DamageTwice, "row 5")},
		{"a row twice, by position", `<row r="2"/><row r="1"/>`, damage(sheet.DamageTwice, "row 1")},
		{"a cell twice", `<row r="2"><c r="B2" t="str"><v>x</v></c><c r="B2" t="str"><v>y</v></c></row>`, damage(sheet.DamageTwice, "B2")},
		{"a cell twice, by position", `<row r="2"><c r="C2" t="str"><v>x</v></c><c r="B2" t="str"><v>y</v></c><c t="str"><v>z</v></c></row>`, damage(sheet.DamageTwice, "C2")},
		{"a cell twice, once empty", `<row r="2"><c r="B2" t="str"><v>x</v></c><c r="B2"/></row>`, damage(sheet.DamageTwice, "B2")},
		{"a cell of another row", `<row r="2"><c r="A3" t="str"><v>x</v></c></row>`, damage(sheet.DamageContent, "A3")},
		{"a cell of a third row", `<row><c r="A7" t="str"><v>x</v></c><c r="B8" t="str"><v>x</v></c></row>`, damage(sheet.DamageContent, "B8")},
		{"row 0", `<row r="0"/>`, content},
		{"a negative row", `<row r="-3"/>`, content},
		{"no row number", `<row r="x"/>`, content},
		{"a row beyond all", `<row r="1048577"/>`, content},
		{"a row beyond all integers", `<row r="99999999999999999999"/>`, content},
		{"a column beyond all", `<row r="2"><c r="XFE2"/></row>`, content},
		{"no reference", `<row r="2"><c r="2A"/></row>`, content},
		{"a column without a row", `<row r="2"><c r="A"/></row>`, content},
		{"one column too many", `<row r="2"><c r="XFD2"/><c/></row>`, content},
		{"two values", `<row><c><v>1</v><v>2</v></c></row>`, content},
		{"two inline texts", `<row><c t="inlineStr"><is><t>a</t></is><is><t>b</t></is></c></row>`, content},
		{"an element in a value", `<row><c><v>1<b/>2</v></c></row>`, content},
		{"a type that is none", `<row><c t="x"><v>1</v></c></row>`, content},
		{"no number", `<row><c><v>1,5</v></c></row>`, content},
		{"no number at all", `<row><c><v>NaN</v></c></row>`, content},
		{"a hexadecimal number", `<row><c><v>0x1p4</v></c></row>`, content},
		{"a number beyond all", `<row><c><v>1e999</v></c></row>`, content},
		{"no truth", `<row><c t="b"><v>2</v></c></row>`, content},
		{"no date", `<row><c t="d"><v>2026-13-01</v></c></row>`, content},
		{"no style", `<row><c s="x"><v>1</v></c></row>`, content},
		{"no number of a text", `<row><c t="s"><v>x</v></c></row>`, content},
		{"a text that is not there", `<row/><row><c/><c t="s"><v>2</v></c></row>`, at(damage(sheet.DamageReference, "2"), 3, 1)},
		{"a negative text", `<row><c t="s"><v>-1</v></c></row>`, at(damage(sheet.DamageReference, "-1"), 2, 0)},
		{"rows between which to choose", `<x:AlternateContent xmlns:x="o"><row r="2"><c t="str"><v>x</v></c></row></x:AlternateContent>`, content},
		{"values between which to choose", `<row><c><x:a xmlns:x="o"><v>1</v></x:a></c></row>`, content},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, bookWith(t, map[string]string{sheetPart: inSheet(tt.rows), stringsPart: `<sst xmlns="m" count="9"><si><t>a</t></si><si/></sst>`}), workbook.Options{})
			if diff := cmp.Diff(tt.want, c.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if tt.want.Row > 0 && len(c.Header.Cells) != len(headings) {
				t.Errorf("headings %q", c.Header.Cells)
			}
		})
	}
}

// TestParts follows the relationships, and refuses parts that are missing, are
// there twice, or are not what they should be.
func TestParts(t *testing.T) {
	good := inSheet(`<row><c t="s"><v>0</v></c></row>`)
	const texts = `<sst xmlns="m"><si><t>a</t></si></sst>`
	with := func(pairs ...string) map[string]string {
		m := map[string]string{sheetPart: good, stringsPart: texts}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	relations := func(s string) string { return `<Relationships xmlns="r">` + s + `</Relationships>` }
	sheets := func(s string) string {
		return `<workbook xmlns="m" xmlns:r="r"><sheets>` + s + `</sheets></workbook>`
	}
	for _, tt := range []struct {
		name  string
		parts map[string]string
		want  *sheet.Fault // nil: it is read
	}{
		{"all", with(), nil},
		{"no content types", with("[Content_Types].xml", gone), nil},
		{"another case", with(sheetPart, gone, "XL/Worksheets/SHEET1.xml", good), nil},
		{"backslashes", with(sheetPart, gone, `xl\worksheets\sheet1.xml`, good), nil},
		{"other names, absolute and escaped", with(sheetPart, gone, "data/the sheet.xml", good, "xl/_rels/workbook.xml.rels", relations(
			`<Relationship Id="s1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="/data/the%20sheet.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="../xl/./sharedStrings.xml"/>`)), nil},
		{"an external relationship", with("xl/_rels/workbook.xml.rels", relations(
			`<Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="e" Type="x/sharedStrings" Target="http://x.example/" TargetMode="External"/><Relationship Id="t" Type="x/sharedStrings" Target="sharedStrings.xml"/>`)), nil},
		{"no relationships", with("_rels/.rels", gone), damage(sheet.DamageMissing, "workbook.xml")},
		{"no workbook", with("xl/workbook.xml", gone), damage(sheet.DamageMissing, "xl/workbook.xml")},
		{"no sheets", with("xl/workbook.xml", `<workbook xmlns="m"/>`), damage(sheet.DamageMissing, "sheet1.xml")},
		{"no sheet part", with(sheetPart, gone), damage(sheet.DamageMissing, sheetPart)},
		{"no relationship of the sheet", with("xl/_rels/workbook.xml.rels", gone), damage(sheet.DamageMissing, "Accounts")},
		{"no texts", with(stringsPart, gone), damage(sheet.DamageMissing, stringsPart)},
		{"no relationship of the texts", with("xl/_rels/workbook.xml.rels", relations(`<Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>`)), damage(sheet.DamageMissing, "sharedStrings.xml")},
		{"two parts of texts", with("xl/_rels/workbook.xml.rels", relations(
			`<Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="u" Type="x/sharedStrings" Target="other.xml"/>`)),
			damage(sheet.DamageTwice, "sharedStrings")},
		{"two workbooks", with("_rels/.rels", relations(`<Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/><Relationship Id="b" Type="x/officeDocument" Target="yl/workbook.xml"/>`)),
			damage(sheet.DamageTwice, "officeDocument")},
		{"two relationships of one name", with("xl/_rels/workbook.xml.rels", relations(`<Relationship Id="s1" Type="x/worksheet" Target="a.xml"/><Relationship Id="s1" Type="x/worksheet" Target="b.xml"/>`)),
			damage(sheet.DamageTwice, "xl/_rels/workbook.xml.rels")},
		{"names that differ in case alone", with("xl/Worksheets/Sheet1.xml", good), damage(sheet.DamageTwice, "")},
		{"rows twice", with(sheetPart, `<worksheet xmlns="m"><sheetData>`+headRow+`</sheetData><sheetData/></worksheet>`), damage(sheet.DamageTwice, "sheetData")},
		{"another root", with(sheetPart, `<chartsheet xmlns="m"/>`), damage(sheet.DamageContent, "")},
		{"texts of another root", with(stringsPart, `<x xmlns="m"/>`), damage(sheet.DamageContent, "")},
		{"styles of another root", with(stylesPart, `<x xmlns="m"/>`), damage(sheet.DamageContent, "")},
		{"texts cut", with(stringsPart, `<sst xmlns="m"><si><t>a</t></si>`), damage(sheet.DamageCut, "")},
		{"workbook of another program", with("xl/workbook.xml", `<document xmlns="w"/>`), &sheet.Fault{Kind: sheet.NotText, Detail: "zip", Column: -1}},
		{"binary workbook", with("_rels/.rels", relations(`<Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/>`), "xl/workbook.bin", "x"), &sheet.Fault{Kind: sheet.NotText, Detail: "xlsb", Column: -1}},
		{"a sheet without a kind", with("xl/workbook.xml", sheets(`<sheet name="Accounts" sheetId="1" r:id="s1"/><sheet name="B" sheetId="2" r:id="nowhere"/>`)), damage(sheet.DamageMissing, "B")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, bookWith(t, tt.parts), workbook.Options{})
			opt := cmp.Options{}
			if tt.want != nil && tt.want.Value == "" {
				opt = append(opt, cmpopts.IgnoreFields(sheet.Fault{}, "Value"))
			}
			if diff := cmp.Diff(tt.want, c.Fault, opt); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if c.Fault == nil && (len(c.Lines) != 1 || c.Lines[0].Cells[0] != "a") {
				t.Errorf("records %+v", c.Lines)
			}
		})
	}
}

// TestSheets reads the one sheet that is meant, and asks where it is not plain.
func TestSheets(t *testing.T) {
	const table, other = `<worksheet xmlns="m"><sheetData>` + headRow + `</sheetData></worksheet>`, `<worksheet xmlns="m"><sheetData><row><c t="str"><v>tenant</v></c></row></sheetData></worksheet>`
	far := `<worksheet xmlns="m"><sheetData>` + strings.Replace(headRow, `r="1"`, `r="16"`, 1) + `</sheetData></worksheet>`
	below := `<worksheet xmlns="m"><sheetData><row r="40"><c t="str"><v>x</v></c></row>` + strings.Replace(headRow, `r="1"`, `r="15"`, 1) + `</sheetData></worksheet>`
	type one struct{ name, state, kind, text string }
	for _, tt := range []struct {
		name   string
		sheets []one
		asked  string
		want   string
		fault  *sheet.Fault
	}{
		{"the only one", []one{{"A", "", "worksheet", table}}, "", "A", nil},
		{"the one that has headings", []one{{"A", "", "worksheet", other}, {"B", "", "worksheet", table}, {"C", "", "worksheet", far}}, "", "B", nil},
		{"headings in row 15, below others in the file", []one{{"A", "", "worksheet", other}, {"B", "", "worksheet", below}}, "", "B", nil},
		{"the visible one", []one{{"A", "hidden", "worksheet", table}, {"B", "veryHidden", "worksheet", table}, {"C", "visible", "worksheet", table}}, "", "C", nil},
		{"beside a chart", []one{{"A", "", "chartsheet", "<chartsheet/>"}, {"B", "", "worksheet", table}}, "", "B", nil},
		{"by its name", []one{{"A", "", "worksheet", table}, {"B", "", "worksheet", table}}, "b ", "B", nil},
		{"by its name, hidden", []one{{"A", "", "worksheet", table}, {"B", "hidden", "worksheet", table}}, "B", "B", nil},
		{"by its name, case counts", []one{{"A", "", "worksheet", other}, {"a", "", "worksheet", table}}, "a", "a", nil},
		{"two", []one{{"A", "", "worksheet", table}, {"B", "", "worksheet", table}}, "", "", &sheet.Fault{Kind: sheet.SheetAmbiguous, Names: []string{"A", "B"}, Column: -1}},
		{"none", []one{{"A", "", "worksheet", other}, {"B", "", "worksheet", far}}, "", "", &sheet.Fault{Kind: sheet.NoHeader, Column: -1}},
		{"none of one", []one{{"A", "", "worksheet", other}}, "", "", &sheet.Fault{Kind: sheet.NoHeader, Line: 1, Row: 1, Value: "tenant", Column: -1}},
		{"a hidden one", []one{{"A", "", "worksheet", other}, {"B", "hidden", "worksheet", table}}, "", "", &sheet.Fault{Kind: sheet.NoHeader, Line: 1, Row: 1, Value: "tenant", Names: []string{"B"}, Column: -1}},
		{"all hidden", []one{{"A", "hidden", "worksheet", table}}, "", "", &sheet.Fault{Kind: sheet.NoHeader, Names: []string{"A"}, Column: -1}},
		{"no such name", []one{{"A", "", "worksheet", table}}, "Z", "", &sheet.Fault{Kind: sheet.SheetUnknown, Value: "Z", Names: []string{"A"}, Column: -1}},
		{"one that cannot be looked at", []one{{"A", "", "worksheet", table}, {"B", "", "worksheet", "<worksheet>"}}, "", "", damage(sheet.DamageCut, "")},
		{"a hidden one that cannot be looked at", []one{{"A", "", "worksheet", other}, {"B", "hidden", "worksheet", "<worksheet>"}}, "", "", &sheet.Fault{Kind: sheet.NoHeader, Line: 1, Row: 1, Value: "tenant", Column: -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, relations, more := "", "", map[string]string{}
			for i, s := range tt.sheets {
				id := string(rune('a' + i))
				list += `<sheet name="` + s.name + `" sheetId="1" state="` + s.state + `" r:id="` + id + `"/>`
				relations += `<Relationship Id="` + id + `" Type="x/` + s.kind + `" Target="` + id + `.xml"/>`
				more["xl/"+id+".xml"] = s.text
			}
			more["xl/workbook.xml"] = `<workbook xmlns="m" xmlns:r="r"><sheets>` + list + `</sheets></workbook>`
			more["xl/_rels/workbook.xml.rels"] = `<Relationships xmlns="r">` + relations + `</Relationships>`
			c := read(t, bookWith(t, more), workbook.Options{Sheet: tt.asked})
			if diff := cmp.Diff(tt.fault, c.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if c.Fault == nil && (c.Book.Sheet != tt.want || len(c.Book.Others) != len(tt.sheets)-1 || c.Book.Chosen != (tt.asked != "")) {
				t.Errorf("%+v, want sheet %s", c.Book, tt.want)
			}
		})
	}
}

// TestKinds calls what is no workbook by its name.
func TestKinds(t *testing.T) {
	archive := func(names ...string) []byte {
		var b bytes.Buffer
		all := map[string]string{}
		for i := 0; i < len(names); i += 2 {
			all[names[i]] = names[i+1]
		}
		pack(t, &b, all)
		return b.Bytes()
	}
	lock := append(append(append([]byte{3}, "Dan"...), bytes.Repeat([]byte{' '}, 51)...), 3, 0, 'D', 0, 'a', 0, 'n', 0)
	for len(lock) < 165 {
		lock = append(lock, ' ', 0)
	}
	lock = lock[:165]
	for _, tt := range []struct {
		name string
		data []byte
		want *sheet.Fault
	}{
		{"a plain archive", archive("a.txt", "x"), &sheet.Fault{Kind: sheet.NotText, Detail: "zip", Column: -1}},
		{"an empty archive", archive(), &sheet.Fault{Kind: sheet.NotText, Detail: "zip", Column: -1}},
		{"OpenDocument", archive("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "x"), &sheet.Fault{Kind: sheet.NotText, Detail: "ods", Column: -1}},
		{"OpenDocument text", archive("mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "x"), &sheet.Fault{Kind: sheet.NotText, Detail: "odt", Column: -1}},
		{"Word", archive("[Content_Types].xml", "x", "_rels/.rels", `<Relationships xmlns="r"><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/></Relationships>`, "word/document.xml", "<x/>"), &sheet.Fault{Kind: sheet.NotText, Detail: "docx", Column: -1}},
		{"Numbers", archive("Index/Document.iwa", "x"), &sheet.Fault{Kind: sheet.NotText, Detail: "numbers", Column: -1}},
		{"an archive cut short", archive("a.txt", strings.Repeat("x", 1000))[:40], &sheet.Fault{Kind: sheet.NotText, Detail: "zip", Column: -1}},
		{"a workbook cut short", bookOf(t, "")[:300], damage(sheet.DamageCut, "")},
		{"four bytes of a workbook", []byte("PK\x03\x04"), damage(sheet.DamageCut, "")},
		{"an old Excel file", compoundFile("Workbook"), &sheet.Fault{Kind: sheet.NotText, Detail: "xls", Column: -1}},
		{"an old Word file", compoundFile("WordDocument"), &sheet.Fault{Kind: sheet.NotText, Detail: "doc", Column: -1}},
		{"a workbook with a password", compoundFile("DataSpaces", "a", "b", "c", "EncryptionInfo", "EncryptedPackage"), &sheet.Fault{Kind: sheet.Encrypted, Column: -1}},
		{"an old Excel file cut short", compoundFile("Workbook")[:100], &sheet.Fault{Kind: sheet.NotText, Detail: "xls", Column: -1}},
		{"a directory that is a ring", ring(compoundFile("Workbook")), &sheet.Fault{Kind: sheet.NotText, Detail: "xls", Column: -1}},
		{"Excel's lock file, of somebody with an umlaut", append([]byte{4, 0xc3, 0xbc, 'a', 'n'}, lock[5:]...), &sheet.Fault{Kind: sheet.LockFile, Column: -1}},
		{"Excel's lock file", lock, &sheet.Fault{Kind: sheet.LockFile, Column: -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !workbook.Recognises(tt.data[:min(len(tt.data), workbook.HeadSize)]) {
				t.Error("not recognised")
			}
			if diff := cmp.Diff(tt.want, read(t, tt.data, workbook.Options{}).Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{"", "P", "tenant,plan_id", strings.Repeat("x", 165), "PKWARE,plan_id"} {
		if workbook.Recognises([]byte(text)) {
			t.Errorf("%q is taken for a workbook", text)
		}
	}
}

// compoundFile is an OLE2 container with these entries in its directory.
func compoundFile(entries ...string) []byte {
	b := make([]byte, 512)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30] = 9
	binary.LittleEndian.PutUint32(b[48:], 1) // the directory begins in sector 1
	for at := 76; at < 512; at += 4 {
		binary.LittleEndian.PutUint32(b[at:], 0xffffffff)
	}
	binary.LittleEndian.PutUint32(b[76:], 0) // sector 0 links the sectors
	links := bytes.Repeat([]byte{0xff}, 512)
	b = append(b, links...)
	for len(entries)%4 != 0 {
		entries = append(entries, "")
	}
	for i, name := range entries {
		e := make([]byte, 128)
		for j, unit := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*j:], unit)
		}
		if name != "" {
			binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
		}
		b = append(b, e...)
		if i%4 == 3 {
			next := uint32(0xfffffffe)
			if i+1 < len(entries) {
				next = uint32(2 + i/4)
			}
			binary.LittleEndian.PutUint32(b[512+4*(1+i/4):], next)
		}
	}
	return b
}

// ring lets the directory of a container follow itself.
func ring(b []byte) []byte {
	binary.LittleEndian.PutUint32(b[516:], 1)
	return b
}

// TestChecksums proves by its checksum that a part is not what was saved, however
// small the change.
func TestChecksums(t *testing.T) {
	stored := func(name, text string, crc uint32) func(*zip.Writer) {
		return func(z *zip.Writer) {
			w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc, CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))})
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	good := inSheet(`<row><c t="str"><v>1000013</v></c></row>`)
	bad := strings.Replace(good, "1000013", "1000015", 1)
	for _, tt := range []struct {
		name, text string
		crc        uint32
		want       *sheet.Fault
	}{
		{"right", good, crc32.ChecksumIEEE([]byte(good)), nil},
		{"a digit changed", bad, crc32.ChecksumIEEE([]byte(good)), damage(sheet.DamageBytes, "")},
		{"no checksum", good, 0, damage(sheet.DamageBytes, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			pack(t, &b, parts(), stored(sheetPart, tt.text, tt.crc))
			if diff := cmp.Diff(tt.want, read(t, b.Bytes(), workbook.Options{}).Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("two parts of one name", func(t *testing.T) {
		var b bytes.Buffer
		crc := crc32.ChecksumIEEE([]byte(good))
		pack(t, &b, parts(), stored(sheetPart, good, crc), stored(sheetPart, good, crc))
		if diff := cmp.Diff(damage(sheet.DamageTwice, sheetPart), read(t, b.Bytes(), workbook.Options{}).Fault); diff != "" {
			t.Errorf("fault (-want +got):\n%s", diff)
		}
	})
	t.Run("a part with a password", func(t *testing.T) {
		var b bytes.Buffer
		pack(t, &b, parts(), func(z *zip.Writer) {
			w, err := z.CreateRaw(&zip.FileHeader{Name: sheetPart, Flags: 1, Method: zip.Store})
			if err == nil {
				_, err = io.WriteString(w, "x")
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if got := read(t, b.Bytes(), workbook.Options{}).Fault; got == nil || got.Kind != sheet.Encrypted {
			t.Errorf("fault %+v", got)
		}
	})
}

// TestXML accepts what is well-formed and nothing else.
func TestXML(t *testing.T) {
	row := `<row><c t="str"><v>a</v></c></row>`
	whole := inSheet(row)
	wide := func(order binary.AppendByteOrder, mark bool, text string) string {
		var b []byte
		if mark {
			text = "\ufeff" + text
		}
		for _, unit := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, unit)
		}
		return string(b)
	}
	content, cut := damage(sheet.DamageContent, ""), damage(sheet.DamageCut, "")
	long := strings.Repeat("long ", 30_000)
	for _, tt := range []struct {
		name, text string
		want       *sheet.Fault
	}{
		{"plain", whole, nil},
		{"with a declaration", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" + whole + "\n<!-- end -->", nil},
		{"with a mark", "\ufeff" + whole, nil},
		{"UTF-16 LE", wide(binary.LittleEndian, true, `<?xml version="1.0" encoding="utf-16"?>`+whole), nil},
		{"UTF-16 BE", wide(binary.BigEndian, true, whole), nil},
		{"UTF-16 LE without a mark", wide(binary.LittleEndian, false, whole), nil},
		{"UTF-16 BE without a mark", wide(binary.BigEndian, false, whole), nil},
		{"a prefix", prefixed(whole), nil},
		{"a prefix that means the same", strings.NewReplacer(`xmlns="m"`, `xmlns="m" xmlns:y="m"`, "<v>", "<y:v>", "</v>", "</y:v>").Replace(whole), nil},
		{"a prefix of another space", strings.NewReplacer(`xmlns="m"`, `xmlns="m" xmlns:y="o"`, row, row+"<y:row/>").Replace(whole), nil},
		{"a name space of its own inside", strings.Replace(whole, row, `<z xmlns="o"/>`+row, 1), nil},
		{"comments of any length", strings.Replace(whole, "<sheetData>", "<!--"+long+"--><sheetData>", 1), nil},
		{"attributes of any length", strings.Replace(whole, "<sheetData>", `<sheetData a="`+long+`">`, 1), nil},
		{"text of any length between", strings.Replace(whole, "<sheetData>", `<sheetData>`+long, 1), nil},
		{"quotes in quotes", strings.Replace(whole, "<sheetData>", `<sheetData a='">' b="'>">`, 1), nil},
		{"spaces in tags", strings.NewReplacer("<sheetData>", "<sheetData\n\t>", "</sheetData>", "</sheetData >").Replace(whole), nil},
		{"cut between two rows", whole[:strings.Index(whole, "</sheetData>")], cut},
		{"cut in a tag", whole[:len(whole)-3], cut},
		{"cut in a comment", whole[:len(whole)-12] + "<!-- ", cut},
		{"empty", "", cut},
		{"spaces", "  ", cut},
		{"two hyphens in a comment", strings.Replace(whole, row, "<!-- -- -->"+row, 1), content},
		{"three hyphens at the end of a comment", strings.Replace(whole, row, "<!-- --->"+row, 1), content},
		{"cut in the end of a comment", whole + "<!-- --", cut},
		{"two roots", whole + whole, content},
		{"text behind the root", whole + "x", content},
		{"text before the root", "x" + whole, content},
		{"crossed", strings.Replace(whole, "</sheetData></worksheet>", "</worksheet></sheetData>", 1), content},
		{"closed too often", strings.Replace(whole, row, row+"</row>", 1), content},
		{"a document type", "<!DOCTYPE x>" + whole, content},
		{"an entity of its own", strings.Replace(whole, ">a<", ">&a;<", 1), content},
		{"half an entity", strings.Replace(whole, ">a<", ">a &amp<", 1), content},
		{"a lone ampersand", strings.Replace(whole, ">a<", ">a & b<", 1), content},
		{"a control character", strings.Replace(whole, ">a<", ">a\x01<", 1), content},
		{"a reference to one", strings.Replace(whole, ">a<", ">&#x1;<", 1), content},
		{"a reference to half a pair", strings.Replace(whole, ">a<", ">&#xD800;<", 1), content},
		{"a reference beyond all", strings.Replace(whole, ">a<", ">&#x110000;<", 1), content},
		{"a reference to no character", strings.Replace(whole, ">a<", ">&#xFFFE;<", 1), content},
		{"no UTF-8", strings.Replace(whole, ">a<", ">\xfc<", 1), content},
		{"half a letter at the end", whole + "\xc3", content},
		{"half a letter of UTF-16", wide(binary.LittleEndian, true, whole) + "\n", content},
		{"half a pair of UTF-16", strings.Replace(wide(binary.LittleEndian, true, whole), "a\x00", "\x00\xd8", 1), content},
		{"another encoding", `<?xml version="1.0" encoding="windows-1252"?>` + whole, content},
		{"an attribute twice", strings.Replace(whole, `t="str"`, `t="str" t="s"`, 1), content},
		{"an attribute without quotes", strings.Replace(whole, `t="str"`, `t=str`, 1), content},
		{"an attribute without a value", strings.Replace(whole, `t="str"`, `t`, 1), content},
		{"attributes without a space", strings.Replace(whole, `t="str"`, `s="0"t="str"`, 1), content},
		{"a lone ampersand in an attribute", strings.Replace(whole, row, `<a b="&"/>`+row, 1), content},
		{"a tag in an attribute", strings.Replace(whole, `t="str"`, `t="<"`, 1), content},
		{"no name", strings.Replace(whole, row, "<>"+row, 1), content},
		{"a sign in a name", strings.Replace(whole, row, "<a*b/>"+row, 1), content},
		{"a sign in an attribute's name", strings.Replace(whole, row, `<a b*c="d"/>`+row, 1), content},
		{"a number behind a prefix", strings.Replace(whole, row, `<a:1/>`+row, 1), content},
		{"two prefixes", strings.Replace(whole, row, `<a:b:c/>`+row, 1), content},
		{"a number for a name", strings.Replace(whole, row, "<1/>"+row, 1), content},
		{"too deep", strings.Replace(whole, row, strings.Repeat("<x>", 300)+strings.Repeat("</x>", 300)+row, 1), content},
		{"CDATA that does not end", strings.Replace(whole, ">a<", "><![CDATA[a<", 1), cut},
		{"the end of CDATA that never began", strings.Replace(whole, ">a<", ">a]]><", 1), content},
		{"a declaration that is none", strings.Replace(whole, row, "<!ELEMENT x>"+row, 1), content},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, bookWith(t, map[string]string{sheetPart: tt.text}), workbook.Options{})
			if diff := cmp.Diff(tt.want, c.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if c.Fault == nil && (len(c.Lines) != 1 || c.Lines[0].Cells[0] != "a") {
				t.Errorf("records %+v", c.Lines)
			}
		})
	}
}

// prefixed writes a prefix before each name of an element.
func prefixed(s string) string {
	s = strings.ReplaceAll(s, "<", "<y:")
	s = strings.ReplaceAll(s, "<y:/", "</y:")
	return strings.Replace(s, `xmlns="m"`, `xmlns:y="m"`, 1)
}

// TestLimits keeps what is beyond all bounds short, and says so.
func TestLimits(t *testing.T) {
	long := strings.Repeat("ü", 32_768)
	t.Run("a text as long as can be", func(t *testing.T) {
		c := read(t, bookOf(t, `<row><c t="str"><v>`+long[2:]+`</v></c></row>`), workbook.Options{})
		if c.Fault != nil || c.Lines[0].Cells[0] != long[2:] {
			t.Errorf("fault %+v, %d bytes", c.Fault, len(c.Lines[0].Cells[0]))
		}
	})
	for name, cell := range map[string]string{
		"inline": `<c t="inlineStr"><is><t>` + long + long + `</t></is></c>`,
		"value":  `<c t="str"><v>` + long + long + `</v></c>`,
		"shared": `<c t="s"><v>0</v></c>`,
	} {
		t.Run("a longer one, "+name, func(t *testing.T) {
			c := read(t, bookWith(t, map[string]string{sheetPart: inSheet(`<row>` + cell + `</row>`), stringsPart: `<sst xmlns="m"><si><t>` + long + long + `</t></si></sst>`}), workbook.Options{})
			if c.Fault != nil || c.Lines[0].Cells[0] != long {
				t.Errorf("fault %+v, %d bytes, want one character more than a cell holds", c.Fault, len(c.Lines[0].Cells[0]))
			}
		})
	}
	t.Run("a row without end", func(t *testing.T) {
		c := read(t, bookOf(t, `<row>`+strings.Repeat(`<c t="str"><v>`+long+`</v></c>`, 200)+`</row>`), workbook.Options{})
		if c.Fault != nil || len(c.Lines) != 1 || !c.Lines[0].Truncated {
			t.Errorf("fault %+v, %d records", c.Fault, len(c.Lines))
		}
	})
	t.Run("a file larger than allowed", func(t *testing.T) {
		data := bookOf(t, "")
		want := &sheet.Fault{Kind: sheet.TooLarge, Column: -1, Count: len(data) - 1}
		if diff := cmp.Diff(want, read(t, data, workbook.Options{MaxBytes: int64(len(data)) - 1}).Fault); diff != "" {
			t.Errorf("fault (-want +got):\n%s", diff)
		}
		if c := read(t, data, workbook.Options{MaxBytes: int64(len(data))}); c.Fault != nil {
			t.Errorf("fault %+v", c.Fault)
		}
	})
}

// TestOneByte changes each byte of a workbook, one at a time, and cuts it short after
// each: what is then read without a fault is what was there.
func TestOneByte(t *testing.T) {
	data := bookOf(t, `<row><c t="str"><v>1000013</v></c></row>`)
	want := read(t, data, workbook.Options{}).Lines
	check := func(changed []byte, what string, i int) {
		if !workbook.Recognises(changed[:min(len(changed), workbook.HeadSize)]) {
			return
		}
		got := read(t, changed, workbook.Options{})
		if diff := cmp.Diff(want, got.Lines); got.Fault == nil && diff != "" {
			t.Errorf("%s %d: read in silence (-want +got):\n%s", what, i, diff)
		}
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= []byte{0x01, 0x80, 0xff}[i%3]
		check(changed, "byte", i)
		if i%8 == 0 {
			check(data[:i], "cut after", i)
		}
	}
}

// TestReadError hands up that the file could not be read, which is no fault of its
// content.
func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	data := bookOf(t, "")
	for _, n := range []int{0, 100, len(data)} {
		table, err := workbook.Open(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken)), workbook.Options{Headings: headings})
		if !errors.Is(err, broken) || table != nil {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}
