package delimited_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// cuts are ways to cut the work that leave quoted cells whole, or do not.
var cuts = append([]delimited.Options{{}, {BlockBytes: 2, ChunkBytes: 3}, {BlockBytes: 7, ChunkBytes: 20}}, pieces...)

// TestQuotes finds quotes that do not close, close rows further down, or have
// text behind them.
func TestQuotes(t *testing.T) {
	const id = "f75a4542-53a0-4f7e-b41e-491b9712a703"
	open := &sheet.Fault{Kind: sheet.OpenQuote, Line: 2, Row: 2}
	stray := &sheet.Fault{Kind: sheet.StrayQuote, Line: 2, Row: 2}
	tests := []struct {
		name, body string
		want       *sheet.Fault
	}{
		{"closes", "\"a\"\n", nil},
		{"closes at the end", "\"a\"", nil},
		{"closes on the next line", "\"a\nb\"\n", nil},
		{"does not close", "\"a\n", open},
		{"does not close, doubled at the end", "\"a\"\"", open},
		{"at the very end", "\"", open},
		{"a quote inside of a value opens nothing", "a\"\n", nil},
		{"a quote behind spaces opens", " \t\"a\n", open},
		{"a quote behind a value and a space opens nothing", "a \"\n", nil},
		{"a quote behind a quoted value", "\"a\",\"b\"\"\n", &sheet.Fault{Kind: sheet.OpenQuote, Line: 2, Row: 2, Column: 1}},

		{"text behind a quote", "\"a\"b\n", stray},
		{"text behind a quote and spaces", "\"a\" \t b\n", stray},
		{"white space behind a quote", "\"a\" \t \u00a0 \n", nil},
		{"the sign that ends a file of DOS behind a quote", "\"a\"\x1a", nil},
		{"half of a no-break space behind a quote", "\"a\"\u00a9\n", stray},
		{"a quote behind a space behind a quote", "\"a\" \"\n", stray},
		{"CR behind a quote", "\"a\"\rb\r\n", nil},
		{"a letter of several lines", "\"a\nb\"c\n", stray},

		{"an id in a row of its own", "\"a\n," + id + ",\"\n", open},
		{"an id, and the cell ends the file", "\"a\n," + id + ",\"", open},
		{"an id on the same line is none of another row", "\"a," + id + ",\"\n", nil},
		{"an id on the same line, which ends the file", "\"a," + id + ",\"", nil},
		{"an id in a name of several lines", "\"a\n" + id + "\"\n", nil},
		{"an id alone in a name", "\"" + id + "\na\"\n", nil},
		{"an id alone in a name, behind a value", "x,\"" + id + "\na\"\n", nil},
		{"an id in a sentence", "\"a\nb " + id + " c,d\"\n", nil},
		{"an id first in its row", "\"a\n" + id + ",b\"\n", open},
		{"an id first in the cell", "\"" + id + ",\nb\"\n", open},
		{"an id first in a row that CR begins", "\"a\r" + id + ",b\"\r", open},
		{"an id last in its row", "\"a\nb," + id + "\nc\"\n", open},
		{"an id last in a row that CR ends", "\"a\rb," + id + "\rc\"\r", open},
		{"an id last in the cell", "\"a\nb," + id + "\"\n", open},
		{"an id between spaces and tabs", "\"a\nb,\t " + id + " \t,c\"\n", open},
		{"an id between quotes", "\"a\nb,\"\"" + id + "\"\",c\"\n", open},
		{"an id after a delimiter and text", "\"a\nb,x" + id + "\nc\"\n", nil},
		{"an id before a delimiter and text", "\"a\nb " + id + "x,c\"\n", nil},
		{"an id after a delimiter alone", "\"a\nb," + id + " x\"\n", nil},
		{"an id before a delimiter alone", "\"a\nx " + id + ",b\"\n", nil},
		{"two ids in a sentence", "\"a\n " + id + " and " + id + "\"\n", open},
		{"two ids without anything between", "\"a\n x" + id + id + "\"\n", open},
		{"an id below hyphens", "\"a-b\n--" + strings.Repeat("-", 40) + "\n" + id + ",b\"\n", open},
		{"an id behind a hyphen", "\"a\nb-c," + id + ",d\"\n", open},
		{"an id behind a cut id", "\"a\nf75a4542-53a0," + id + ",d\"\n", open},
		{"an id further down", "\"a\nb\"\nc,\"d\n," + id + ",\"\n", &sheet.Fault{Kind: sheet.OpenQuote, Line: 4, Row: 3, Column: 1}},
		{"an id with a character missing", "\"a\n," + id[1:] + ",\"\n", nil},
		{"an id without its last character", "\"a\n," + id[:35] + ",\"\n", nil},
		{"an id without its last character, at the end", "\"a\n," + id[:35] + "\"", nil},
		{"an id far inside of the cell", "\"a\n" + strings.Repeat("x", 64<<10) + "\n," + id + ",\"\n", nil},
		{"an id less far inside of the cell", "\"a\n" + strings.Repeat("x", 60<<10) + "\n," + id + ",\"\n", open},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, opt := range cuts {
				got := read(t, []byte(headLine+tt.body), opt).Fault
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%+v: fault (-want +got):\n%s", opt, diff)
				}
			}
		})
	}
	t.Run("half of a no-break space ends the file", func(t *testing.T) {
		text := headLine + row("Caf\xe9") + "\"a\"\xc2"
		for _, opt := range cuts {
			if diff := cmp.Diff(&sheet.Fault{Kind: sheet.StrayQuote, Line: 3, Row: 3}, read(t, []byte(text), opt).Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		}
	})
	t.Run("tabs between ids", func(t *testing.T) {
		head := strings.ReplaceAll(headLine, ",", "\t")
		for body, want := range map[string]*sheet.Fault{
			"\"a\n\t" + id + "\t\"\n": open, "\"a\nx \t" + id + " y\"\n": nil, "\"a\n \t " + id + " \t \"\n": open,
		} {
			if diff := cmp.Diff(want, read(t, []byte(head+body), delimited.Options{}).Fault); diff != "" {
				t.Errorf("%q: fault (-want +got):\n%s", body, diff)
			}
		}
	})
}

// TestIDs knows an id when it sees one.
func TestIDs(t *testing.T) {
	const id = "f75a4542-53a0-4f7e-b41e-491b9712a703"
	tests := map[string]bool{
		id:                                     true,
		strings.ToUpper(id):                    true,
		"00000000-9999-aaaa-ffff-AAAAFFFF0000": true,
		"ffffffff-ffff-ffff-ffff-ffffffffffff": true,
	}
	for i := range len(id) {
		for _, c := range "/:@G`g-" {
			if string(c) != id[i:i+1] {
				tests[id[:i]+string(c)+id[i+1:]] = false
			}
		}
	}
	for text, want := range tests {
		f := open(t, []byte(headLine+"\"a\n,"+text+",\"\n"), delimited.Options{}).Facts().Fault
		if got := f != nil; got != want {
			t.Errorf("%q: fault %+v", text, f)
		}
	}
}

// TestChunks cuts a table where a record ends, each chunk beyond its size.
func TestChunks(t *testing.T) {
	const head = "tenant,plan_id,sub_id" // 21 bytes
	tests := []struct {
		name string
		row  string
		size int
		want []int // rows of each chunk; the headings are in the first
	}{
		{"one", "1,2345678\n", 1000, []int{6}},
		{"each row", "1,2345678\n", 1, []int{0, 1, 1, 1, 1, 1, 1}},
		{"just less than a row", "1,2345678\n", 9, []int{0, 1, 1, 1, 1, 1, 1}},
		{"as much as a row", "1,2345678\n", 10, []int{0, 2, 2, 2}},
		{"just less than two rows", "1,2345678\n", 19, []int{0, 2, 2, 2}},
		{"as much as two rows", "1,2345678\n", 20, []int{0, 3, 3}},
		{"as much as the headings", "1,2345678\n", 22, []int{1, 3, 2}},
		{"CRLF, due before CR", "1,234567\r\n", 8, []int{0, 1, 1, 1, 1, 1, 1}},
		{"CRLF, due before LF", "1,234567\r\n", 9, []int{0, 1, 1, 1, 1, 1, 1}},
		{"CRLF, due behind LF", "1,234567\r\n", 10, []int{0, 2, 2, 2}},
		{"CR", "1,2345678\r", 9, []int{0, 1, 1, 1, 1, 1, 1}},
		{"line ends in quotes", "1,\"\n\n\n\n\"\n", 8, []int{0, 1, 1, 1, 1, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := head + strings.TrimLeft(tt.row[len(tt.row)-2:], "8\"") + strings.Repeat(tt.row, 6)
			lines := max(strings.Count(tt.row, "\n"), strings.Count(tt.row, "\r")) // of a row
			table := open(t, []byte(text), delimited.Options{ChunkBytes: tt.size})
			var got []int
			reader, at := table.Reader(), 0
			for i := range table.Facts().Chunks {
				got = append(got, 0)
				_, err := reader.Read(i, func(r *sheet.Record) bool {
					got[i]++
					if want := 2 + at*lines; r.Line != want || r.Row != 2+at {
						t.Errorf("record %d in line %d, row %d, want line %d, row %d", at, r.Line, r.Row, want, 2+at)
					}
					at++
					return true
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			// A chunk behind the last row is empty.
			if n := len(got); n > 0 && got[n-1] == 0 {
				got = got[:n-1]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows of chunks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRecordsAtMost counts no fewer records than there are.
func TestRecordsAtMost(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
	}{
		{headLine, 2},
		{headLine + row("x"), 3},
		{strings.TrimSpace(headLine + row("x")), 2},
		{"Title\n\n" + headLine + row("x") + "\n\n", 5},
		{"sep=,\n" + headLine + row("\"x\ny\""), 3},
		{strings.ReplaceAll(headLine+row("x")+row("y"), "\n", "\r\n"), 4},
	} {
		for _, opt := range cuts {
			if got := read(t, []byte(tt.text), opt).Records; got != tt.want {
				t.Errorf("%q: %d, want %d", tt.text, got, tt.want)
			}
		}
	}
}

// TestPlaces locates a byte that is at fault.
func TestPlaces(t *testing.T) {
	sixes := strings.Split("1,2,3,4,5,6", ",")
	tests := []struct {
		name, text        string // ! is the byte
		line, row, column int
	}{
		{"first byte", headLine + "x!\n", 2, 2, 0},
		{"in the headings", "tenant,plan_id,sub_id,a!\n", 1, 1, 3},
		{"above the headings", "Title\n,!x\n" + headLine, 2, 2, 1},
		{"below a sep= line", "sep=,\n" + headLine + "x,!\n", 3, 2, 1},
		{"above the headings, below a sep= line", "sep=,\n,x!\n" + headLine, 2, 1, 1},
		{"last column", headLine + strings.Join(sixes, ",") + "!\n", 2, 2, 5},
		{"after blank rows", headLine + "\n\n,!x\n", 4, 4, 1},
		{"after CRLF", strings.ReplaceAll(headLine+row("x")+",!x\n", "\n", "\r\n"), 3, 3, 1},
		{"after CR", strings.ReplaceAll(headLine+row("x")+",!x\n", "\n", "\r"), 3, 3, 1},
		{"after CR and LF of their own", headLine + "x\n\rx\r\r\n,!x\n", 6, 6, 1},
		{"between CR and LF", headLine + "x\r!x\n", 3, 3, 0},
		{"behind a quoted cell", headLine + "\"a,b\",!\n", 2, 2, 1},
		{"inside of a quoted cell", headLine + "x,\"a,!b\"\n", 2, 2, 1},
		{"behind quotes in quotes", headLine + "\"a\"\",b\"\"\",\"\"\"!\"\n", 2, 2, 1},
		{"behind a quoted cell of several lines", headLine + "\"a\n\r\n,b\r\",!\n", 2, 2, 1},
		{"in the record below that", headLine + "\"a\n\r\n,b\r\"\n,x!\n", 6, 3, 1},
		{"behind spaces and a quoted cell", headLine + " \t\"a,b\" ,!\n", 2, 2, 1},
		{"behind a quote inside of a value", headLine + "a\",b!\n", 2, 2, 1},
		{"behind a value and a space and a quote", headLine + "a \",b!\n", 2, 2, 1},
		{"behind a quoted cell behind a value", headLine + "a,\"b,c\",!\n", 2, 2, 2},
		{"behind a quoted cell at the start of a row", headLine + "a\n\"b,c\",!\n", 3, 3, 1},
		{"far down", headLine + strings.Repeat(row("x"), 100) + ",,!x\n", 102, 102, 2},
		{"behind a long row", headLine + strings.Repeat("x", 200_000) + ",!x\n", 2, 2, 1},

		{"the row starts with it", headLine + "!x,\n", 2, 2, 0},
		{"nothing else in the row", headLine + "!\n", 2, 2, -1},
		{"nothing else in a row that CR ends", headLine + "!\r", 2, 2, -1},
		{"nothing else in a row between CRLF", headLine + "x\r\n!\r\n", 3, 3, -1},
		{"nothing else to the end", headLine + row("x") + "!", 3, 3, -1},
		{"nothing but it to the end", headLine + row("x") + "!!!!!", 3, 3, -1},
		{"it, then text", headLine + "!!!!x\n", 2, 2, 0},
		{"nothing but it for long, then text", headLine + strings.Repeat("!", 4095) + "x\n", 2, 2, 0},
		{"nothing but it for longer, then text", headLine + strings.Repeat("!", 4096) + "x\n", 2, 2, -1},
		{"nothing else in the cell", headLine + "x,!\n", 2, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, opt := range cuts {
				got := read(t, []byte(strings.ReplaceAll(tt.text, "!", "\x00")), opt).Fault
				want := &sheet.Fault{Kind: sheet.NulByte, Line: tt.line, Row: tt.row, Column: tt.column}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%+v: fault (-want +got):\n%s", opt, diff)
				}
			}
		})
	}
	t.Run("tabs", func(t *testing.T) {
		text := strings.ReplaceAll(headLine, ",", "\t") + "a\t\"b\t\"\t\x00x\n"
		want := &sheet.Fault{Kind: sheet.NulByte, Line: 2, Row: 2, Column: 2}
		if diff := cmp.Diff(want, read(t, []byte(text), delimited.Options{}).Fault); diff != "" {
			t.Errorf("fault (-want +got):\n%s", diff)
		}
	})
	t.Run("at any place of many rows", func(t *testing.T) {
		rows := headLine
		for i := range 20 {
			rows += fmt.Sprint(i, ",x\n")
		}
		line, column := 1, 0
		for i := range len(rows) {
			c := rows[i]
			if i >= len(headLine) && c != '\n' {
				text := rows[:i] + "\x00" + rows[i:] // never alone in its row
				for _, opt := range cuts {
					got := read(t, []byte(text), opt).Fault
					want := &sheet.Fault{Kind: sheet.NulByte, Line: line, Row: line, Column: column}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatalf("%d, %+v: fault (-want +got):\n%s", i, opt, diff)
					}
				}
			}
			switch c {
			case '\n':
				line, column = line+1, 0
			case ',':
				column++
			}
		}
	})
}

// TestOrder says of several faults the one that comes first in the rules.
func TestOrder(t *testing.T) {
	id := "f75a4542-53a0-4f7e-b41e-491b9712a703"
	semicolons := strings.ReplaceAll(row("x"), ",", ";")
	for _, tt := range []struct {
		name, text string
		want       sheet.Kind
	}{
		{"no headings and an open quote", "a,b\n\"c\n", sheet.NoHeader},
		{"no headings and a NUL byte", "a,b\nc\x00\n", sheet.NulByte},
		{"a NUL byte alone", "\x00", sheet.NulByte},
		{"a NUL byte and an open quote", headLine + "\"a\n\x00", sheet.NulByte},
		{"another delimiter and an open quote", headLine + strings.Repeat(semicolons, 10) + "\"a\n", sheet.BadDelimiter},
		{"another delimiter and a NUL byte", headLine + semicolons + "a\x00\n", sheet.NulByte},
		{"another encoding and a NUL byte", headLine + "\x81\x00\n", sheet.BadEncoding},
		{"a mixed encoding and an open quote", headLine + "é\xe9\n\"a", sheet.BadEncoding},
		{"text behind a quote and an open quote", headLine + "\"a\"b\n\"c", sheet.StrayQuote},
		{"a swallowed row and text behind a quote", headLine + "\"a\n," + id + ",\"b\n", sheet.OpenQuote},
		{"Windows-1252 and an open quote", headLine + row("Caf\xe9") + "\"a", sheet.OpenQuote},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, opt := range cuts {
				if got := open(t, []byte(tt.text), opt).Facts().Fault; got == nil || got.Kind != tt.want {
					t.Errorf("fault %+v, want kind %d", got, tt.want)
				}
			}
		})
	}
}
