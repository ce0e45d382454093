package sheet_test

import (
	"testing"

	"bulkimport/csvimport/sheet"
)

// TestLetters names columns as spreadsheets do.
func TestLetters(t *testing.T) {
	for column, want := range map[int]string{-1: "", 0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := sheet.Letter(column); got != want {
			t.Errorf("Letter(%d) = %q, want %q", column, got, want)
		}
	}
}
