package sheet

import (
	"strings"
	"unicode"
)

// MaxColumns is the largest number of columns a spreadsheet has.
const MaxColumns = 16_384

// Letter returns the name a spreadsheet gives to a column, from 0: A, B, … Z,
// AA.
func Letter(column int) string {
	if column < 0 {
		return ""
	}
	var b [8]byte
	i := len(b)
	for n := column + 1; n > 0 && i > 0; n = (n - 1) / 26 {
		i--
		b[i] = byte('A' + (n-1)%26)
	}
	return string(b[i:])
}

// Fold returns a heading as headings are compared: without spaces, hyphens,
// underscores, dots, stars, brackets and characters that cannot be seen, in lower
// case, in which the Turkish i without a dot is one like others.
func Fold(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("-_.*[]", r) || unicode.IsSpace(r) || Invisible(r):
			return -1
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == 'ı':
			return 'i'
		}
		return unicode.ToLower(r)
	}, heading)
}

// Cell returns a cell of a record, empty where the record is shorter than its headings.
func Cell(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// FoldTail is Fold without what stands before the last dot, as exports of databases
// write the name of the table: Users.tenant. It is empty where nothing does.
func FoldTail(heading string) string {
	i := strings.LastIndexByte(heading, '.')
	if i < 1 {
		return ""
	}
	return Fold(heading[i+1:])
}
