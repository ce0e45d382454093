package rows_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// repeated reads as a text, then another again and again, then a third.
func repeated(head, s string, n int, tail string) io.Reader {
	block := strings.Repeat(s, 1+(64<<10)/len(s))
	return io.MultiReader(strings.NewReader(head), &repeater{s: block, left: n * len(s)}, strings.NewReader(tail))
}

type repeater struct {
	s        string
	at, left int
}

func (r *repeater) Read(p []byte) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	for n < len(p) && r.left > 0 {
		m := copy(p[n:min(len(p), n+r.left)], r.s[r.at:])
		n, r.left, r.at = n+m, r.left-m, (r.at+m)%len(r.s)
	}
	return n, nil
}

// TestBounds reads files beyond all bounds. None takes more than one pass of
// linear time, or memory for more than a few records: the test would not end
// otherwise.
func TestBounds(t *testing.T) {
	const head = sixHeadings + "\n"
	const mb = 1 << 20
	for _, tt := range []struct {
		name  string
		text  io.Reader
		code  string
		valid int
	}{
		{"one line without end", repeated("", "a", 5*mb, ""), "E_DELIMITER", 0},
		{"one cell without end", repeated(head, "a", 9*mb, ""), "E_FIELD_TOO_LONG", 0},
		{"one quoted cell without end", repeated(head+`x,"`, "a b\n", 3*mb, "\",\n"+soundLine+"\n"), "E_FIELD_TOO_LONG", 1},
		{"a million blank lines", repeated(head+soundLine+"\n", "\n", 1_000_000, strings.Replace(soundLine, "f4339ab3", "a4339ab3", 1)), "", 2},
		{"only blank lines", repeated("", "\r\n", mb, ""), "E_EMPTY_FILE", 0},
		{"a million open quotes", repeated(head, "\"a\n", 1_000_000, ""), "E_STRAY_QUOTE", 0},
		{"a million quotes", repeated(head, "\"", mb+1, ""), "E_UNTERMINATED_QUOTE", 0},
		{"a line of commas", repeated(head, ",", 9*mb, "x"), "E_TOO_MANY_COLUMNS", 0},
		{"a heading line of commas", repeated(sixHeadings, ",", mb, "x\n"+soundLine+"\n"), "E_TOO_MANY_COLUMNS", 0},
		{"spaces", repeated(head, " ", 9*mb, `"x"`), "E_FIELD_TOO_LONG", 0},
		{"ids in a quoted cell", repeated(head+`"`, "12345678-", mb, "\n\",x"), "E_FIELD_TOO_LONG", 0},
		{"bytes of zero", repeated("", "\x00", 5*mb, ""), "E_NUL_BYTE", 0},
		{"empty values in every row", repeated(head, soundLine+strings.Repeat(",", 10_000)+"\n", 100, ""), "E_DUPLICATE_SUB_ID", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := rows.Open(tt.text, "bounds.csv", rows.ReadOptions{})
			must(t, err)
			defer f.Close()
			got := readAll(f)
			found := tt.code == "" && len(got.mistakes()) == 0
			for _, m := range got.mistakes() {
				found = found || m.Cls == tt.code
			}
			if !found || len(got.good) != tt.valid {
				t.Errorf("%d valid rows and errors %.300v, want %d and %s", len(got.good), got.mistakes(), tt.valid, tt.code)
			}
		})
	}
}

// TestFullSheet: where the last row is the last that a sheet has, others may have been cut
// off when it was saved.
func TestFullSheet(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		last       int // row
		full       bool
	}{
		{"one less than Excel 97 has", "", 65_535, false},
		{"all that Excel 97 has", "", 65_536, true},
		{"one more", "", 65_537, false},
		{"all that a sheet has today", "", 1_048_576, true},
		{"a line that is no row", "sep=,\n", 65_536, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := repeated(tt.head+sixHeadings+"\n", "\n", tt.last-2, soundLine+"\n")
			f, err := rows.Open(text, "full.csv", rows.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got := readAll(f)
			var full []int
			for _, found := range got.findings {
				if found.Code == csvimport.WLooksTruncated {
					full = append(full, found.Row)
				}
			}
			if want := map[bool][]int{true: {tt.last}}[tt.full]; !cmp.Equal(want, full) || len(got.good) != 1 {
				t.Errorf("told at rows %v, want %v; %d valid rows", full, want, len(got.good))
			}
		})
	}
}
