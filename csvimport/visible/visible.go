// Package visible makes text that others wrote harmless to show: what a terminal would
// obey and what nobody can see is written out.
package visible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Text returns a text on one line in which each character that is not Shown is
// written as JSON writes it, so that JSON stays what it was: \u001b.
func Text(s string) string {
	return escape(s, func(r rune) bool { return !Shown(r) })
}

// Lines is Text that leaves line ends and tabs as they are.
func Lines(s string) string {
	return escape(s, func(r rune) bool { return r != '\n' && r != '\t' && !Shown(r) })
}

// Marked is Lines that leaves marks of direction too, which are part of words in some
// scripts, for where each text stands apart from all others.
func Marked(s string) string {
	return escape(s, func(r rune) bool {
		return r != '\n' && r != '\t' && r != 0x200e && r != 0x200f && r != 0x61c && !Shown(r)
	})
}

func escape(s string, hidden func(rune) bool) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Shown reports whether a character shows itself, is white space within a line, or
// joins letters and pictures as scripts need it. Not shown are control characters,
// those that turn the writing direction or separate lines, and those without a shape.
func Shown(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= ' '
	case r == 0x200c, r == 0x200d, r == 0xad:
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point, unicode.Other_Default_Ignorable_Code_Point)
}
