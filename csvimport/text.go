package csvimport

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"bulkimport/csvimport/visible"
)

// valueLimit is the length in characters up to which values are shown.
const valueLimit = 60

// Shown returns a value as findings show it: a copy, so that it does not hold
// on to the record it was cut from, of at most 60 characters.
func Shown(s string) string {
	if len(s) <= valueLimit {
		return strings.Clone(s)
	}
	n, cut := 0, 0
	for i := range s {
		if n == valueLimit-3 {
			cut = i
		}
		if n == valueLimit {
			return strings.ToValidUTF8(s[:cut], "\ufffd") + "..."
		}
		n++
	}
	return strings.Clone(s)
}

// Quoted returns a value between quotes for a message, shortened.
func Quoted(s string) string {
	s = Shown(s)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	return `"` + strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case !visible.Shown(r):
			return '\ufffd'
		}
		return r
	}, s) + `"`
}

// Shorten cuts s to at most n characters.
func Shorten(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Plural writes a number with its noun.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
