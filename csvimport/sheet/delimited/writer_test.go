package delimited_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestWriter writes records, cells quoted where they have to be.
func TestWriter(t *testing.T) {
	plain := sheet.Style{}
	tests := []struct {
		name    string
		style   sheet.Style
		records [][]string // nil is a blank row
		want    string
	}{
		{"nothing", plain, nil, ""},
		{"plain", plain, [][]string{{"a", "b"}, {"c"}}, "a,b\nc\n"},
		{"empty cells", plain, [][]string{{"", "a", ""}}, ",a,\n"},
		{"an only cell that is empty", plain, [][]string{{""}}, "\"\"\n"},
		{"a blank row", plain, [][]string{{"a"}, nil, {"b"}}, "a\n\nb\n"},
		{"no cells", plain, [][]string{{}}, "\n"},
		{"delimiter", plain, [][]string{{"a,b", ","}}, "\"a,b\",\",\"\n"},
		{"other delimiters", plain, [][]string{{"a;b|c\td"}}, "a;b|c\td\n"},
		{"quotes", plain, [][]string{{"a\"b", "\"", "\"\""}}, "\"a\"\"b\",\"\"\"\",\"\"\"\"\"\"\n"},
		{"line ends", plain, [][]string{{"a\nb", "a\rb", "\r\n"}}, "\"a\nb\",\"a\rb\",\"\r\n\"\n"},
		{"spaces at the ends", plain, [][]string{{" a", "a ", " ", "a b"}}, "\" a\",\"a \",\" \",a b\n"},
		{"tabs at the ends", plain, [][]string{{"\ta", "a\t"}}, "\"\ta\",a\t\n"},
		{"letters", plain, [][]string{{"Grüße", "日本"}}, "Grüße,日本\n"},

		{"semicolons", sheet.Style{Delimiter: ';'}, [][]string{{"a,b", "c;d"}}, "a,b;\"c;d\"\n"},
		{"tabs", sheet.Style{Delimiter: '\t'}, [][]string{{"a", "b\tc"}}, "a\t\"b\tc\"\n"},
		{"CRLF", sheet.Style{CRLF: true}, [][]string{{"a"}, nil, {"b\nc"}}, "a\r\n\r\n\"b\nc\"\r\n"},
		{"mark", sheet.Style{BOM: true}, [][]string{{"a"}, {"b"}}, "\ufeffa\nb\n"},
		{"mark and a blank row", sheet.Style{BOM: true}, [][]string{nil, {"b"}}, "\ufeff\nb\n"},
		{"mark and nothing", sheet.Style{BOM: true}, nil, ""},
		{"an encoding that is not written", sheet.Style{Encoding: sheet.Windows1252}, [][]string{{"é"}}, "é\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			write := func(style sheet.Style) string {
				var out bytes.Buffer
				w := delimited.NewWriter(&out, style)
				for _, r := range tt.records {
					write := func() error { return w.Write(r) }
					if r == nil {
						write = w.Blank
					}
					if err := write(); err != nil {
						t.Fatal(err)
					}
				}
				if w.Failed() {
					t.Error("failed")
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				return out.String()
			}
			if got := write(tt.style); got != tt.want {
				t.Errorf("written %q, want %q", got, tt.want)
			}
			for name, encode := range wide {
				style := tt.style
				style.Encoding = name
				if got, want := write(style), string(encode(tt.want)); got != want {
					t.Errorf("%s: written %q, want %q", name, got, want)
				}
			}
		})
	}
}

// full takes some bytes and then fails, each time with another error.
type full struct {
	room, calls int
}

var errFull = [...]error{errors.New("full"), errors.New("still full")}

func (f *full) Write(p []byte) (int, error) {
	if len(p) <= f.room {
		f.room -= len(p)
		return len(p), nil
	}
	err := errFull[min(f.calls, len(errFull)-1)]
	f.calls++
	return 0, err
}

// TestWriterFailsInTheEnd does not lose an error that comes last.
func TestWriterFailsInTheEnd(t *testing.T) {
	w := delimited.NewWriter(&full{room: -1}, sheet.Style{Encoding: sheet.UTF16LE})
	if err := w.Close(); !errors.Is(err, errFull[0]) {
		t.Errorf("error %v, want %v", err, errFull[0])
	}
}

// TestWriterFails keeps the first error.
func TestWriterFails(t *testing.T) {
	long := strings.Repeat("x", 100_000) // more than is held back
	for _, encoding := range []string{sheet.UTF8, sheet.UTF16LE} {
		t.Run(encoding, func(t *testing.T) {
			t.Run("while writing", func(t *testing.T) {
				w := delimited.NewWriter(&full{room: 1000}, sheet.Style{Encoding: encoding})
				if err := w.Write([]string{"a"}); err != nil || w.Failed() {
					t.Errorf("error %v before it is full", err)
				}
				for range 2 {
					if err := w.Write([]string{long}); !errors.Is(err, errFull[0]) || !w.Failed() {
						t.Errorf("failed %t, error %v, want %v", w.Failed(), err, errFull[0])
					}
				}
				if err := w.Blank(); !errors.Is(err, errFull[0]) {
					t.Errorf("error %v of a blank row, want %v", err, errFull[0])
				}
				if err := w.Close(); !errors.Is(err, errFull[0]) {
					t.Errorf("error %v in the end, want %v", err, errFull[0])
				}
			})
			t.Run("in the end", func(t *testing.T) {
				w := delimited.NewWriter(&full{room: -1}, sheet.Style{Encoding: encoding})
				if err := w.Write([]string{"a"}); err != nil || w.Failed() {
					t.Errorf("error %v before it is full", err)
				}
				if err := w.Close(); !errors.Is(err, errFull[0]) || !w.Failed() {
					t.Errorf("failed %t, error %v, want %v", w.Failed(), err, errFull[0])
				}
			})
		})
	}
}
