package main

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// writeWorkbook makes a workbook of a CSV file: workbook FILE.csv FILE.xlsx [ROW…].
// The rows that are named are hidden, by the numbers a spreadsheet shows.
func writeWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: workbook FILE.csv FILE.xlsx [ROW…]")
	}
	_, records := readTable(ts, args[0])
	var hidden []int
	for _, row := range args[2:] {
		n, err := strconv.Atoi(row)
		ts.Check(err)
		hidden = append(hidden, n)
	}
	book, err := bookOf(records, hidden...)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), book, 0o600))
}

// bookOf is a workbook of records, of which these rows are hidden.
func bookOf(records [][]string, hiddenRows ...int) ([]byte, error) {
	var sheet strings.Builder
	sheet.WriteString(`<worksheet xmlns="m"><sheetData>`)
	for i, record := range records {
		hidden := ""
		if slices.Contains(hiddenRows, i+1) {
			hidden = ` hidden="1"`
		}
		fmt.Fprintf(&sheet, `<row r="%d"%s>`, i+1, hidden)
		for _, cell := range record {
			sheet.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
			xml.EscapeText(&sheet, []byte(cell))
			sheet.WriteString(`</t></is></c>`)
		}
		sheet.WriteString(`</row>`)
	}
	sheet.WriteString(`</sheetData></worksheet>`)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range [][2]string{
		{"_rels/.rels", `<Relationships xmlns="p"><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="Accounts" sheetId="1" r:id="s"/><sheet name="Notes" sheetId="2" r:id="n"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="p"><Relationship Id="s" Type="x/worksheet" Target="sheet.xml"/><Relationship Id="n" Type="x/worksheet" Target="notes.xml"/></Relationships>`},
		{"xl/sheet.xml", sheet.String()},
		{"xl/notes.xml", `<worksheet xmlns="m"><sheetData/></worksheet>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}
