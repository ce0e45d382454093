package sheet

import (
	"strings"
	"unicode/utf8"
)

// formula holds the characters with which a cell starts that a spreadsheet would
// run; the wide ones are taken for the others in East Asia.
const formula = "=+-@\t\r\n＝＋－＠"

// between holds what may end a cell where a spreadsheet reads with another delimiter
// than the table was written with.
const between = ",;\t\r\n"

// Neutral returns a cell with an apostrophe before whatever a spreadsheet would run
// as a formula: the cell, or a part of it that would be a cell with another
// delimiter. Plain undoes exactly that.
func Neutral(cell string) string {
	if strings.IndexAny(cell, between) < 0 {
		if runs(cell, true) {
			return "'" + cell
		}
		return cell
	}
	return eachPart(cell, func(b *strings.Builder, part string, first bool) {
		if runs(part, first) {
			b.WriteByte('\'')
		}
		b.WriteString(part)
	})
}

// Plain returns a cell without the apostrophes that Neutral put into it.
func Plain(cell string) string {
	if !Neutralised(cell) {
		return cell
	}
	return eachPart(cell, func(b *strings.Builder, part string, first bool) {
		if kept(part, first) {
			part = part[1:]
		}
		b.WriteString(part)
	})
}

// Neutralised reports whether a cell, or a part of it, starts with an apostrophe and
// what would be run as a formula.
func Neutralised(cell string) (is bool) {
	if strings.IndexByte(cell, '\'') < 0 {
		return false
	}
	eachPart(cell, func(_ *strings.Builder, part string, first bool) { is = is || kept(part, first) })
	return is
}

// kept reports whether an apostrophe keeps a part from being run.
func kept(part string, first bool) bool {
	return strings.HasPrefix(part, "'") && runs(part[1:], first)
}

// runs reports whether a spreadsheet would run a part of a cell, of which what cannot
// be seen does not count. White space counts behind another part: "+" after ", " is
// the beginning of a word.
func runs(part string, first bool) bool {
	for len(part) > 0 {
		r, size := utf8.DecodeRuneInString(part)
		switch {
		case strings.ContainsRune(formula, r):
			return first || strings.IndexRune(between, r) < 0
		case Invisible(r), r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		case first && (r == ' ' || r == 0xa0 || r == 0x3000):
		default:
			return false
		}
		part = part[size:]
	}
	return false
}

// eachPart puts a cell together again of what do makes of its parts.
func eachPart(cell string, do func(b *strings.Builder, part string, first bool)) string {
	var b strings.Builder
	for first := true; ; first = false {
		// What the cell begins with is of its first part, such as a tab.
		skip := 0
		if first {
			skip = len(cell) - len(strings.TrimLeft(cell, "'\t\r\n"))
		}
		end := strings.IndexAny(cell[skip:], between)
		if end < 0 {
			do(&b, cell, first)
			return b.String()
		}
		end += skip
		do(&b, cell[:end], first)
		b.WriteByte(cell[end])
		cell = cell[end+1:]
	}
}
