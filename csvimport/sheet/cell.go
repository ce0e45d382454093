package sheet

import (
	"bytes"
	"strings"
	"unicode"
)

// Blank reports whether a cell holds nothing but white space and characters
// that cannot be seen.
func Blank(cell string) bool {
	return strings.IndexFunc(cell, visible) < 0
}

// BlankBytes is Blank for a cell that is no string yet.
func BlankBytes(cell []byte) bool {
	for _, c := range cell {
		if c > ' ' || c != ' ' && (c < '\t' || c > '\r') && c != 0x1a {
			return bytes.IndexFunc(cell, visible) < 0
		}
	}
	return true
}

func visible(r rune) bool {
	return !unicode.IsSpace(r) && !Invisible(r) && r != 0x1a
}

// Invisible reports whether a character takes no space and has no meaning in a
// cell: zero-width space, word joiner, byte order mark, soft hyphen.
func Invisible(r rune) bool {
	return r == '\u200b' || r == '\ufeff' || r == '\u2060' || r == '\u00ad'
}
