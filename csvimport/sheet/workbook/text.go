package workbook

import (
	"bytes"
	"unicode/utf8"
)

// lineEnds appends text with its line ends as XML has them.
func lineEnds(to, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\r' {
			to = append(to, b[i])
			continue
		}
		to = append(to, '\n')
		if i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
	}
	return to
}

// decoded returns text with references resolved; it is only valid until the next
// token.
func (s *scanner) decoded(b []byte) ([]byte, error) {
	if bytes.IndexByte(b, '&') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b, nil
	}
	s.scratch = s.scratch[:0]
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			s.scratch = lineEnds(s.scratch, b)
			return s.scratch, nil
		}
		s.scratch = lineEnds(s.scratch, b[:i])
		b = b[i+1:]
		end := bytes.IndexByte(b[:min(len(b), 16)], ';')
		if end < 0 {
			return nil, errContent
		}
		r, ok := reference(b[:end])
		if !ok {
			return nil, errContent
		}
		s.scratch = utf8.AppendRune(s.scratch, r)
		b = b[end+1:]
	}
}

// reference returns the character that stands between & and ;.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := rune(10), name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	if len(digits) == 0 || len(digits) > 8 {
		return 0, false
	}
	var r rune
	for _, c := range digits {
		var d rune
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	known := r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xd800 || r >= 0xe000 && r < 0xfffe || r >= 0x10000
	return r, known
}
