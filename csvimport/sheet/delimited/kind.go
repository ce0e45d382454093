package delimited

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// magic names file types by their first bytes.
var magic = [...]struct{ prefix, name string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"},
	{"\x09\x08\x10\x00", "xls"},
	{"\x09\x08\x08\x00", "xls"},
	{"\x09\x04\x06\x00", "xls"},
	{"\x09\x02\x06\x00", "xls"},
	{"\x09\x00\x04\x00", "xls"},
	{"\x1f\x8b", "gzip"},
	{"BZh", "bzip2"},
	{"\xfd7zXZ\x00", "xz"},
	{"\x28\xb5\x2f\xfd", "zstd"},
	{"\x04\x22\x4d\x18", "lz4"},
	{"7z\xbc\xaf\x27\x1c", "7z"},
	{"Rar!\x1a\x07", "rar"},
	{"\x1f\x9d", "compress"},
	{"\x1f\xa0", "compress"},
	{"%PDF-", "pdf"},
	{"%!PS", "postscript"},
	{"\x89PNG\r\n\x1a\n", "png"},
	{"\xff\xd8\xff", "jpeg"},
	{"GIF87a", "gif"},
	{"GIF89a", "gif"},
	{"II*\x00", "tiff"},
	{"MM\x00*", "tiff"},
	{"RIFF", "riff"},
	{"SQLite format 3\x00", "sqlite"},
	{"\x00\x01\x00\x00Standard Jet DB", "access"},
	{"\x00\x01\x00\x00Standard ACE DB", "access"},
	{"PAR1", "parquet"},
	{"\x7fELF", "program"},
	{"MZ\x90\x00", "program"},
	{"\x00asm", "program"},
	{"wOFF", "font"},
	{"{\\rtf", "rtf"},
	{"Obj\x01", "avro"},
	{"\x89HDF\r\n\x1a\n", "hdf5"},
	{"\x00\x00\x02\x00\x04\x04", "lotus"},
	{"\x00\x00\x02\x00\x06\x04", "lotus"},
	{"\x00\x00\x1a\x00", "lotus"},
	{"\x80\x04\x95", "pickle"},
	{"\x80\x05\x95", "pickle"},
	{"BM\x00", "bitmap"},
	{"!<arch>", "archive"},
	{"LZIP", "lzip"},
	{"MSCF", "cab"},
	{"ARROW1", "arrow"},
}

// binaryKind names the type of a file that is not text, or returns "".
func binaryKind(head []byte) string {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return zipKind(head)
	}
	for _, m := range magic {
		if len(head) >= len(m.prefix) && string(head[:len(m.prefix)]) == m.prefix {
			return m.name
		}
	}
	switch {
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "tar"
	case isDBase(head):
		return "dbf"
	}
	return ""
}

// isDBase recognises dBase tables, as LibreOffice and others write: a version,
// a date, and a header that ends where it says.
func isDBase(head []byte) bool {
	if len(head) < 66 {
		return false
	}
	switch head[0] {
	case 0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8b, 0x8c, 0xf5, 0xfb:
	default:
		return false
	}
	if month, day := head[2], head[3]; month > 12 || day > 31 {
		return false
	}
	n := int(head[8]) | int(head[9])<<8
	return n > 64 && n <= len(head) && (head[n-1] == '\r' || head[n-2] == '\r')
}

// zipKind tells workbooks from plain archives by the names of their first
// members.
func zipKind(head []byte) string {
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case has("application/vnd.oasis.opendocument.spreadsheet"):
		return "ods"
	case has("application/vnd.oasis.opendocument"):
		return "odt"
	case has("xl/workbook.bin"), has("xl/worksheets/sheet1.bin"):
		return "xlsb"
	case has("xl/vbaProject.bin"):
		return "xlsm"
	case has("xl/"):
		return "xlsx"
	case has("word/"):
		return "docx"
	case has("ppt/"):
		return "pptx"
	case has("Index/Document.iwa"), has("Index/"), has("Index.zip"):
		return "numbers"
	case has("[Content_Types].xml"):
		return "xlsx"
	}
	return "zip"
}

// looksBinary tells bytes that no text has in such numbers: control
// characters, or next to no ASCII in something that is not UTF-8.
func looksBinary(head []byte) bool {
	if len(head) == 0 {
		return false
	}
	var control, nul, printable int
	for _, c := range head {
		switch {
		case c == 0:
			nul++
		case c < '\t', c > '\r' && c < 0x1a, c == 0x7f:
			control++
		case c < 0x80:
			printable++
		}
	}
	if control*40 > len(head) && control > 3 {
		return true
	}
	if utf8.Valid(trimPartial(head)) {
		return false
	}
	return printable*10 < (len(head)-nul)*3
}

// trimPartial drops an incomplete character from the end of UTF-8 text.
func trimPartial(b []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// textKind names the type of text that is not a table of separated values, or
// returns "". The text is decoded and its byte order mark removed.
func textKind(text []byte) string {
	t := bytes.TrimLeft(text, " \t\r\n")
	lower := strings.ToLower(string(t[:min(len(t), 512)]))
	first, rest, _ := strings.Cut(lower, "\n")
	first = strings.TrimSpace(first)
	second, _, _ := strings.Cut(rest, "\n")
	second = strings.TrimSpace(second)
	switch {
	case isHTML(lower):
		return "html"
	case strings.HasPrefix(lower, "<?xml") && strings.Contains(lower, "<html"):
		return "html"
	case strings.HasPrefix(lower, "<?"), strings.HasPrefix(lower, "<!--"), strings.HasPrefix(lower, "<!doctype"), isTag(lower):
		return "xml"
	case strings.HasPrefix(lower, "id;p"):
		return "sylk"
	case first == "table" && strings.HasPrefix(second, "0,1"):
		return "dif"
	case strings.HasPrefix(lower, "{\\rtf"):
		return "rtf"
	case isJSON(lower):
		return "json"
	case isRuled(first, second):
		return "markdown"
	case strings.HasPrefix(lower, "mime-version:"), strings.HasPrefix(lower, "from: "), strings.HasPrefix(lower, "received: "):
		return "mail"
	case strings.HasPrefix(lower, "socialcalc:"):
		return "eth"
	case strings.HasPrefix(lower, "begin:vcard"), strings.HasPrefix(lower, "begin:vcalendar"):
		return "vcard"
	case strings.HasPrefix(lower, "insert into "), strings.HasPrefix(lower, "create table "), strings.HasPrefix(lower, "-- mysql dump"), strings.HasPrefix(lower, "pgdmp"):
		return "sql"
	case strings.HasPrefix(lower, "version https://git-lfs"):
		return "git-lfs"
	case strings.HasPrefix(lower, "- tenant:"), first == "---" && !strings.ContainsAny(second, ",;\t|"):
		return "yaml"
	case strings.HasPrefix(lower, "\\documentclass"), strings.HasPrefix(lower, "\\begin{"):
		return "latex"
	}
	return ""
}

// isHTML reports whether text starts as a web page or a part of one does.
func isHTML(lower string) bool {
	if !strings.HasPrefix(lower, "<") {
		return false
	}
	name := strings.TrimLeft(lower[1:], "/!")
	if i := strings.IndexAny(name, " \t\r\n>/"); i >= 0 {
		name = name[:i]
	}
	switch name {
	case "doctype":
		return strings.Contains(lower[:min(len(lower), 64)], "html")
	case "html", "head", "body", "table", "thead", "tbody", "tr", "td", "th", "caption", "title", "meta", "script", "style", "link", "div", "span", "p", "br", "a", "b", "h1", "h2", "center", "font", "form", "img", "pre", "ul":
		return true
	}
	return false
}

// isTag reports whether text starts with an XML element that names its space.
func isTag(lower string) bool {
	tag, _, ended := strings.Cut(lower, ">")
	return ended && len(tag) > 1 && tag[0] == '<' && tag[1] >= 'a' && tag[1] <= 'z' && strings.Contains(tag, "xmlns")
}

// isJSON reports whether text starts as an array or object does.
func isJSON(lower string) bool {
	if lower == "" {
		return false
	}
	rest := strings.TrimLeft(lower[1:], " \t\r\n")
	switch lower[0] {
	case '{':
		return rest == "" || rest[0] == '"' || rest[0] == '}'
	case '[':
		return rest == "" || strings.IndexByte("{[\"]0123456789-", rest[0]) >= 0
	}
	return false
}

// isRuled recognises tables drawn with bars and rules: Markdown, Org mode, and
// what database shells print.
func isRuled(first, second string) bool {
	rule := func(s string) bool {
		return strings.Contains(s, "--") && strings.Trim(s, "|+-: =\t") == "" || strings.Contains(s, "==") && strings.Trim(s, "+=") == ""
	}
	if strings.HasPrefix(first, "|") && strings.HasSuffix(first, "|") {
		return strings.HasPrefix(second, "|") && strings.HasSuffix(second, "|") || rule(second)
	}
	return rule(second) && strings.Contains(second, "+") || strings.HasPrefix(first, "+-") && rule(first)
}
