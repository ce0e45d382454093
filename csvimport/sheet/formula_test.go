package sheet_test

import (
	"testing"

	"bulkimport/csvimport/sheet"
)

// TestNeutral keeps spreadsheets from running cells, and undoes exactly that.
func TestNeutral(t *testing.T) {
	for _, tt := range []struct {
		cell, neutral string
		neutralised   bool // as it is
	}{
		{"", "", false},
		{"x", "x", false},
		{"=1+1", "'=1+1", false},
		{"+41", "'+41", false},
		{"-x", "'-x", false},
		{"@x", "'@x", false},
		{"\tx", "'\tx", false},
		{"\rx", "'\rx", false},
		{"\nx", "'\nx", false},
		{" =x", " =x", false},
		{"'", "'", false},
		{"'=", "'=", true},
		{"'-1", "'-1", true},
		{"'t Hoekje", "'t Hoekje", false},
		{"''", "''", false},
		{"'x", "'x", false},
	} {
		if got := sheet.Neutral(tt.cell); got != tt.neutral {
			t.Errorf("Neutral(%q) = %q, want %q", tt.cell, got, tt.neutral)
		}
		if got := sheet.Neutralised(tt.cell); got != tt.neutralised {
			t.Errorf("Neutralised(%q) = %t, want %t", tt.cell, got, tt.neutralised)
		}
		want := tt.cell
		if tt.neutralised {
			want = tt.cell[1:]
		}
		if got := sheet.Plain(tt.neutral); got != want {
			t.Errorf("Plain(%q) = %q, want %q", tt.neutral, got, want)
		}
	}
}
