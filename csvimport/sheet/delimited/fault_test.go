package delimited_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestFaults opens files that are no tables, and tables that are damaged.
func TestFaults(t *testing.T) {
	dbf := "\x03\x7e\x0b\x16\x01\x00\x00\x00\x41\x00\x20\x00" + strings.Repeat("\x00", 20) + "TENANT\x00\x00\x00\x00\x00C" + strings.Repeat("\x00", 20) + "\r x"
	tests := []struct {
		name, text string
		want       *sheet.Fault
	}{
		{"sound", headLine + row("x"), nil},
		{"no bytes", "", &sheet.Fault{Kind: sheet.Empty, Column: -1}},
		{"a byte order mark alone", "\xef\xbb\xbf", &sheet.Fault{Kind: sheet.Empty, Column: -1}},
		{"blank", " \r\n\t\n\u00a0\n\x1a", &sheet.Fault{Kind: sheet.Empty, Column: -1}},

		{"Excel 97", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", &sheet.Fault{Kind: sheet.NotText, Detail: "xls", Column: -1}},
		{"gzip", "\x1f\x8b\x08\x00", &sheet.Fault{Kind: sheet.NotText, Detail: "gzip", Column: -1}},
		{"zip", "PK\x03\x04\x14\x00accounts.csv", &sheet.Fault{Kind: sheet.NotText, Detail: "zip", Column: -1}},
		{"Word", "PK\x03\x04\x14\x00[Content_Types].xml word/document.xml", &sheet.Fault{Kind: sheet.NotText, Detail: "docx", Column: -1}},
		{"Numbers", "PK\x03\x04\x14\x00Index/Document.iwa", &sheet.Fault{Kind: sheet.NotText, Detail: "numbers", Column: -1}},
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", &sheet.Fault{Kind: sheet.NotText, Detail: "jpeg", Column: -1}},
		{"dBase", dbf, &sheet.Fault{Kind: sheet.NotText, Detail: "dbf", Column: -1}},
		{"one byte again and again", strings.Repeat("\x9f", 2000), &sheet.Fault{Kind: sheet.NotText, Detail: "binary", Column: -1}},
		{"control characters", strings.Repeat("ab\x01\x02", 500), &sheet.Fault{Kind: sheet.NotText, Detail: "binary", Column: -1}},

		{"web page", "\n <!DOCTYPE HTML><html>", &sheet.Fault{Kind: sheet.NotCSV, Detail: "html", Column: -1}},
		{"part of a web page", "<p></p><table><tr>", &sheet.Fault{Kind: sheet.NotCSV, Detail: "html", Column: -1}},
		{"XML", "<?xml version=\"1.0\"?>\n<Workbook>", &sheet.Fault{Kind: sheet.NotCSV, Detail: "xml", Column: -1}},
		{"JSON", "[\n {\"tenant\": \"x\"}]", &sheet.Fault{Kind: sheet.NotCSV, Detail: "json", Column: -1}},
		{"JSON lines", "{\"tenant\": \"x\"}\n{", &sheet.Fault{Kind: sheet.NotCSV, Detail: "json", Column: -1}},
		{"SYLK", "ID;PSCALC3\n", &sheet.Fault{Kind: sheet.NotCSV, Detail: "sylk", Column: -1}},
		{"Markdown", "| tenant | plan_id | sub_id |\n|:---|---|---|\n", &sheet.Fault{Kind: sheet.NotCSV, Detail: "markdown", Column: -1}},
		{"what psql prints", " tenant | plan_id | sub_id \n--------+---------+--------\n", &sheet.Fault{Kind: sheet.NotCSV, Detail: "markdown", Column: -1}},
		{"what mysql prints", "+----+----+\n| tenant | plan_id |\n", &sheet.Fault{Kind: sheet.NotCSV, Detail: "markdown", Column: -1}},

		{"a byte of another encoding", headLine + row("Grüße") + row("Caf\xe9"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingMixed, Line: 3, Row: 3, Column: 3, Byte: 0xe9}},
		{"a byte of another encoding, after a mark", "\xef\xbb\xbf" + headLine + row("Caf\xe9"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingMixed, Line: 2, Row: 2, Column: 3, Byte: 0xe9}},
		{"the file ends inside a character", headLine + row("x") + "\"a\nb\",\xe6\xa0", &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingCut, Line: 3, Row: 3, Column: 1, Byte: 0xe6}},
		{"Cyrillic", headLine + row("\xd0\xee\xec\xe0\xf8\xea\xe0"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1, Count: 1, Value: "???????"}},
		{"DOS", headLine + row("Caf\x82"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1, Count: 1, Value: "Caf?"}},
		{"Mac", strings.ReplaceAll(headLine+row("x")+row("\x8ecole"), "\n", "\r"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1, Count: 1, Value: "?cole"}},
		{"UTF-7", headLine + row("Gr+APwA3w-e") + row("S+APY-hne"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1}},
		{"ISO-2022-JP", headLine + row("\x1b$B3t\x1b(B"), &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1}},
		{"addresses with a plus", headLine + row("a+foo-b") + row("a+bar-c"), nil},
		{"half a letter of UTF-16", "\xff\xfet\x00e", &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingCut, Column: -1}},

		{"NUL in a cell", headLine + row("x") + row("x\x00y"), &sheet.Fault{Kind: sheet.NulByte, Line: 3, Row: 3, Column: 3}},
		{"NUL to the end", headLine + row("\"x\ny\"") + "\x00\x00\x00", &sheet.Fault{Kind: sheet.NulByte, Line: 4, Row: 3, Column: -1}},
		{"open quote", headLine + row("x") + row("\"x"), &sheet.Fault{Kind: sheet.OpenQuote, Line: 3, Row: 3, Column: 3}},
		{"open quote in the headings", strings.Replace(headLine, "email", "\"email", 1) + row("x"), &sheet.Fault{Kind: sheet.OpenQuote, Line: 1, Row: 1, Column: 4}},
		{"quote that closes rows below", headLine + row("\"x") + row("\"x\""), &sheet.Fault{Kind: sheet.OpenQuote, Line: 2, Row: 2, Column: 3}},
		{"text after a quote", headLine + "\n" + row("\"a\nb\" c"), &sheet.Fault{Kind: sheet.StrayQuote, Line: 3, Row: 3, Column: 3}},
		{"rows with semicolons", headLine + "\n" + strings.ReplaceAll(row("x"), ",", ";"), &sheet.Fault{Kind: sheet.BadDelimiter, Detail: sheet.DelimiterRows, Line: 3, Row: 3, Column: -1, Byte: ';'}},
		{"wrapped lines", "\"" + strings.TrimSpace(headLine) + "\"\n", &sheet.Fault{Kind: sheet.BadDelimiter, Detail: sheet.DelimiterWrapped, Line: 1, Row: 1, Column: -1, Value: "tenant,plan_id,sub_id,company_name,email,account_id"}},
		{"sep= line, then damage", "sep=,\n" + headLine + row("\"x"), &sheet.Fault{Kind: sheet.OpenQuote, Line: 3, Row: 2, Column: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, []byte(tt.text), delimited.Options{})
			if diff := cmp.Diff(tt.want, got.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}
