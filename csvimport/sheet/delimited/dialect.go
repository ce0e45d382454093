package delimited

import (
	"bytes"
	"strings"
	"unicode"

	"bulkimport/csvimport/sheet"
)

// delimiters that are looked for, the likeliest first.
const delimiters = ",;\t|"

// headerRows is how many rows that are not blank are searched for the
// headings, and headerNames how many of them make a heading line.
const (
	headerRows  = 10
	headerNames = 3
)

// dialect is how a table is written, as its first rows show.
type dialect struct {
	delim    byte
	sep      bool // a sep= line came first
	found    bool // the heading line was found
	off      int  // where the heading line starts, in the head
	header   sheet.Record
	preamble []sheet.Record // rows that are not blank above the headings
	first    sheet.Record   // the first row that is not blank, as one value
	columns  int            // values of the first row, under the best delimiter
	merged   sheet.Record   // a row that has the headings in one value
}

// recognise finds delimiter and headings in the start of a text.
func recognise(head []byte, names map[string]bool) dialect {
	d := dialect{delim: ','}
	body, line := 0, 1
	if c, n := sepLine(head); n > 0 {
		d.sep, d.delim = true, c
		body, line = n, 2
	}
	best := 0
	order := delimiters
	if d.sep && strings.IndexByte(delimiters, d.delim) >= 0 {
		order = string(d.delim) + strings.ReplaceAll(delimiters, string(d.delim), "")
	}
	for i := range len(order) {
		t := try(head, body, line, order[i], names)
		if t.score > best {
			best = t.score
			d.delim, d.found, d.off = order[i], true, t.off
			d.header, d.preamble = t.header, t.preamble
		}
		if t.width > d.columns {
			d.columns = t.width
			if best == 0 {
				d.delim = order[i]
			}
		}
		d.first = t.first
		if t.merged.Width > 0 {
			d.merged = t.merged
		}
	}
	if d.columns >= headerNames {
		d.merged = sheet.Record{} // a delimiter was found: the headings are others
	}
	return d
}

type trial struct {
	score    int
	off      int
	header   sheet.Record
	preamble []sheet.Record
	first    sheet.Record
	merged   sheet.Record
	width    int
}

// try reads the first rows with one delimiter.
func try(head []byte, from, line int, delim byte, names map[string]bool) trial {
	var t trial
	var buf buffer
	p := newParser(&buf, head[from:], delim, line, 1, 0, true)
	for seen := 0; seen < headerRows; {
		start := p.pos
		if !p.read() {
			break
		}
		r := buf.rec
		if r.Used == 0 {
			continue
		}
		if seen == 0 {
			text := strings.TrimRight(string(head[from+start:min(from+p.pos, from+start+4096)]), "\r\n")
			t.first = sheet.Record{Line: r.Line, Row: r.Row, Cells: []string{text}, Width: r.Used}
			t.width = r.Used
		}
		seen++
		if n := known(r.Cells, names); n >= headerNames {
			t.score, t.off = n, from+start
			t.header = r
			t.header.Marks = nil
			return t
		}
		if r.Used == 1 && mentions(short(r.Cells[0], 4096), names) {
			t.merged = r
		}
		r.Marks = nil
		t.preamble = append(t.preamble, r)
	}
	return t
}

// known counts the headings of names among cells.
func known(cells []string, names map[string]bool) int {
	var seen []string
	n := 0
next:
	for _, c := range cells {
		if len(c) > 256 {
			continue
		}
		f := sheet.Fold(c)
		if !names[f] {
			f = sheet.FoldTail(c)
		}
		if !names[f] {
			continue
		}
		for _, s := range seen {
			if s == f {
				continue next
			}
		}
		seen = append(seen, f)
		n++
	}
	return n
}

// sepLine recognises a first line that names the delimiter for Excel, as it is
// or as programs that do not know it save it: quoted, or padded with
// delimiters. It returns the delimiter and the length of the line.
func sepLine(head []byte) (byte, int) {
	n := bytes.IndexAny(head[:min(len(head), 64<<10)], "\r\n")
	if n < 0 {
		return 0, 0
	}
	line := head[:n]
	if n+1 < len(head) && head[n] == '\r' && head[n+1] == '\n' {
		n++
	}
	n++
	s := strings.TrimLeft(string(line), " \t\"")
	if len(s) < 4 || !strings.EqualFold(s[:4], "sep=") {
		return 0, 0
	}
	if len(s) == 4 { // a tab that an editor has dropped
		return ',', n
	}
	if strings.Trim(s[5:], " \t\",;|") != "" {
		return 0, 0
	}
	return s[4], n
}

// mentions reports whether a text names enough of the headings, whatever
// stands between them.
func mentions(text string, names map[string]bool) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return known(words, names) >= headerNames
}
