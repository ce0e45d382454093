package delimited

import (
	"bytes"
	"unicode/utf8"

	"bulkimport/csvimport/sheet"
)

type span struct{ from, to int }

// buffer holds what parsing needs again and again, and the record parsed last.
type buffer struct {
	scratch []byte
	spans   []span
	marks   []sheet.Mark
	cells   []string // for the records to come
	rec     sheet.Record
}

// cellsAtOnce is for how many cells memory is asked at a time.
const cellsAtOnce = 128

// parser cuts text into records.
type parser struct {
	buf   *buffer
	b     []byte
	delim byte
	pos   int
	line  int
	row   int
	keep  int  // empty values are kept up to this many
	hasCR bool // CR ends lines too

	lf, cr, quote int // next LF, CR and quote at or after pos, len(b) if none

	broken bool // a quote of the record read last does not close, or has text behind it
}

func newParser(buf *buffer, b []byte, delim byte, line, row, keep int, hasCR bool) *parser {
	p := &parser{buf: buf, b: b, delim: delim, line: line, row: row, keep: keep, hasCR: hasCR, lf: -1, cr: -1, quote: -1}
	if !hasCR {
		p.cr = len(b)
	}
	return p
}

// next returns the position of c at or after pos, of which at is the last
// known one.
func (p *parser) next(at int, c byte) int {
	if at >= p.pos {
		return at
	}
	if i := bytes.IndexByte(p.b[p.pos:], c); i >= 0 {
		return p.pos + i
	}
	return len(p.b)
}

// step goes to another place of the text, where a line starts.
func (p *parser) step(to int) {
	if to < p.pos && p.quote < p.pos { // there may be some that were passed
		p.lf, p.cr, p.quote = -1, -1, -1
		if !p.hasCR {
			p.cr = len(p.b)
		}
	}
	p.pos = to
}

// lineEnd returns where the next line starts.
func (p *parser) lineEnd() int {
	p.lf = p.next(p.lf, '\n')
	if p.hasCR {
		p.cr = p.next(p.cr, '\r')
	}
	end := min(p.lf, p.cr)
	if end+1 < len(p.b) && p.b[end] == '\r' && p.b[end+1] == '\n' {
		end++
	}
	return end + 1
}

// read reads the next record into the buffer's. Blank rows are read too.
func (p *parser) read() bool {
	if p.pos >= len(p.b) {
		return false
	}
	p.lf = p.next(p.lf, '\n')
	if p.hasCR {
		p.cr = p.next(p.cr, '\r')
	}
	p.quote = p.next(p.quote, '"')
	p.broken = false
	r := &p.buf.rec
	*r = sheet.Record{Line: p.line, Row: p.row}
	p.buf.spans = p.buf.spans[:0]
	if end := min(p.lf, p.cr); p.quote >= end {
		p.plain(p.b[p.pos:end])
		p.pos = end
		p.endLine()
	} else {
		p.quoted()
	}
	p.row++
	return true
}

// endLine steps over the line end at pos.
func (p *parser) endLine() {
	if p.pos >= len(p.b) {
		return
	}
	if p.b[p.pos] == '\r' && p.pos+1 < len(p.b) && p.b[p.pos+1] == '\n' {
		p.pos++
	}
	p.pos++
	p.line++
}

// plain reads a record without quotes.
func (p *parser) plain(line []byte) {
	buf := p.buf
	from := 0
	for {
		i := bytes.IndexByte(line[from:], p.delim)
		if i < 0 {
			break
		}
		p.cell(line, from, from+i)
		from += i + 1
	}
	p.cell(line, from, len(line))
	p.finish(line[:p.kept()], buf.spans)
}

// kept returns how much of the text the kept cells need.
func (p *parser) kept() int {
	if n := len(p.buf.spans); n > 0 {
		return p.buf.spans[n-1].to
	}
	return 0
}

// cell takes text[from:to] as the next value.
func (p *parser) cell(text []byte, from, to int) {
	r := &p.buf.rec
	r.Width++
	if to > from && !(text[from] <= ' ' || text[from] >= utf8.RuneSelf) || !sheet.BlankBytes(text[from:to]) {
		r.Used = r.Width
	}
	if r.Width > p.keep && r.Used < r.Width && len(p.buf.spans) >= p.keep {
		return // maybe needed later, if a value follows
	}
	if r.Width > sheet.MaxColumns+1 {
		return
	}
	for len(p.buf.spans) < r.Width-1 { // empty values that do matter now
		p.buf.spans = append(p.buf.spans, span{from, from})
	}
	p.buf.spans = append(p.buf.spans, span{from, to})
}

// finish makes the record's cells, which share one string.
func (p *parser) finish(text []byte, spans []span) {
	if p.buf.rec.Used == 0 {
		return
	}
	if len(p.buf.cells) < len(spans) {
		p.buf.cells = make([]string, max(len(spans), cellsAtOnce))
	}
	s, cells := string(text), p.buf.cells[:len(spans):len(spans)]
	p.buf.cells = p.buf.cells[len(spans):]
	for i, sp := range spans {
		cells[i] = s[sp.from:sp.to]
	}
	p.buf.rec.Cells = cells
}

// quoted reads a record in which some cell has quotes.
func (p *parser) quoted() {
	buf := p.buf
	buf.scratch, buf.marks = buf.scratch[:0], buf.marks[:0]
	special := false
	for {
		from := len(buf.scratch)
		mark := p.value()
		p.cell(buf.scratch, from, len(buf.scratch))
		if len(buf.marks) <= sheet.MaxColumns {
			buf.marks = append(buf.marks, mark)
		}
		special = special || mark&(sheet.BareQuote|sheet.SpacedQuote) != 0
		if p.pos < len(p.b) && p.b[p.pos] == p.delim {
			p.pos++
			continue
		}
		break
	}
	p.endLine()
	p.finish(buf.scratch[:p.kept()], buf.spans)
	if special {
		buf.rec.Marks = buf.marks
	}
}

// value appends the next value's text to the scratch and stops at the
// delimiter, line end or end of text after it.
func (p *parser) value() sheet.Mark {
	buf := p.buf
	start := p.pos
	at := start
	for at < len(p.b) && (p.b[at] == ' ' || p.b[at] == '\t') && p.b[at] != p.delim {
		at++
	}
	if at >= len(p.b) || p.b[at] != '"' {
		return p.bare(start)
	}
	mark := sheet.Quoted
	if at > start {
		mark |= sheet.SpacedQuote
	}
	p.pos = at + 1
	for {
		i := bytes.IndexByte(p.b[p.pos:], '"')
		if i < 0 {
			p.text(p.b[p.pos:])
			p.pos = len(p.b)
			p.broken = true
			return mark
		}
		p.text(p.b[p.pos : p.pos+i])
		p.pos += i + 1
		if p.pos < len(p.b) && p.b[p.pos] == '"' {
			buf.scratch = append(buf.scratch, '"')
			p.pos++
			continue
		}
		break
	}
	end := p.pos
	for p.pos < len(p.b) && !p.atEnd() {
		p.pos++
	}
	if after := p.b[end:p.pos]; len(after) > 0 {
		if sheet.BlankBytes(after) {
			mark |= sheet.SpacedQuote
		} else { // only while guessing a dialect: the scanner refuses such text
			p.broken = true
			buf.scratch = append(buf.scratch, after...)
			mark |= sheet.BareQuote
		}
	}
	return mark
}

func (p *parser) atEnd() bool {
	c := p.b[p.pos]
	return c == p.delim || c == '\n' || c == '\r' && p.hasCR
}

// bare appends a value without quotes around it.
func (p *parser) bare(start int) sheet.Mark {
	p.pos = start
	for p.pos < len(p.b) && !p.atEnd() {
		p.pos++
	}
	v := p.b[start:p.pos]
	p.buf.scratch = append(p.buf.scratch, v...)
	if bytes.IndexByte(v, '"') >= 0 {
		return sheet.BareQuote
	}
	return 0
}

// text appends part of a quoted cell and counts its lines.
func (p *parser) text(v []byte) {
	p.buf.scratch = append(p.buf.scratch, v...)
	if len(v) == 0 {
		return
	}
	p.line += bytes.Count(v, newline)
	if p.hasCR {
		p.line += bytes.Count(v, []byte{'\r'}) - bytes.Count(v, []byte("\r\n"))
	}
}
