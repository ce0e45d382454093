package sheet_test

import (
	"testing"

	"bulkimport/csvimport/sheet"
)

// TestBlank tells cells in which there is nothing to be seen.
func TestBlank(t *testing.T) {
	for cell, want := range map[string]bool{
		"": true, " ": true, "\t\n\v\f\r": true, "\u00a0\u3000\u2003": true, "\u200b\ufeff\u2060\u00ad": true, "\x1a": true, " \u00a0\x1a ": true,
		"x": false, " x ": false, "\u00a0é": false, "0": false, "'": false, "\x00": false, "\x08": false, "\x0e": false, "\x1b": false, "\x7f": false, "\u200c": false, "\xff": false,
	} {
		if got := sheet.Blank(cell); got != want {
			t.Errorf("Blank(%q) = %t, want %t", cell, got, want)
		}
		if got := sheet.BlankBytes([]byte(cell)); got != want {
			t.Errorf("BlankBytes(%q) = %t, want %t", cell, got, want)
		}
	}
}

// TestInvisible knows the characters that take no space.
func TestInvisible(t *testing.T) {
	for r, want := range map[rune]bool{
		'\u200b': true, '\ufeff': true, '\u2060': true, '\u00ad': true,
		' ': false, '\u00a0': false, '\u200a': false, '\u200c': false, '\u2061': false, '\ufffd': false, 'x': false,
	} {
		if got := sheet.Invisible(r); got != want {
			t.Errorf("Invisible(%U) = %t, want %t", r, got, want)
		}
	}
}
