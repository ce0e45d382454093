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
		{" =x", "' =x", false},
		{"\u00a0=x", "'\u00a0=x", false},
		{"\u200b=x", "'\u200b=x", false},
		{"\ufeff\u202e+x", "'\ufeff\u202e+x", false},
		{"＝1+1", "'＝1+1", false},
		{"－1", "'－1", false},
		{"＋1", "'＋1", false},
		{"＠x", "'＠x", false},
		{"' =x", "' =x", true},
		{"'＝x", "'＝x", true},
		{"x;=1+1;y", "x;'=1+1;y", false},
		{"x,=1+1,y", "x,'=1+1,y", false},
		{"x\t=1+1", "x\t'=1+1", false},
		{"x\n=1+1", "x\n'=1+1", false},
		{"=1;=1", "'=1;'=1", false},
		{"\t=1;x", "'\t=1;x", false},
		{"Contoso, Inc.", "Contoso, Inc.", false},
		{"call, +41 44", "call, +41 44", false},
		{"a; -b; 'c", "a; -b; 'c", false},
		{"a\n\nb", "a\n\nb", false},
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
			want = tt.cell[1:] // an apostrophe that was there before cannot be told from ours
		}
		if got := sheet.Plain(tt.neutral); got != want {
			t.Errorf("Plain(%q) = %q, want %q", tt.neutral, got, want)
		}
	}
}
