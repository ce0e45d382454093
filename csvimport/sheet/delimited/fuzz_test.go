package delimited_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// seeds adds the start of every file of the corpus.
func seeds(f *testing.F) {
	for _, name := range corpus(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 2048)])
	}
	for _, s := range []string{
		"", "\n", "\xff\xfe", "\xef\xbb\xbf\xef\xbb\xbf", "sep=;", "sep=;\r\n" + headLine, headLine + "\"\n\"\"\r,\"", headLine + "a\r\r\nb\rc\n\"d\r\n\r\",e",
		headLine + " \"x\" , \"y\"\"\" \n", headLine + "\"x\"y\n", strings.ReplaceAll(headLine, ",", ";") + ";;;;;;\n;;\n\x1a", headLine + "\"x\"\u00a0,y\n", headLine + row("\"x") + row("a") + row("\"b\" c") + row("d"), "\x00\n" + headLine,
	} {
		f.Add([]byte(s))
	}
}

// pieces are ways to cut the work.
var pieces = []delimited.Options{
	{BlockBytes: 1, ChunkBytes: 1},
	{BlockBytes: 97, ChunkBytes: 50, MemoryBytes: 1},
}

// FuzzCut reads a file twice, once in the smallest pieces there can be: what
// is read does not depend on how the work is cut.
func FuzzCut(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := read(t, data, delimited.Options{Sound: soundID})
		var ignored cmp.Options
		if whole.Fault != nil && whole.Fault.Detail == sheet.EncodingUnknown {
			// Records with unknown letters are counted in the first chunks only.
			ignored = cmp.Options{cmpopts.IgnoreFields(sheet.Fault{}, "Count", "Value")}
		}
		for _, opt := range pieces {
			opt.Sound = soundID
			if diff := cmp.Diff(whole, read(t, data, opt), ignored); diff != "" {
				t.Fatalf("cut in other pieces (-whole +%+v):\n%s", opt, diff)
			}
		}
	})
}

// FuzzRecords compares what is read of UTF-8 text with the plainest reading of
// the rules, letter by letter.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{
		"a,b,c\n", "\"a\"\"b\nc\",\"d\" , \"e\"\n\n,,\nx\r\r\ny", "a\"b,\"\",\"\r\n\"\r", "é,\u00a0,\u200b\n", ",,,,,,,,\n,,,,,,,x\n", "\t \"q\"\t,r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) || strings.ContainsAny(body, "\x00\x1a") {
			return
		}
		got := read(t, []byte(headLine+body), delimited.Options{})
		if got.Fault != nil {
			return
		}
		want, sound := plainly(body)
		if !sound {
			t.Fatalf("read without a fault, but some quote does not close")
		}
		for i := range got.Lines {
			// Empty values right of the headings are not kept.
			for len(got.Lines[i].Cells) < got.Lines[i].Width {
				got.Lines[i].Cells = append(got.Lines[i].Cells, "")
			}
		}
		for i := range want {
			for j := max(want[i].Used, len(headings)); j < len(want[i].Cells); j++ {
				want[i].Cells[j] = ""
			}
			for j := range want[i].Cells {
				if j >= len(headings) && sheet.Blank(want[i].Cells[j]) {
					want[i].Cells[j] = got.Lines[i].Cells[j] // kept or not
				}
			}
		}
		if diff := cmp.Diff(want, got.Lines); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

// plainly reads records below the heading line.
func plainly(body string) (lines []line, sound bool) {
	at, row := 2, 2
	for len(body) > 0 {
		r := line{Line: at, Row: row}
		marked := false
		for more := true; more; {
			var cell string
			var mark sheet.Mark
			cell, mark, body, more, sound = plainCell(body, &at)
			if !sound {
				return nil, false
			}
			r.Width++
			r.Marks = append(r.Marks, mark)
			marked = marked || mark > sheet.Quoted
			r.Cells = append(r.Cells, cell)
			if !sheet.Blank(cell) {
				r.Used = r.Width
			}
		}
		if !marked {
			r.Marks = nil
		}
		row++
		if r.Used > 0 {
			lines = append(lines, r)
		}
	}
	return lines, true
}

// plainCell reads one cell and what ends it.
func plainCell(s string, at *int) (cell string, mark sheet.Mark, rest string, more, sound bool) {
	trimmed := strings.TrimLeft(s, " \t")
	if strings.HasPrefix(trimmed, `"`) {
		mark = sheet.Quoted
		if len(trimmed) < len(s) {
			mark |= sheet.SpacedQuote
		}
		s = trimmed[1:]
		for {
			i := strings.IndexByte(s, '"')
			if i < 0 {
				return "", 0, "", false, false
			}
			cell += s[:i]
			s = s[i+1:]
			if !strings.HasPrefix(s, `"`) {
				break
			}
			cell += `"`
			s = s[1:]
		}
		ends := strings.ReplaceAll(strings.ReplaceAll(cell, "\r\n", "\n"), "\r", "\n")
		*at += strings.Count(ends, "\n")
		i := strings.IndexAny(s, ",\r\n")
		if i < 0 {
			i = len(s)
		}
		if !sheet.Blank(s[:i]) {
			return "", 0, "", false, false
		}
		if i > 0 {
			mark |= sheet.SpacedQuote
		}
		s = s[i:]
	} else {
		i := strings.IndexAny(s, ",\r\n")
		if i < 0 {
			i = len(s)
		}
		cell, s = s[:i], s[i:]
		if strings.Contains(cell, `"`) {
			mark = sheet.BareQuote
		}
	}
	switch {
	case s == "":
		return cell, mark, "", false, true
	case s[0] == ',':
		return cell, mark, s[1:], true, true
	case strings.HasPrefix(s, "\r\n"):
		s = s[1:]
	}
	*at++
	return cell, mark, s[1:], false, true
}

// FuzzWriter writes cells and reads them back.
func FuzzWriter(f *testing.F) {
	f.Add("a", "b\n", `"`, byte(','))
	f.Add(" ", "'=x", "\r", byte(';'))
	f.Add("é\t", "", "x\r\ny", byte('\t'))
	f.Fuzz(func(t *testing.T, a, b, c string, delim byte) {
		if strings.IndexByte(",;\t|", delim) < 0 || !utf8.ValidString(a) || !utf8.ValidString(b) || !utf8.ValidString(c) || strings.ContainsAny(a+b+c, "\x00\x1a\ufeff") {
			return
		}
		for _, encoding := range []string{sheet.UTF8, sheet.UTF16LE, sheet.UTF16BE} {
			var out bytes.Buffer
			w := delimited.NewWriter(&out, sheet.Style{Delimiter: delim, CRLF: true, BOM: true, Encoding: encoding})
			w.Write(headings)
			cells := []string{"x.example", a, b, c, "y", "z"}
			w.Write(cells)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := read(t, out.Bytes(), delimited.Options{})
			if got.Fault != nil && (got.Fault.Kind == sheet.NotText || got.Fault.Kind == sheet.OpenQuote || got.Fault.Detail == sheet.EncodingUnknown || got.Fault.Detail == sheet.DelimiterRows) {
				return // the text looks like a damaged table, or like none
			}
			if got.Fault != nil || len(got.Lines) != 1 {
				t.Fatalf("fault %+v, %d records of %q", got.Fault, len(got.Lines), out.String())
			}
			if diff := cmp.Diff(cells, got.Lines[0].Cells); diff != "" || got.Style.Encoding != encoding {
				t.Errorf("%s: cells (-want +got):\n%s", got.Style.Encoding, diff)
			}
		}
	})
}
