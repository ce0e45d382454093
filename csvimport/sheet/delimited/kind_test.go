package delimited_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestNotText names files that are not text by their first bytes.
func TestNotText(t *testing.T) {
	zip := func(names string) string { return "PK\x03\x04\x14\x00\x06\x00" + names }
	// A table of dBase: version, date, and a header of 97 bytes that ends in CR.
	dbf := func(version, month, day byte, length byte, end string) string {
		head := []byte(strings.Repeat("\x01", 97))
		head[0], head[2], head[3], head[8], head[9] = version, month, day, length, 0
		return string(head[:97-len(end)]) + end + strings.Repeat("x", 200)
	}
	tests := []struct {
		name, text string
		want       string
	}{
		{"Excel 97, or encrypted", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"},
		{"Excel 5", "\x09\x08\x10\x00", "xls"},
		{"Excel 4", "\x09\x04\x06\x00", "xls"},
		{"gzip", "\x1f\x8b\x08", "gzip"},
		{"bzip2", "BZh9", "bzip2"},
		{"xz", "\xfd7zXZ\x00", "xz"},
		{"zstd", "\x28\xb5\x2f\xfd", "zstd"},
		{"lz4", "\x04\x22\x4d\x18", "lz4"},
		{"7-Zip", "7z\xbc\xaf\x27\x1c", "7z"},
		{"RAR", "Rar!\x1a\x07", "rar"},
		{"compress", "\x1f\x9d", "compress"},
		{"PDF", "%PDF-1.7", "pdf"},
		{"PostScript", "%!PS-Adobe", "postscript"},
		{"PNG", "\x89PNG\r\n\x1a\n", "png"},
		{"JPEG", "\xff\xd8\xff\xe0", "jpeg"},
		{"GIF", "GIF89a", "gif"},
		{"TIFF", "MM\x00*", "tiff"},
		{"RIFF", "RIFF", "riff"},
		{"SQLite", "SQLite format 3\x00", "sqlite"},
		{"Access", "\x00\x01\x00\x00Standard ACE DB", "access"},
		{"Parquet", "PAR1", "parquet"},
		{"Avro", "Obj\x01", "avro"},
		{"RTF", "{\\rtf1", "rtf"},
		{"Windows program", "MZ\x90\x00", "program"},
		{"Lotus", "\x00\x00\x1a\x00", "lotus"},
		{"only the start of a PDF's first bytes", "%PDF", ""},

		{"zip", zip("accounts.csv"), "zip"},
		{"empty zip", "PK\x05\x06" + strings.Repeat("\x00", 18), "zip"},
		{"xlsx", zip("[Content_Types].xml xl/workbook.xml"), "xlsx"},
		{"xlsx whose parts come later", zip("[Content_Types].xml"), "xlsx"},
		{"xlsm", zip("[Content_Types].xml xl/vbaProject.bin xl/workbook.xml"), "xlsm"},
		{"xlsb", zip("[Content_Types].xml xl/workbook.bin"), "xlsb"},
		{"xlsb by its first sheet", zip("xl/worksheets/sheet1.bin"), "xlsb"},
		{"ods", zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "ods"},
		{"odt", zip("mimetypeapplication/vnd.oasis.opendocument.text"), "odt"},
		{"docx", zip("[Content_Types].xml word/document.xml"), "docx"},
		{"pptx", zip("[Content_Types].xml ppt/presentation.xml"), "pptx"},
		{"Numbers", zip("Index/Tables/Tile.iwa"), "numbers"},
		{"Numbers 09", zip("Index.zip"), "numbers"},

		{"tar", strings.Repeat("x", 257) + "ustar\x00", "tar"},
		{"ustar a byte early", strings.Repeat("x", 256) + "ustar\x00\x00", ""},
		{"tar cut short", strings.Repeat("x", 257) + "ustar", ""},

		{"dBase", dbf(0x03, 12, 31, 97, "\r"), "dbf"},
		{"FoxPro, with a byte behind the CR", dbf(0x30, 1, 1, 97, "\r\x00"), "dbf"},
		{"dBase of a month 13", dbf(0x03, 13, 1, 97, "\r"), ""},
		{"dBase of a day 32", dbf(0x03, 1, 32, 97, "\r"), ""},
		{"dBase of a version that is none", dbf(0x05, 1, 1, 97, "\r"), ""},
		{"dBase without the CR", dbf(0x03, 1, 1, 97, "\x01\x01"), ""},
		{"dBase with CR elsewhere", dbf(0x03, 1, 1, 97, "\r\x01\x01"), ""},
		{"dBase with a header of 65 bytes", "\x03\x01\x01\x01\x01\x01\x01\x01\x41\x00" + strings.Repeat("\x01", 54) + "\rx", "dbf"},
		{"dBase with a header of 64 bytes", "\x03\x01\x01\x01\x01\x01\x01\x01\x40\x00" + strings.Repeat("\x01", 53) + "\rxx", ""},
		{"dBase of less than 66 bytes", "\x03\x01\x01\x01\x01\x01\x01\x01\x41\x00" + strings.Repeat("\x01", 54) + "\r", ""},
		{"dBase that ends with its header", "\x03\x01\x01\x01\x01\x01\x01\x01\x42\x00" + strings.Repeat("\x01", 55) + "\r", "dbf"},
		{"dBase cut in its header", "\x03\x01\x01\x01\x01\x01\x01\x01\x43\x00" + strings.Repeat("\x01", 55) + "\r", ""},
		{"dBase with a long header", "\x03\x01\x01\x01\x01\x01\x01\x01\x01\x01" + strings.Repeat("\x01", 246) + "\rx", "dbf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts := open(t, []byte(tt.text), delimited.Options{}).Facts()
			var got string
			if f := facts.Fault; f != nil && f.Kind == sheet.NotText && f.Detail != "binary" {
				got = f.Detail
				if facts.Style.Encoding != sheet.Unknown {
					t.Errorf("encoding %s, want %s", facts.Style.Encoding, sheet.Unknown)
				}
			}
			if got != tt.want {
				t.Errorf("kind %q, want %q (fault %+v)", got, tt.want, facts.Fault)
			}
		})
	}
}

// TestBinary tells bytes that no text has in such numbers.
func TestBinary(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	high := func(n int) string { return strings.Repeat("\xe9", n) } // not UTF-8
	tests := []struct {
		name, text string
		want       bool
	}{
		{"four control characters of 159", "\x01\x08\x0e\x19" + x(155), true},
		{"four control characters of 160", "\x01\x08\x0e\x19" + x(156), false},
		{"three control characters", "\x01\x08\x7f", false},
		{"four delete characters", "\x7f\x7f\x7f\x7f", true},
		{"white space and escape", "\t\n\v\f\r\x1a\x1b\x1f", false},
		{"ends of files of DOS, and escapes", "\x1a\x1a\x1a\x1a\x1b\x1b\x1b\x1b", false},
		{"NUL bytes", strings.Repeat("\x00", 100), false},

		{"three in ten are ASCII", x(30) + high(70), false},
		{"fewer are ASCII", x(29) + high(71), true},
		{"NUL bytes do not count", x(30) + high(70) + strings.Repeat("\x00", 50), false},
		{"fewer than three in ten of the others", x(29) + high(71) + strings.Repeat("\x00", 50), true},
		{"space and tilde are ASCII", strings.Repeat(" ~", 15) + high(70), false},
		{"bytes from 80 on are not", x(29) + strings.Repeat("\x80", 71), true},
		{"UTF-8 without ASCII", strings.Repeat("日", 100), false},
		{"UTF-8 without ASCII, cut", strings.Repeat("日", 100) + "\xe6\x97", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := open(t, []byte(tt.text), delimited.Options{}).Facts().Fault
			if got := f.Kind == sheet.NotText; got != tt.want {
				t.Errorf("fault %+v", f)
			}
			if tt.want && f.Detail != "binary" {
				t.Errorf("detail %q", f.Detail)
			}
		})
	}
}

// TestNotCSV names text of other kinds by its start.
func TestNotCSV(t *testing.T) {
	tests := []struct {
		name, text string
		want       string
	}{
		{"web page", "<html>", "html"},
		{"web page in capitals, below blank lines", "\r\n \t<!DOCTYPE HTML PUBLIC>", "html"},
		{"end of a part", "</table>", "html"},
		{"element with attributes", "<p class=\"x\">", "html"},
		{"element that ends at once", "<br/>", "html"},
		{"element that ends with the text", "<td", "html"},
		{"XHTML", "<?xml version=\"1.0\"?><html>", "html"},
		{"document type of another kind", "<!DOCTYPE svg>", "xml"},
		{"document type that names HTML late", "<!DOCTYPE " + strings.Repeat("x", 60) + " html>", "xml"},

		{"XML", "<?xml version=\"1.0\"?><x>", "xml"},
		{"comment", "<!-- x -->", "xml"},
		{"element with a name space", "<x xmlns=\"y\">", "xml"},
		{"element with a name space, the first letter", "<a,b xmlns=\"y\">", "xml"},
		{"element with a name space, the last letter", "<z xmlns=\"y\">", "xml"},
		{"element without one", "<subscriptions>", ""},
		{"name space in the second element", "<x><y xmlns=\"y\">", ""},
		{"name space outside of an element", "x xmlns>", ""},
		{"name space in brackets around a number", "<1 xmlns>", ""},
		{"name space behind the sign before a", "<` xmlns>", ""},
		{"name space behind the sign behind z", "<{ xmlns>", ""},
		{"element that does not end", "<x xmlns", ""},
		{"three bytes", "<x>", ""},
		{"empty brackets", "<>", ""},
		{"bracket alone", "<", ""},

		{"JSON object", "{\"a\": 1}", "json"},
		{"JSON object on the next line", "{\n  \"a\": 1}", "json"},
		{"empty JSON object", "{}", "json"},
		{"start of a JSON object", "{", "json"},
		{"JSON array", "[{", "json"},
		{"JSON array of numbers", "[ -1", "json"},
		{"start of a JSON array", "[", "json"},
		{"empty JSON array", "[]", "json"},
		{"braces around an id", "{f75a4542", ""},
		{"brackets around a name", "[x]", ""},
		{"number", "12", ""},

		{"SYLK", "ID;PSCALC3", "sylk"},
		{"DIF", "TABLE\r\n0,1\r\n", "dif"},
		{"a heading TABLE", "TABLE\n1,1\n", ""},
		{"DIF's second line alone", "x\n0,1\n", ""},
		{"RTF behind a blank", " {\\rtf1", "rtf"},
		{"SocialCalc", "socialcalc:version:1.0", "eth"},

		{"Markdown", "| a | b |\n| --- | --- |\n", "markdown"},
		{"Markdown with a row below", "| a | b |\n| c | d |\n", "markdown"},
		{"Org mode", "| a | b |\n|---+---|\n", "markdown"},
		{"rule without bars", "| a | b |\n---- ----\n", "markdown"},
		{"bars at the ends of the first line alone", "|a|b|\n1,2\n", ""},
		{"a bar at the end of the second line is missing", "|a|b|\n|1|2\n", ""},
		{"a bar at the start of the second line is missing", "|a|b|\n1|2|\n", ""},
		{"a bar at the end of the first line is missing", "|a|b\n|1|2|\n", ""},
		{"what psql prints", " a | b \n---+---\n", "markdown"},
		{"a rule without a plus", "a b\n-----\n", ""},
		{"what mysql prints", "+---+---+\n| a | b |\n", "markdown"},
		{"a rule of equals signs", "a b\n==+==\n", "markdown"},
		{"equals signs and text", "a b\n==x+==\n", ""},
		{"plus and minus that are no rule", "+-1\n", ""},
		{"minus signs that are no rule", "a\n--x+--\n", ""},

		{"mail", "From: a@b.example", "mail"},
		{"mail by its version", "MIME-Version: 1.0", "mail"},
		{"mail by its way", "Received: by x", "mail"},
		{"card", "BEGIN:VCARD", "vcard"},
		{"calendar", "BEGIN:VCALENDAR", "vcard"},
		{"SQL", "INSERT INTO t", "sql"},
		{"SQL of a table", "CREATE TABLE t", "sql"},
		{"MySQL's dump", "-- MySQL dump 10", "sql"},
		{"Postgres's dump", "PGDMP", "sql"},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1", "git-lfs"},
		{"YAML", "---\na: 1\n", "yaml"},
		{"YAML of tenants", "- tenant: x", "yaml"},
		{"a rule above headings", "---\ntenant,plan_id\n", ""},
		{"dashes", "--\na: 1\n", ""},
		{"LaTeX", "\\documentclass{x}", "latex"},
		{"LaTeX, a part", "\\begin{tabular}", "latex"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, data := range [][]byte{[]byte(tt.text), []byte("\ufeff" + tt.text), wide[sheet.UTF16LE]("\ufeff" + tt.text)} {
				var got string
				if f := open(t, data, delimited.Options{}).Facts().Fault; f != nil && f.Kind == sheet.NotCSV {
					got = f.Detail
					if diff := cmp.Diff(&sheet.Fault{Kind: sheet.NotCSV, Detail: got, Column: -1}, f); diff != "" {
						t.Errorf("fault (-want +got):\n%s", diff)
					}
				}
				if got != tt.want && !(tt.want == "rtf" && got == "") {
					t.Errorf("kind %q, want %q", got, tt.want)
				}
			}
		})
	}
}
