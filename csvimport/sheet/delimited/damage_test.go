package delimited_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// soundID is what tells a record from other text in these tests.
func soundID(_, cells []string) bool { return len(cells) > 2 && len(cells[2]) == 36 }

// TestDamage reads on behind damaged lines, where it is sure to be at a record,
// and otherwise refuses the file.
func TestDamage(t *testing.T) {
	const open, stray = `"Contoso`, `"Contoso" GmbH`
	lines := func(companies ...string) (text string) {
		for _, c := range companies {
			text += row(c)
		}
		return text
	}
	tests := []struct {
		name, body string
		want       []string // rows: their company, or the damage
		refused    sheet.Kind
	}{
		{"a quote that does not close", lines("a", open, "b", "c"), []string{"2 a", "3-3 damaged", "4 b", "5 c"}, 0},
		{"text behind a quote", lines("a", stray, "b", "c"), []string{"2 a", "3-3 damaged", "4 b", "5 c"}, 0},
		{"in the first row", lines(stray, "b", "c"), []string{"2-2 damaged", "3 b", "4 c"}, 0},
		{"one row is left", lines("a", open, "b"), []string{"2 a", "3-3 damaged", "4 b"}, 0},
		{"in the last row", lines("a", "b", open), []string{"2 a", "3 b", "4-4 damaged"}, 0},
		{"in the last row, blank lines below", lines("a", "b", open) + "\n\r\n", []string{"2 a", "3 b", "4-4 damaged"}, 0},
		{"in the only row", lines(stray), []string{"2-2 damaged"}, 0},
		{"in two rows", lines("a", open, "b", "c", stray, "d"), []string{"2 a", "3-3 damaged", "4 b", "5 c", "6-6 damaged", "7 d"}, 0},
		{"in two rows, one below the other", lines("a", open, open, "c", "d"), []string{"2 a", "3-4 damaged", "5 c", "6 d"}, 0},
		{"quoted names below", lines("a", open, `"b, c"`, `"d ""e"""`), []string{"2 a", "3-3 damaged", "4 b, c", `5 d "e"`}, 0},
		{"a name of two lines above", lines("\"a\nb\"", open, "c", "d"), []string{"2 a\nb", "3-3 damaged", "4 c", "5 d"}, 0},
		{"a name of two lines below", lines(open, "\"a\nb\"", "c"), []string{"2-2 damaged", "3 a\nb", "4 c"}, 0},
		{"a name of two lines that is damaged", lines("\"a\nb\" c", "d", "e"), []string{"2-3 damaged", "4 d", "5 e"}, 0},
		{"a note below", lines(open) + "checked by Dana\n" + lines("a", "b"), []string{"2-3 damaged", "4 a", "5 b"}, 0},
		{"one row between notes is not enough", lines(open) + "x\n" + lines("a") + "y\n", nil, sheet.OpenQuote},
		{"nothing sound below", lines(open) + "x\ny\n", nil, sheet.OpenQuote},
		{"rows without ids below", lines(open) + strings.Repeat("a,b,c,d,e,f\n", 3), nil, sheet.OpenQuote},
		{"in the headings", "", nil, sheet.StrayQuote},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				text := headLine + tt.body
				if tt.body == "" {
					text = strings.Replace(headLine, "email", `"e"mail`, 1) + lines("a", "b")
				}
				text = strings.ReplaceAll(text, "\n", end)
				for _, opt := range cuts {
					opt.Sound = soundID
					got := read(t, []byte(text), opt)
					if tt.refused != 0 {
						if got.Fault == nil || got.Fault.Kind != tt.refused {
							t.Errorf("%q: fault %+v, want kind %d", end, got.Fault, tt.refused)
						}
						continue
					}
					if got.Fault != nil {
						t.Fatalf("%q: fault %+v", end, got.Fault)
					}
					if diff := cmp.Diff(tt.want, rowsOf(got)); diff != "" {
						t.Errorf("%q, %+v: rows (-want +got):\n%s", end, opt.BlockBytes, diff)
					}
				}
			}
		})
	}
}

// rowsOf tells rows by number and company, and damaged ones by their first and
// last.
func rowsOf(got content) (all []string) {
	for _, l := range got.Lines {
		if d := got.Damage[l.Row]; d != nil {
			all = append(all, fmt.Sprintf("%d-%d damaged", d.Row, d.LastRow))
			continue
		}
		all = append(all, fmt.Sprintf("%d %s", l.Row, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(l.Cells[3])))
	}
	return all
}

// TestDamageTold hands on the text of damaged lines, and where their fault is.
func TestDamageTold(t *testing.T) {
	text := headLine + row("a") + row(`"x" y`) + row("b")
	got := read(t, []byte(text), delimited.Options{Sound: soundID})
	want := line{Line: 3, Row: 3, Width: 1, Used: 1, Cells: []string{strings.TrimSpace(row(`"x" y`))}}
	if diff := cmp.Diff(want, got.Lines[1]); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	fault := &sheet.Fault{Kind: sheet.StrayQuote, Line: 3, Row: 3, LastRow: 3, Column: 3}
	if diff := cmp.Diff(fault, got.Damage[3]); diff != "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}
}

// TestDamageBounded gives up on a file that is damage all over, soon.
func TestDamageBounded(t *testing.T) {
	for name, body := range map[string]string{
		"open quotes":                  strings.Repeat("\"a\n", 1_000_000),
		"an open quote, blank lines":   "\"a" + strings.Repeat("\n", 3_000_000) + "x",
		"an open quote, short lines":   "\"a\n" + strings.Repeat("x\n", 1_500_000),
		"far more damage than is read": strings.Repeat(row(`"x" y`)+row("a")+row("b"), 3000),
	} {
		got := read(t, []byte(headLine+body), delimited.Options{Sound: soundID})
		if got.Fault == nil {
			t.Errorf("%s: no fault", name)
		}
	}
}
