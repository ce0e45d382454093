package edited_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/edited"
)

// fixed is a table of one chunk.
type fixed []sheet.Record

func (f fixed) Facts() sheet.Facts   { return sheet.Facts{Chunks: 1, Records: len(f)} }
func (f fixed) Reader() sheet.Reader { return f }
func (f fixed) Close() error         { return nil }

func (f fixed) Read(_ int, yield func(*sheet.Record) bool) (sheet.Skipped, error) {
	for _, r := range f {
		if !yield(&r) {
			break
		}
	}
	return sheet.Skipped{Rows: 1, Line: 1, Row: 1}, nil
}

// TestOver changes cells, with what is known of them, and nothing else.
func TestOver(t *testing.T) {
	number := sheet.Value{Type: sheet.Number, Number: 1}
	damage := &sheet.Fault{Kind: sheet.OpenQuote}
	was := fixed{
		{Row: 2, Cells: []string{"a", "1", "c"}, Width: 3, Used: 3, Values: []sheet.Value{{}, number, {}}, Marks: []sheet.Mark{0, sheet.BareQuote, sheet.Quoted}},
		{Row: 3, Cells: []string{"a"}, Width: 1, Used: 1},
		{Row: 4, Cells: []string{"a", "b"}, Width: 2, Used: 2},
		{Row: 5, Cells: []string{"a,b"}, Damage: damage},
		{Row: 6, Line: 7, Cells: []string{"a", "b"}, Width: 2, Used: 2},
		{Row: 8, Line: 9, Cells: []string{"", "b"}, Width: 2, Used: 2},
	}
	before := slices.Clone(was[0].Cells)
	table := edited.Over(was, edited.Cells{
		2: {1: "2"}, 3: {2: "z"}, 4: {1: " "}, 5: {0: "x"}, 6: {0: "", 1: " "}, 8: {1: ""}, 9: {0: "no such row"},
	})
	want := []sheet.Record{
		{Row: 2, Cells: []string{"a", "2", "c"}, Width: 3, Used: 3, Values: []sheet.Value{{}, {}, {}}, Marks: []sheet.Mark{0, 0, sheet.Quoted}},
		{Row: 3, Cells: []string{"a", "", "z"}, Width: 3, Used: 3},
		{Row: 4, Cells: []string{"a", " "}, Width: 2, Used: 1},
		{Row: 5, Cells: []string{"a,b"}, Damage: damage},
	}
	var got []sheet.Record
	skipped, err := table.Reader().Read(0, func(r *sheet.Record) bool {
		got = append(got, *r)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sheet.Skipped{Rows: 3, Line: 1, Row: 1}, skipped); diff != "" {
		t.Errorf("blank rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, was[0].Cells); diff != "" {
		t.Errorf("the table below has changed (-want +got):\n%s", diff)
	}
}
