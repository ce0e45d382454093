package delimited

import (
	"bytes"

	"bulkimport/csvimport/sheet"
)

// recordLimit is the size in bytes up to which a chunk is read; more than that
// can only be one record beyond all bounds, of which the rest is not read.
const recordLimit = 8 << 20

// Chunk is a run of whole records.
type chunk struct {
	off       int64
	line, row int          // of its first record
	damage    *sheet.Fault // its lines cannot be told apart, and are one record
}

type place uint8

const (
	outside   place = iota // not in a quoted cell
	inside                 // in a quoted cell
	atQuote                // after a quote inside a quoted cell: its end, or half of a doubled quote
	afterEnd               // after the end of a quoted cell
	halfSpace              // there, after the first byte of a no-break space
)

// scanner walks over text block by block, from quote to quote, and finds where
// records start, how many lines and rows there are, and whether every quote
// that opens closes.
type scanner struct {
	delim byte
	size  int64 // of a chunk
	off   int64 // of the next byte
	line  int   // of the next byte, from 1
	row   int

	place  place
	edge   bool // outside: only spaces since the last delimiter or line end
	prevCR bool // the byte before the block is CR
	lfs    int  // LF so far
	lfEnds bool // some record ends in LF, or CRLF

	open     int64  // offset of the quote that opened the cell
	openLine int    // its line
	cell     []byte // the start of a quoted cell that began in an earlier block
	cellFrom int    // where the cell begins in the current block, -1 if earlier

	chunks []chunk
	fault  sheet.Kind // OpenQuote or StrayQuote
	at     int64      // offset of the quote that opened the cell at fault
}

// cellSample bounds how much of a quoted cell is looked at.
const cellSample = 64 << 10

func newScanner(delim byte, off int64, line, row int, size int64) *scanner {
	return &scanner{delim: delim, size: size, off: off, line: line, row: row, edge: true, chunks: []chunk{{off: off, line: line, row: row}}}
}

// add walks over the next block.
func (s *scanner) add(b []byte) {
	s.cellFrom = -1
	for pos := 0; pos < len(b) && s.fault == 0; {
		switch s.place {
		case outside:
			q := bytes.IndexByte(b[pos:], '"')
			if q < 0 {
				s.plain(b[pos:], s.off+int64(pos))
				s.edge = s.atEdge(b, pos, len(b))
				pos = len(b)
				break
			}
			s.plain(b[pos:pos+q], s.off+int64(pos))
			opens := s.atEdge(b, pos, pos+q)
			pos += q
			s.edge = false
			if opens {
				s.place, s.open, s.openLine, s.cellFrom = inside, s.off+int64(pos), s.line, pos+1
				s.cell = s.cell[:0]
			}
			pos++
			s.prevCR = false
		case inside:
			q := bytes.IndexByte(b[pos:], '"')
			if q < 0 {
				s.line += s.ends(b[pos:])
				pos = len(b)
				break
			}
			s.line += s.ends(b[pos : pos+q])
			pos += q + 1
			s.prevCR = false
			s.place = atQuote
		case atQuote:
			if b[pos] == '"' {
				s.place = inside
				pos++
				break
			}
			s.place = afterEnd
			if s.line > s.openLine && swallows(s.quoted(b[:pos]), s.delim) {
				s.fail(sheet.OpenQuote)
			}
		case afterEnd:
			switch c := b[pos]; {
			case c == s.delim || c == '\n' || c == '\r':
				s.place, s.edge = outside, false
			case c == ' ' || c == '\t' || c == 0x1a:
				pos++
			case c == 0xc2:
				s.place = halfSpace
				pos++
			default:
				s.fail(sheet.StrayQuote)
			}
		case halfSpace:
			if b[pos] != 0xa0 {
				s.fail(sheet.StrayQuote)
				break
			}
			s.place = afterEnd
			pos++
		}
	}
	if s.place == inside || s.place == atQuote {
		rest := b[max(s.cellFrom, 0):]
		s.cell = append(s.cell, rest[:min(len(rest), cellSample-len(s.cell))]...)
	}
	s.off += int64(len(b))
}

// end closes the text.
func (s *scanner) end() {
	switch {
	case s.fault != 0:
	case s.place == inside, s.place == atQuote && s.line > s.openLine && swallows(s.cell, s.delim):
		s.fail(sheet.OpenQuote)
	case s.place == halfSpace:
		s.fail(sheet.StrayQuote)
	}
}

// restart goes on at next, behind a stretch that is damaged. What comes then is
// scanned from there.
func (s *scanner) restart(stretch, next chunk) {
	last := len(s.chunks) - 1
	if s.chunks[last].off == stretch.off {
		s.chunks = s.chunks[:last]
	}
	s.chunks = append(s.chunks, stretch, next)
	s.off, s.line, s.row = next.off, next.line, next.row
	s.place, s.edge, s.prevCR, s.fault = outside, true, false, 0
}

func (s *scanner) fail(k sheet.Kind) { s.fault, s.at = k, s.open }

// quoted returns the start of the quoted cell that ends at the end of b.
func (s *scanner) quoted(b []byte) []byte {
	if s.cellFrom < 0 {
		return append(s.cell, b[:min(len(b), cellSample-len(s.cell))]...)
	}
	cell := b[s.cellFrom:]
	return cell[:min(len(cell), cellSample)]
}

// atEdge reports whether b[to] stands at the start of a cell, where b[from:to]
// is outside of quotes.
func (s *scanner) atEdge(b []byte, from, to int) bool {
	i := to - 1
	for i >= from && (b[i] == ' ' || b[i] == '\t' && s.delim != '\t') {
		i--
	}
	if i < from {
		return s.edge
	}
	return b[i] == s.delim || b[i] == '\n' || b[i] == '\r'
}

// ends counts the line ends in b: LF, CRLF and CR end one line each.
func (s *scanner) ends(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n := bytes.Count(b, newline)
	s.lfs += n
	if bytes.IndexByte(b, '\r') >= 0 {
		n += bytes.Count(b, []byte{'\r'}) - bytes.Count(b, []byte("\r\n"))
	}
	if s.prevCR && b[0] == '\n' {
		n--
	}
	s.prevCR = b[len(b)-1] == '\r'
	return n
}

var newline = []byte{'\n'}

// plain counts the records in b, which is outside of quotes, and starts new
// chunks where they are due.
func (s *scanner) plain(b []byte, off int64) {
	lfs := s.lfs
	defer func() { s.lfEnds = s.lfEnds || s.lfs > lfs }()
	for {
		due := s.chunks[len(s.chunks)-1].off + s.size - off
		if due >= int64(len(b)) {
			break
		}
		from := max(due, 0)
		i := bytes.IndexAny(b[from:], "\r\n")
		if i < 0 {
			break
		}
		cut := int(from) + i + 1
		if b[cut-1] == '\r' {
			if cut == len(b) { // its LF may follow
				break
			}
			if b[cut] == '\n' {
				cut++
			}
		}
		n := s.ends(b[:cut])
		s.line += n
		s.row += n
		b, off = b[cut:], off+int64(cut)
		s.chunks = append(s.chunks, chunk{off: off, line: s.line, row: s.row})
	}
	n := s.ends(b)
	s.line += n
	s.row += n
}

// swallows reports whether a quoted cell over several lines has eaten other
// cells: an id stands in it between delimiters.
func swallows(cell []byte, delim byte) bool {
	found := 0
	for i := 0; i+36 <= len(cell); {
		h := bytes.IndexByte(cell[i:], '-')
		if h < 0 {
			return false
		}
		h += i
		from := h - 8
		if from < 0 || !isGUID(cell[from:min(from+36, len(cell))]) {
			i = h + 1
			continue
		}
		if found++; found > 1 || bounded(cell, from, from+36, delim) {
			return true
		}
		i = from + 36
	}
	return false
}

// bounded reports whether cell[from:to] stands where a cell would: between two
// delimiters, or one and a line end.
func bounded(cell []byte, from, to int, delim byte) bool {
	skip := func(c byte) bool { return c == ' ' || c == '"' || c == '\t' && delim != '\t' }
	for from > 0 && skip(cell[from-1]) {
		from--
	}
	for to < len(cell) && skip(cell[to]) {
		to++
	}
	end := func(c byte) bool { return c == '\n' || c == '\r' }
	left := from == 0 || end(cell[from-1])
	right := to == len(cell) || end(cell[to])
	leftDelim := from > 0 && cell[from-1] == delim
	rightDelim := to < len(cell) && cell[to] == delim
	return leftDelim && (rightDelim || right) || rightDelim && left
}

// isGUID reports whether b is 36 characters of the form 8-4-4-4-12.
func isGUID(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return false
			}
		}
	}
	return true
}
