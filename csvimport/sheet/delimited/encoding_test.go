package delimited_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// wide are the encodings with more than one byte to a letter.
var wide = map[string]func(string) []byte{
	sheet.UTF16LE: func(s string) []byte { return units16(s, binary.LittleEndian) },
	sheet.UTF16BE: func(s string) []byte { return units16(s, binary.BigEndian) },
	sheet.UTF32LE: func(s string) []byte { return units32(s, binary.LittleEndian) },
	sheet.UTF32BE: func(s string) []byte { return units32(s, binary.BigEndian) },
}

func units16(s string, order binary.AppendByteOrder) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func units32(s string, order binary.AppendByteOrder) (b []byte) {
	for _, r := range s {
		b = order.AppendUint32(b, uint32(r))
	}
	return b
}

// TestWide reads the wide encodings, with a byte order mark and without.
func TestWide(t *testing.T) {
	text := headLine + row("Grüße 日本 🚀") + row("\"x\r\ny\"")
	want := read(t, []byte(text), delimited.Options{})
	if want.Fault != nil || len(want.Lines) != 2 {
		t.Fatalf("fault %+v, %d records", want.Fault, len(want.Lines))
	}
	for name, encode := range wide {
		for mark, first := range map[string]string{"marked": "\ufeff", "without a mark": "", "marked twice": "\ufeff\ufeff"} {
			t.Run(name+" "+mark, func(t *testing.T) {
				want := want
				want.Style.Encoding, want.Style.BOM = name, first != ""
				data := encode(first + text)
				if diff := cmp.Diff(want, read(t, data, delimited.Options{})); diff != "" {
					t.Errorf("content (-want +got):\n%s", diff)
				}
				// A file that ends inside a letter was cut.
				unit := len(encode("x"))
				for n := 1; n < unit; n++ {
					fault := open(t, data[:len(data)-n], delimited.Options{}).Facts().Fault
					if diff := cmp.Diff(&sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingCut, Column: -1}, fault); diff != "" {
						t.Errorf("%d bytes cut off (-want +got):\n%s", n, diff)
					}
				}
			})
		}
	}
}

// TestWideByZeros recognises a wide encoding without a mark as long as most of
// its letters are of the west, and few have a zero where these have none.
func TestWideByZeros(t *testing.T) {
	// Of 640 bytes 7 in 10 zeros are enough where zeros are to be, and 1 in 10
	// not too many where none are.
	tests := []struct {
		name   string
		letter string // which replaces others, every step letters
		from   int
		step   int
		most   int // how many may be replaced
		names  []string
	}{
		{"even letters that are not western", "\u0434", 1, 2, 48, []string{sheet.UTF16LE, sheet.UTF16BE}},
		{"odd letters that are not western", "\u0434", 0, 2, 48, []string{sheet.UTF16LE, sheet.UTF16BE}},
		{"even letters with a zero", "\u0400", 1, 2, 16, []string{sheet.UTF16LE, sheet.UTF16BE}},
		{"odd letters with a zero", "\u0400", 0, 2, 16, []string{sheet.UTF16LE, sheet.UTF16BE}},
		{"letters that are not western", "\u0434", 0, 1, 48, []string{sheet.UTF32LE, sheet.UTF32BE}},
		{"letters of the second plane", "\U00010041", 0, 1, 48, []string{sheet.UTF32LE, sheet.UTF32BE}},
		{"letters with a zero", "\u0400", 0, 1, 16, []string{sheet.UTF32LE, sheet.UTF32BE}},
	}
	for _, tt := range tests {
		for _, name := range tt.names {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				text := func(n int) []byte {
					size := 640 / len(wide[name]("x"))
					letters := strings.Split(headLine+strings.Repeat("x", size-len(headLine)), "")
					for i := len(headLine) + tt.from; n > 0; i += tt.step {
						letters[i] = tt.letter
						n--
					}
					return wide[name](strings.Join(letters, ""))
				}
				facts := open(t, text(tt.most), delimited.Options{}).Facts()
				if facts.Fault != nil || facts.Style.Encoding != name {
					t.Errorf("%d: %s, fault %+v", tt.most, facts.Style.Encoding, facts.Fault)
				}
				facts = open(t, text(tt.most+1), delimited.Options{}).Facts()
				if facts.Fault == nil || facts.Style.Encoding == name {
					t.Errorf("%d: %s, no fault", tt.most+1, facts.Style.Encoding)
				}
			})
		}
	}
	t.Run("only the first bytes", func(t *testing.T) {
		text := headLine + strings.Repeat("x", 512) // more than 1024 bytes in UTF-16
		text = text[:512] + strings.Repeat("\u0434", 5000)
		if facts := open(t, wide[sheet.UTF16BE](text), delimited.Options{}).Facts(); facts.Fault != nil || facts.Style.Encoding != sheet.UTF16BE {
			t.Errorf("%s, fault %+v", facts.Style.Encoding, facts.Fault)
		}
	})
	t.Run("eight bytes at least", func(t *testing.T) {
		for text, want := range map[string]string{"abcd": sheet.UTF16LE, "abc": sheet.UTF8} {
			if facts := open(t, wide[sheet.UTF16LE](text), delimited.Options{}).Facts(); facts.Style.Encoding != want {
				t.Errorf("%q: %s, want %s", text, facts.Style.Encoding, want)
			}
		}
	})
}

// TestMark drops byte order marks of UTF-8, however many.
func TestMark(t *testing.T) {
	for n := range 3 {
		got := read(t, []byte(strings.Repeat("\ufeff", n)+headLine+row("x")), delimited.Options{})
		if got.Fault != nil || got.Header.Cells[0] != "tenant" || got.Style.BOM != (n > 0) || got.Style.Encoding != sheet.UTF8 {
			t.Errorf("%d marks: fault %+v, header %q, %+v", n, got.Fault, got.Header.Cells, got.Style)
		}
	}
}

// TestWindows1252 reads every letter of Windows-1252, each between spaces.
func TestWindows1252(t *testing.T) {
	var bytes, want []string
	for c := 0x80; c <= 0xff; c++ {
		switch c {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d: // not defined
		case 0x88, 0x98, 0xa4: // the euro of other code pages
		default:
			bytes = append(bytes, string([]byte{byte(c)}))
			want = append(want, string(charmap.Windows1252.DecodeByte(byte(c))))
		}
	}
	text := headLine + row("x") + row("-"+strings.Join(bytes, " ")+"-")
	got := read(t, []byte(text), delimited.Options{})
	if got.Fault != nil || got.Style.Encoding != sheet.Windows1252 {
		t.Fatalf("%s, fault %+v", got.Style.Encoding, got.Fault)
	}
	if diff := cmp.Diff("-"+strings.Join(want, " ")+"-", got.Lines[1].Cells[3]); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]sheet.NoticeKind{sheet.GuessedEncoding}, got.Notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

// TestGuessed tells from which chunk on letters were guessed.
func TestGuessed(t *testing.T) {
	text := headLine + row("first") + row("second") + row("Caf\xe9") + row("\xc9cole")
	opt := delimited.Options{ChunkBytes: 1}
	table := open(t, []byte(text), opt)
	notices := table.Facts().Notices
	if len(notices) != 1 || notices[0].Kind != sheet.GuessedEncoding || notices[0].Line != 0 {
		t.Fatalf("notices %+v", notices)
	}
	var names []string
	_, err := table.Reader().Read(notices[0].Chunk, func(r *sheet.Record) bool {
		names = append(names, r.Cells[3])
		return true
	})
	if diff := cmp.Diff([]string{"Café"}, names); diff != "" || err != nil {
		t.Errorf("error %v, names of the chunk (-want +got):\n%s", err, diff)
	}
	// The last byte before a chunk is not in it, the first one is.
	text = headLine + row("x") + "\xc9cole,1\n" + row("x")
	if got := open(t, []byte(text), opt).Facts().Notices[0].Chunk; got != 2 {
		t.Errorf("chunk %d, want 2", got)
	}
	if got := open(t, []byte(headLine+row("x")+"1,\xc9\n"+row("x")), opt).Facts().Notices[0].Chunk; got != 2 {
		t.Errorf("chunk %d, want 2", got)
	}
	if got := open(t, []byte(headLine+row("Caf\xe9")), delimited.Options{}).Facts().Notices[0].Chunk; got != 0 {
		t.Errorf("chunk %d, want 0", got)
	}
}

// TestCodePage decides whether text that is not UTF-8 may be Windows-1252, by
// where its letters stand.
func TestCodePage(t *testing.T) {
	western := strings.Repeat(" \xe9t\xe9", 50) // a hundred letters that stand well
	tests := []struct {
		name, text string
		want       bool
	}{
		{"a small letter", "Caf\xe9", true},
		{"a capital", "\xc9cole", true},
		{"a capital after a capital", "\xc9\xc9", true},

		{"81 is not defined", western + " \x81", false},
		{"8D is not defined", western + " \x8d", false},
		{"8F is not defined", western + " \x8f", false},
		{"90 is not defined", western + " \x90", false},
		{"9D is not defined", western + " \x9d", false},
		{"88 is the euro elsewhere", western + " \x88", false},
		{"98 stands in no name", western + " \x98", false},
		{"A4 is the euro elsewhere", western + " \xa4", false},
		{"at the very end, after a letter", western + "\x81", false},

		{"three in a row", "\xe9\xe9\xe9", true},
		{"four in a row", western + " \xe9\xe9\xe9\xe9", false},
		{"four, with a space between", western + " \xe9\xe9\xe9 \xe9", true},
		{"four, with a no-break space between", western + " \xe9\xe9\xe9\xa0\xe9", true},
		{"four, with an ASCII letter between", western + " \xe9\xe9\xe9a\xe9", true},
		{"three in a row, twice in eleven", "\xe9\xe9\xe9 \xe9\xe9\xe9 \xe9 \xe9 \xe9 \xe9 \xe9", false},
		{"three in a row, twice in twelve", "\xe9\xe9\xe9 \xe9\xe9\xe9 \xe9 \xe9 \xe9 \xe9 \xe9 \xe9", true},
		{"five in pairs", "\xe9\xe9 \xe9\xe9 \xe9", true},

		{"one that stands oddly, four that stand well", "a\x82 \xe9 \xe9 \xe9 \xe9", true},
		{"one that stands oddly, three that stand well", "a\x82 \xe9 \xe9 \xe9", false},
		{"one that stands oddly, three that stand well and a sign", "a\x82 \xe9 \xe9 \xe9 \xbf", false},
		{"one that stands oddly, four that stand well, the first of them C0", "a\x82 \xc0 \xe9 \xe9 \xe9", true},
		{"two that stand oddly", western + "a\x82 a\x82", false},

		{"S with caron starts a word", "\x8akoda", true},
		{"S with caron after a capital", "A\x8aA", true},
		{"S with caron after a small letter", "a\x8a", false},
		{"OE after a small letter", "z\x8c", false},
		{"Z with caron after a small letter", "n\x8eA", false},
		{"Y with diaeresis after a small letter", "n\x9f", false},
		{"S with caron after the sign before a", "`\x8a", true},
		{"S with caron after the sign behind z", "{\x8a", true},

		{"low quote opens", " \x84x", true},
		{"low quote after a letter", "x\x84", false},
		{"low single quote after a capital", "A\x82", false},
		{"dagger after a capital", "Z\x86", false},
		{"double dagger after a small letter", "a\x87", false},
		{"per mille after a small letter", "z\x89", false},
		{"inverted exclamation mark after a letter", "x\xa1", false},
		{"inverted question mark after a letter", "x\xbf", false},
		{"inverted question mark after a letter that is not ASCII", " \xe9\xbf", false},
		{"inverted question mark after C0", " \xc0\xbf", false},
		{"low quote after a digit", "9\x84", true},
		{"low quote after the sign before A", "@\x84", true},
		{"low quote after the sign behind Z", "[\x84", true},
		{"low quote after the sign before a", "`\x84", true},
		{"low quote after the sign behind z", "{\x84", true},

		{"thorn starts a word", " \xde\xf3r", true},
		{"thorn inside a word", "a\xfea", true},
		{"small thorn ends a word", "a\xfe", false},
		{"thorn ends a word", "A\xde", false},
		{"thorn after a full stop", ".\xde", false},
		{"thorn alone", " \xde ", true},

		{"no-break space inside a word", "a\xa0b", true},
		{"soft hyphen inside a word", "a\xadb", true},
		{"apostrophe inside a word", "a\x92s", true},
		{"opening apostrophe inside a word", "a\x91s", true},
		{"dash inside a word", "a\x96s", true},
		{"long dash inside a word", "a\x97s", true},
		{"florin inside a word", "a\x83s", true},
		{"small s with caron inside a word", "a\x9aa", true},
		{"small oe inside a word", "a\x9ca", true},
		{"small z with caron inside a word", "a\x9ea", true},
		{"feminine ordinal inside a word", "a\xaaa", true},
		{"acute inside a word", "a\xb4a", true},
		{"middle dot inside a word", "a\xb7a", true},
		{"masculine ordinal inside a word", "a\xbaa", true},

		{"capital after a small letter, at the end", "a\xc0", false},
		{"the last capital, likewise", "z\xdd", false},
		{"capital after a small letter, inside", "a\xc0b", true},
		{"capital after a capital, at the end", "A\xc0", true},
		{"capital after the sign before a", "`\xc0", true},
		{"capital after the sign behind z", "{\xc0", true},
		{"small letter at the end", "a\xdf", true},
		{"the first small letter with an accent at the end", "a\xe0", true},

		{"trade mark inside a word", "a\x99b", false},
		{"copyright inside a word", "a\xa9b", false},
		{"copyright between capitals", "A\xa9B", true},
		{"copyright after a word", "a\xa9 ", true},
		{"copyright before a word", " \xa9a", true},
		{"times inside a word", "a\xd7b", false},
		{"divided inside a word", "a\xf7b", false},
		{"times between capitals", "A\xd7B", true},
		{"euro before the sign before a", "a\x80`", true},
		{"euro before a", "a\x80a", false},
		{"euro before z", "a\x80z", false},
		{"euro before the sign behind z", "a\x80{", true},
		{"euro before C0", "a\x80\xc0b", false},
		{"euro before a letter, after A", "A\x80a", false},
		{"euro before a letter, after Z", "Z\x80a", false},
		{"euro before a letter, after a digit", "9\x80a", true},
		{"two signs at the end of a word", "a\x80\xa3", false},
		{"a sign and A2", "a\x80\xa2", false},
		{"a sign and A1", "a\x80\xa1 \xe9 \xe9 \xe9", false}, // both stand oddly
		{"a sign and BE", "a\x80\xbe", false},
		{"a sign and a no-break space", "a\x80\xa0", true},
		{"a sign and a guillemet", "a\x80\xab", true},
		{"a sign and a closing guillemet", "a\x80\xbb", true},
		{"a sign and a feminine ordinal", "a\x80\xaa", true},
		{"a sign and a soft hyphen", "a\x80\xad", true},
		{"a sign and registered", "a\x80\xae", true},
		{"a sign and an acute", "a\x80\xb4", true},
		{"a sign and a middle dot", "a\x80\xb7", true},
		{"a sign and a masculine ordinal", "a\x80\xba", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(headLine + row("x") + row(" "+tt.text+" "))
			for _, opt := range append(pieces, delimited.Options{}) {
				facts := open(t, text, opt).Facts()
				if got := facts.Style.Encoding == sheet.Windows1252; got != tt.want {
					t.Errorf("%s, fault %+v", facts.Style.Encoding, facts.Fault)
				}
			}
		})
	}
}

// TestSpacing1252 starts a run of letters anew after spaces, dashes and quotes.
func TestSpacing1252(t *testing.T) {
	for c := 0x80; c <= 0xff; c++ {
		want := false
		switch c {
		case 0x82, 0x84, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0xa0, 0xab, 0xbb:
			want = true
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0x88, 0x98, 0xa4:
			continue // refused
		}
		// Between other letters some stand oddly, which many others outweigh.
		text := headLine + row(strings.Repeat(" \xe9t\xe9", 50)+" \xe9\xe9"+string([]byte{byte(c)})+"\xe9")
		facts := open(t, []byte(text), delimited.Options{}).Facts()
		if got := facts.Style.Encoding == sheet.Windows1252; got != want {
			t.Errorf("%#x: %s", c, facts.Style.Encoding)
		}
	}
}

// TestMixed tells text of which a part is not UTF-8 from text of another code
// page in which some bytes are UTF-8 by chance.
func TestMixed(t *testing.T) {
	const good, bad = "\u00e9 ", "\xe9 "
	mixed := sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingMixed, Line: 2, Row: 2, Column: 3, Byte: 0xe9}
	unknown, cut := mixed, mixed
	unknown.Detail, cut.Detail = sheet.EncodingUnknown, sheet.EncodingCut
	plain := headLine + row("x")
	at := func(f sheet.Fault, line, column int, c byte) sheet.Fault {
		f.Line, f.Row, f.Column, f.Byte = line, line, column, c
		return f
	}
	tests := []struct {
		name, text string
		want       sheet.Fault
	}{
		{"half of them", headLine + row(good+bad), mixed},
		{"more than half", headLine + row(good+bad+bad), unknown},
		{"more than half, after a mark", "\ufeff" + headLine + row(good+bad+bad), mixed},
		{"all, after a mark", "\ufeff" + headLine + row(bad), mixed},
		{"half of the first 64", headLine + row(strings.Repeat(good+bad, 32)+strings.Repeat(bad, 100)), mixed},
		{"more than half of the first 64", headLine + row(strings.Repeat(good+bad, 31)+bad+bad+strings.Repeat(good, 100)), unknown},
		{"the first 64, then others", headLine + row(strings.Repeat(bad, 64)+good), unknown},
		{"one behind the first 64", headLine + row(strings.Repeat(good, 64)+bad), mixed},
		{"one far behind the first 64", headLine + row(strings.Repeat(good, 100)) + row("x") + row(good+bad), at(mixed, 4, 3, 0xe9)},
		{"a byte that starts nothing", headLine + row(good+"\xff"), at(mixed, 2, 3, 0xff)},
		{"a byte that follows nothing", headLine + row(good+"\x80"), at(mixed, 2, 3, 0x80)},
		{"three bytes of four, which are three of four", headLine + row(good+"\xf0\x9f\x9a"), at(unknown, 2, 3, 0xf0)},
		{"three bytes of four, which are three of six", headLine + row(good+good+good+"\xf0\x9f\x9a"), at(mixed, 2, 3, 0xf0)},

		{"one byte of two at the end", plain + good + ",\xc3", at(cut, 3, 1, 0xc3)},
		{"two bytes of three at the end", plain + good + ",\xe6\x97", at(cut, 3, 1, 0xe6)},
		{"three bytes of four at the end", plain + good + ",\xf0\x9f\x9a", at(cut, 3, 1, 0xf0)},
		{"one byte of two at the end of ASCII text", plain + "x,\xc3", at(cut, 3, 1, 0xc3)},
		{"a byte that starts nothing at the end", plain + good + ",\xff", at(mixed, 3, 1, 0xff)},
		{"cut, but there is a bad byte above", headLine + row(good+bad) + "x,\xc3", mixed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, opt := range append(pieces, delimited.Options{}) {
				facts := open(t, []byte(tt.text), opt).Facts()
				if diff := cmp.Diff(&tt.want, facts.Fault); diff != "" {
					t.Errorf("fault (-want +got):\n%s", diff)
				}
				if facts.Style.Encoding != sheet.Unknown {
					t.Errorf("encoding %s, want %s", facts.Style.Encoding, sheet.Unknown)
				}
			}
		})
	}
}

// TestUnknown counts the records with letters that cannot be known, and shows
// one.
func TestUnknown(t *testing.T) {
	fault := func(count int, value string) *sheet.Fault {
		return &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1, Count: count, Value: value}
	}
	many := headLine
	for i := range 20 {
		many += row(fmt.Sprint("\x81\x80", i))
	}
	tests := []struct {
		name, text string
		opt        delimited.Options
		want       *sheet.Fault
	}{
		{"one of three", headLine + row("x") + row("a\x81\xff\x7f") + row("x"), delimited.Options{}, fault(1, "a??\x7f")},
		{"two cells of a record count once", headLine + row("\x81") + "\x81,\x81a\n", delimited.Options{}, fault(2, "?")},
		{"a long cell", headLine + row(strings.Repeat("\x81", 100)), delimited.Options{}, fault(1, strings.Repeat("?", 60))},
		{"all in one chunk", many, delimited.Options{}, fault(20, "??0")},
		{"no more than sixteen chunks", many, delimited.Options{ChunkBytes: 1}, fault(15, "??0")},
		{"letters among the headings alone", strings.Replace(headLine, "\n", ",\x81\n", 1) + row("x"), delimited.Options{}, fault(0, "")},
		{"CR and letters, as on old Macs", strings.ReplaceAll(headLine+row("Caf\xe9"), "\n", "\r"), delimited.Options{}, fault(1, "Caf?")},
		{"CR, letters and one LF", strings.ReplaceAll(headLine+row("Caf\xe9"), "\n", "\r") + "\n", delimited.Options{}, nil},
		{"CRLF and letters", strings.ReplaceAll(headLine+row("Caf\xe9"), "\n", "\r\n"), delimited.Options{}, nil},
		{"LF only inside of quotes", strings.ReplaceAll(headLine+row("Caf\xe9"), "\n", "\r") + "\"\n\"\r", delimited.Options{}, fault(1, "Caf?")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, open(t, []byte(tt.text), tt.opt).Facts().Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLettersAtAnyPlace finds a letter at each place of a row of ASCII text.
func TestLettersAtAnyPlace(t *testing.T) {
	for n := range 20 {
		text := []byte(headLine + row(strings.Repeat("x", n)+"\xe9"+strings.Repeat("x", 20-n)))
		got := read(t, text, delimited.Options{})
		want := strings.Repeat("x", n) + "é" + strings.Repeat("x", 20-n)
		if got.Fault != nil || got.Lines[0].Cells[3] != want {
			t.Errorf("%d: fault %+v, records %q, want %q", n, got.Fault, got.Lines[0].Cells, want)
		}
		text = bytes.Replace(text, []byte("\xe9"), []byte("é"), 1)
		if got := read(t, text, delimited.Options{}); got.Style.Encoding != sheet.UTF8 || got.Lines[0].Cells[3] != want {
			t.Errorf("%d: %s %q", n, got.Style.Encoding, got.Lines[0].Cells)
		}
	}
}
