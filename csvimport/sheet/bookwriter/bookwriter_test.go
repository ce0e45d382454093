package bookwriter_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/bookwriter"
	"bulkimport/csvimport/sheet/workbook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hard are texts that programs like to spoil.
var hard = []string{
	"=Equals= GmbH", "+41 Telefonie AG", "-Minus- Design", "@Home", "'t Hoekje", "'=quoted", "=cmd|'/c calc'!A1",
	"007", "1.00E+06", "SEPT2", "2026-09-01", "TRUE", "#N/A", "1000000000000000000",
	" leading", "trailing ", "\ttab", "two\nlines", "carriage\rreturn", "both\r\nends", "\n", " ",
	"a & b < c > d \"e\" 'f'", "]]>", "&amp;", "_x0041_", "_x005F_", "_x0041", "_x0041\x01", "_x0041\ufffe", "__x0041__", "_X0041_", "_x41_",
	"\x00\x01\x08\x0b\x0c\x1f\x7f", "\u0085\u2028", "\ufffe\uffff\ufffd", "株式会社テスト商事", "🍕 Palace", "שלום בע״מ", "e\u0301", "\u200b",
}

// written writes one sheet with headings and rows.
func written(t testing.TB, layout bookwriter.Layout, records ...[]string) []byte {
	t.Helper()
	var out bytes.Buffer
	b := bookwriter.New(&out)
	s := b.Sheet("Accounts", layout)
	for _, r := range records {
		cells := make([]bookwriter.Cell, len(r))
		for i := range r {
			cells[i].Text = r[i]
		}
		if err := s.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var three = []string{"one", "two", "three"}

// read reads the rows below the headings one, two, three.
func read(t testing.TB, book []byte) [][]string {
	t.Helper()
	table, err := workbook.Open(bytes.NewReader(book), workbook.Options{Headings: three})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if fault := table.Facts().Fault; fault != nil {
		t.Fatalf("not read: %+v", *fault)
	}
	var got [][]string
	in := table.Reader()
	for i := range table.Facts().Chunks {
		if _, err := in.Read(i, func(r *sheet.Record) bool {
			for _, v := range r.Values {
				if v.Formula || v.Type != 0 {
					t.Errorf("row %d: a cell is more than text: %+v", r.Row, v)
				}
			}
			got = append(got, slices.Clone(r.Cells))
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// TestReadBack writes texts and reads them as they were.
func TestReadBack(t *testing.T) {
	records := [][]string{three}
	for i, text := range hard {
		records = append(records, []string{"row", text, fmt.Sprint(i)})
	}
	for i := range 1000 { // beyond the rows that are held back
		records = append(records, []string{"row", "", fmt.Sprint(i)})
	}
	for _, layout := range []bookwriter.Layout{{}, {Headings: 1, Lock: true, Filter: true, Columns: []bookwriter.Column{{Style: bookwriter.Wrapped}, {Choices: "x"}, {Width: 3}}}} {
		if diff := cmp.Diff(records[1:], read(t, written(t, layout, records...))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// FuzzReadBack writes any text beside others and reads it as it was.
func FuzzReadBack(f *testing.F) {
	for _, text := range hard {
		f.Add(text, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || len(a)+len(b) > 30_000 {
			t.Skip("no text, or more than a cell holds")
		}
		want := [][]string{{"row", a, b}, {"row", b, a}, {"row", a + b, "."}}
		got := read(t, written(t, bookwriter.Layout{}, append([][]string{three}, want...)...))
		for i := range got {
			for len(got[i]) < 3 { // empty cells at the end
				got[i] = append(got[i], "")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestCut cuts what no cell holds, and shows it.
func TestCut(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want int // in bytes
	}{
		"fits":            {strings.Repeat("x", 32_767), 32_767},
		"one too many":    {strings.Repeat("x", 32_768), 32_766 + len("…")},
		"in two units":    {strings.Repeat("🍕", 20_000), 4*16_383 + len("…")},
		"many bytes, fit": {strings.Repeat("株", 32_767), 3 * 32_767},
		"no text":         {strings.Repeat("\xff", 32_768), 3*32_766 + len("…")},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, written(t, bookwriter.Layout{}, three, []string{"row", tt.text, "end"}))
			if n := len(got[0][1]); n != tt.want {
				t.Errorf("%d bytes, want %d", n, tt.want)
			}
		})
	}
}

// parts unpacks a workbook; every part has to be well-formed.
func parts(t *testing.T, book []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		all[f.Name] = string(text)
	}
	return all
}

// TestParts compares all parts of a workbook that has all there is.
func TestParts(t *testing.T) {
	var out bytes.Buffer
	b := bookwriter.New(&out)
	b.SetProperty("download", `"A" & <B>`)
	s := b.Sheet("Accounts", bookwriter.Layout{Headings: 2, Lock: true, Filter: true, Printed: 2, Columns: []bookwriter.Column{
		{}, {Style: bookwriter.ToFill, Width: 30, Choices: bookwriter.Range("Bob's list", 0, 2, 4)}, {Style: bookwriter.Wrapped, Most: 12},
	}})
	s.Skip(1)
	s.Write([]bookwriter.Cell{{Text: "one", Style: bookwriter.Heading, Note: "What it is:\n1 & 2"}, {Text: "two", Style: bookwriter.Heading}})
	s.Write([]bookwriter.Cell{{Text: "=1"}, {}, {Text: "株式", Style: bookwriter.Bad, Note: "at fault"}})
	s.Write([]bookwriter.Cell{{}, {Style: bookwriter.Fault}, {Text: "in three lines of twelve digits"}})
	s = b.Sheet("Bob's list", bookwriter.Layout{})
	s.Write([]bookwriter.Cell{{Text: "Choice", Style: bookwriter.Title}})
	b.Sheet("Empty", bookwriter.Layout{Headings: 1})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	all := parts(t, out.Bytes())
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		// One element a line is easier to compare.
		fmt.Fprintf(&text, "== %s\n%s\n", name, strings.ReplaceAll(all[name], "><", ">\n<"))
	}
	golden := filepath.Join("testdata", "parts.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestManyNotes keeps as many notes as a spreadsheet can bear.
func TestManyNotes(t *testing.T) {
	var out bytes.Buffer
	b := bookwriter.New(&out)
	s := b.Sheet("Accounts", bookwriter.Layout{})
	for range 3000 {
		s.Write([]bookwriter.Cell{{Text: "x", Note: "y"}})
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	all := parts(t, out.Bytes())
	if n := strings.Count(all["xl/comments1.xml"], "<comment "); n != 2000 {
		t.Errorf("%d notes, want 2000", n)
	}
}

func TestErrors(t *testing.T) {
	full := errors.New("disk full")
	b := bookwriter.New(writerFunc(func([]byte) (int, error) { return 0, full }))
	s := b.Sheet("Accounts", bookwriter.Layout{})
	for range 100_000 {
		if err := s.Write([]bookwriter.Cell{{Text: "some text"}}); err != nil {
			break
		}
	}
	if err := b.Close(); !b.Failed() || !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	b = bookwriter.New(io.Discard)
	s = b.Sheet("Accounts", bookwriter.Layout{})
	s.Skip(bookwriter.MaxRows)
	if err := s.Write(nil); !errors.Is(err, bookwriter.ErrTooManyRows) {
		t.Errorf("got %v, want %v", err, bookwriter.ErrTooManyRows)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
