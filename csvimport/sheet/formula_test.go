package sheet_test

import (
	"strings"
	"testing"

	"bulkimport/csvimport/sheet"
)

// TestNeutral keeps spreadsheets from running cells, and undoes exactly that.
func TestNeutral(t *testing.T) {
	for _, cell := range []string{"", "x", "=1+1", "+41", "-x", "@x", "\tx", "\rx", "'", "'t Hoekje", "''", "'x"} {
		n := sheet.Neutral(cell)
		if n != "" && strings.ContainsAny(n[:1], "=+-@\t\r\n") {
			t.Errorf("Neutral(%q) = %q", cell, n)
		}
		if got := sheet.Plain(n); got != cell {
			t.Errorf("Plain(Neutral(%q)) = %q", cell, got)
		}
	}
}
