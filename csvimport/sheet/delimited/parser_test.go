package delimited_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestRecords reads records below three headings.
func TestRecords(t *testing.T) {
	const q, b, s = sheet.Quoted, sheet.BareQuote, sheet.Quoted | sheet.SpacedQuote
	cells := func(c ...string) []string { return c }
	marks := func(m ...sheet.Mark) []sheet.Mark { return m }
	tests := []struct {
		name, delimiter, body string
		want                  []line
		skipped               sheet.Skipped
	}{
		{name: "plain", body: "a,b,c\n", want: []line{{2, 2, 3, 3, cells("a", "b", "c"), nil, false}}},
		{name: "no line end at the end", body: "a,b,c", want: []line{{2, 2, 3, 3, cells("a", "b", "c"), nil, false}}},
		{name: "one value", body: "a\n", want: []line{{2, 2, 1, 1, cells("a"), nil, false}}},
		{name: "spaces are kept", body: " a , b\t\n", want: []line{{2, 2, 2, 2, cells(" a ", " b\t"), nil, false}}},
		{name: "letters that are not ASCII", body: "é,日本,\u0080\n", want: []line{{2, 2, 3, 3, cells("é", "日本", "\u0080"), nil, false}}},
		{name: "semicolons", delimiter: ";", body: "a;b,c;d\n", want: []line{{2, 2, 3, 3, cells("a", "b,c", "d"), nil, false}}},
		{name: "LF, CRLF, CR and both the other way around", body: "a\nb\r\nc\rd\n\re", want: []line{
			{2, 2, 1, 1, cells("a"), nil, false}, {3, 3, 1, 1, cells("b"), nil, false}, {4, 4, 1, 1, cells("c"), nil, false},
			{5, 5, 1, 1, cells("d"), nil, false}, {7, 7, 1, 1, cells("e"), nil, false},
		}, skipped: sheet.Skipped{Rows: 1, Line: 6, Row: 6}},
		{name: "CR at the end", body: "a\r", want: []line{{2, 2, 1, 1, cells("a"), nil, false}}},

		{name: "blank rows", body: "\n \t,\n,,,,\n\u00a0,\u200b\ufeff\u2060\u00ad\na\n\n", want: []line{{6, 6, 1, 1, cells("a"), nil, false}}, skipped: sheet.Skipped{Rows: 5, Line: 2, Row: 2}},
		{name: "blank rows below", body: "a\n\"\n\"\n\n", want: []line{{2, 2, 1, 1, cells("a"), nil, false}}, skipped: sheet.Skipped{Rows: 2, Line: 3, Row: 3}},
		{name: "blank in quotes", body: "\"\",\" \"\nx\n", want: []line{{3, 3, 1, 1, cells("x"), nil, false}}, skipped: sheet.Skipped{Rows: 1, Line: 2, Row: 2}},
		{name: "the sign that ends a file of DOS", body: "a\n\x1a", want: []line{{2, 2, 1, 1, cells("a"), nil, false}}},
		{name: "the same, several times behind a value", body: "a\nb\x1a\x1a", want: []line{{2, 2, 1, 1, cells("a"), nil, false}, {3, 3, 1, 1, cells("b"), nil, false}}},
		{name: "the same inside of the file", body: "\x1a\nb\x1a\nc", want: []line{{3, 3, 1, 1, cells("b\x1a"), nil, false}, {4, 4, 1, 1, cells("c"), nil, false}}, skipped: sheet.Skipped{Rows: 1, Line: 2, Row: 2}},
		{name: "control characters are not blank", body: "\x1b,\x08\n\x0e,\x7f\n", want: []line{{2, 2, 2, 2, cells("\x1b", "\x08"), nil, false}, {3, 3, 2, 2, cells("\x0e", "\x7f"), nil, false}}},

		{name: "empty values below headings", body: "a,,\n", want: []line{{2, 2, 3, 1, cells("a", "", ""), nil, false}}},
		{name: "empty values before others", body: ",,c\n", want: []line{{2, 2, 3, 3, cells("", "", "c"), nil, false}}},
		{name: "a blank value below a heading", body: "a,b, \n", want: []line{{2, 2, 3, 2, cells("a", "b", " "), nil, false}}},
		{name: "empty values right of the headings", body: "a,b,c,,,\n", want: []line{{2, 2, 6, 3, cells("a", "b", "c"), nil, false}}},
		{name: "empty values right of the headings, then one", body: "a,b,c,,,x,\n", want: []line{{2, 2, 7, 6, cells("a", "b", "c", "", "", "x"), nil, false}}},
		{name: "values right of the headings alone", body: ",,,x\n", want: []line{{2, 2, 4, 4, cells("", "", "", "x"), nil, false}}},
		{name: "quoted values right of the headings", body: "\"a\",b,c,\"\",\"x\",\"\"\n", want: []line{{2, 2, 6, 5, cells("a", "b", "c", "", "x"), nil, false}}},

		{name: "quoted", body: "\"a,b\",\"c\"\"d\",\"e\nf\"\ng\n", want: []line{{2, 2, 3, 3, cells("a,b", "c\"d", "e\nf"), nil, false}, {4, 3, 1, 1, cells("g"), nil, false}}},
		{name: "lines inside of quotes", body: "\"a\r\nb\rc\nd\n\re\"\nx\n", want: []line{{2, 2, 1, 1, cells("a\r\nb\rc\nd\n\re"), nil, false}, {8, 3, 1, 1, cells("x"), nil, false}}},
		{name: "LF alone inside of quotes", body: "\"a\n\n\",\"\nb\"\nx\n", want: []line{{2, 2, 2, 2, cells("a\n\n", "\nb"), nil, false}, {6, 3, 1, 1, cells("x"), nil, false}}},
		{name: "a row of quotes", body: "\"\"\"\"\nx\n", want: []line{{2, 2, 1, 1, cells("\""), nil, false}, {3, 3, 1, 1, cells("x"), nil, false}}},
		{name: "a quote at the very end", body: "x,\"a\"", want: []line{{2, 2, 2, 2, cells("x", "a"), nil, false}}},
		{name: "quotes in the next row alone", body: "a,b\n\"c\"\n", want: []line{{2, 2, 2, 2, cells("a", "b"), nil, false}, {3, 3, 1, 1, cells("c"), nil, false}}},

		{name: "spaces around quotes", body: " \"a\",\"b\" ,\t\"c\"\n", want: []line{{2, 2, 3, 3, cells("a", "b", "c"), marks(s, s, s), false}}},
		{name: "a no-break space behind a quote", body: "\"a\"\u00a0,\"b\",c\n", want: []line{{2, 2, 3, 3, cells("a", "b", "c"), marks(s, q, 0), false}}},
		{name: "a tab before a quote, in a table of tabs", delimiter: "\t", body: "\t\"b\"\n", want: []line{{2, 2, 2, 2, cells("", "b"), nil, false}}},
		{name: "a space before a quote, in a table of tabs", delimiter: "\t", body: "a\t \"b\"\n", want: []line{{2, 2, 2, 2, cells("a", "b"), marks(0, s), false}}},
		{name: "quotes inside of a value", body: "a\"b\",\"c\",d\"\n", want: []line{{2, 2, 3, 3, cells("a\"b\"", "c", "d\""), marks(b, q, b), false}}},
		{name: "the mark that ends a file, behind a quote", body: "a\n\"b\"\x1a", want: []line{{2, 2, 1, 1, cells("a"), nil, false}, {3, 3, 1, 1, cells("b"), nil, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := "tenant,plan_id,sub_id\n"
			if tt.delimiter != "" {
				head = strings.ReplaceAll(head, ",", tt.delimiter)
			}
			for _, opt := range append(pieces, delimited.Options{}) {
				got := read(t, []byte(head+tt.body), opt)
				if got.Fault != nil {
					t.Fatalf("fault %+v", got.Fault)
				}
				if diff := cmp.Diff(tt.want, got.Lines); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.skipped, got.Skipped); diff != "" {
					t.Errorf("skipped (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestManyColumns keeps as many values as a spreadsheet has columns, and one
// that tells that there are more.
func TestManyColumns(t *testing.T) {
	const limit = sheet.MaxColumns
	for name, tt := range map[string]struct {
		values, cells, marks int
		first                string
	}{
		"as many":        {limit, limit, 0, "x"},
		"one more":       {limit + 1, limit + 1, 0, "x"},
		"two more":       {limit + 2, limit + 1, 0, "x"},
		"marked":         {limit, limit, limit, " \"x\""},
		"marked, more":   {limit + 1, limit + 1, limit + 1, " \"x\""},
		"marked, beyond": {limit + 2, limit + 1, limit + 1, " \"x\""},
	} {
		t.Run(name, func(t *testing.T) {
			text := headLine + tt.first + strings.Repeat(",x", tt.values-1) + "\n"
			got := read(t, []byte(text), delimited.Options{}).Lines[0]
			if got.Width != tt.values || got.Used != tt.values || len(got.Cells) != tt.cells || len(got.Marks) != tt.marks {
				t.Errorf("width %d, used %d, %d cells, %d marks", got.Width, got.Used, len(got.Cells), len(got.Marks))
			}
			if i := slices.IndexFunc(got.Cells, func(c string) bool { return c != "x" }); i >= 0 {
				t.Errorf("cell %d is %q", i, got.Cells[i])
			}
		})
	}
}
