package workbook_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

// headings are those of the tests' tables.
var headings = []string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"}

// parts are the parts of a workbook, by name. Its sheet is missing.
func parts() map[string]string {
	return map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships xmlns="r"><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="Accounts" sheetId="1" r:id="s1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="r"><Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="y" Type="x/styles" Target="styles.xml"/></Relationships>`,
	}
}

// pack writes parts as a workbook.
func pack(t testing.TB, w io.Writer, parts map[string]string, more ...func(*zip.Writer)) {
	t.Helper()
	z := zip.NewWriter(w)
	for name, text := range parts {
		part, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range more {
		f(z)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// escaped is a text as it stands in XML.
func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

// manyCells are the cells of a row of a large table.
func manyCells(i int) []string {
	names := [...]string{"Contoso, with comma", "Nord Analytics GmbH", `The "Best" Bakery Ltd`, "Grüße & Söhne KG", "Vector Pharma LLC"}
	return []string{
		fmt.Sprintf("tenant%d.onmicrosoft.com", i), "f75a4542-53a0-4f7e-b41e-491b9712a703", fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", i*7919),
		fmt.Sprint(names[i%len(names)], " ", i), fmt.Sprintf("admin@tenant%d.example", i), fmt.Sprint(1_000_000 + i),
	}
}

// manyRows writes a workbook of n rows, its texts shared or inline.
func manyRows(t testing.TB, w io.Writer, n int, shared bool) {
	create := func(z *zip.Writer, name string) io.Writer {
		part, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		return part
	}
	pack(t, w, parts(), func(z *zip.Writer) {
		var texts bytes.Buffer
		index := map[string]int{}
		out := create(z, "xl/worksheets/sheet1.xml")
		fmt.Fprint(out, `<worksheet xmlns="m"><sheetData>`)
		var b strings.Builder
		for i := -1; i < n; i++ {
			cells := headings
			if i >= 0 {
				cells = manyCells(i)
			}
			fmt.Fprintf(&b, `<row r="%d" spans="1:6">`, i+2)
			for c, text := range cells {
				ref := sheet.Letter(c) + fmt.Sprint(i+2)
				if !shared {
					fmt.Fprintf(&b, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, escaped(text))
					continue
				}
				at, ok := index[text]
				if !ok {
					at = len(index)
					index[text] = at
					fmt.Fprintf(&texts, "<si><t>%s</t></si>", escaped(text))
				}
				fmt.Fprintf(&b, `<c r="%s" t="s"><v>%d</v></c>`, ref, at)
			}
			b.WriteString("</row>")
			io.WriteString(out, b.String())
			b.Reset()
		}
		fmt.Fprint(out, `</sheetData></worksheet>`)
		if shared {
			out := create(z, "xl/sharedStrings.xml")
			fmt.Fprintf(out, `<sst xmlns="m" count="%d" uniqueCount="%d">`, n, n)
			out.Write(texts.Bytes())
			fmt.Fprint(out, `</sst>`)
		}
	})
}

// BenchmarkRead opens a workbook of 100,000 rows and reads all of its records.
func BenchmarkRead(b *testing.B) {
	const rows = 100_000
	for _, kind := range []string{"shared", "inline"} {
		path := filepath.Join(b.TempDir(), kind+".xlsx")
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		manyRows(b, f, rows, kind == "shared")
		size, _ := f.Seek(0, io.SeekCurrent)
		f.Close()
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size)
			for b.Loop() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				table, err := workbook.Open(f, workbook.Options{Headings: headings})
				if err != nil {
					b.Fatal(err)
				}
				n, reader := 0, table.Reader()
				for i := range table.Facts().Chunks {
					if _, err := reader.Read(i, func(*sheet.Record) bool { n++; return true }); err != nil {
						b.Fatal(err)
					}
				}
				if n != rows {
					b.Fatalf("%d records, want %d: %+v", n, rows, table.Facts().Fault)
				}
				table.Close()
				f.Close()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
