package delimited_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// utf7 writes letters as UTF-7 does between + and -.
func utf7(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// TestSevenBit recognises codes that write all letters in ASCII.
func TestSevenBit(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"ISO-2022-JP", "\x1b$B3t\x1b(B", true},
		{"ISO-2022, another set", "\x1b(J", true},
		{"ISO-2022-KR", "\x1b)C", true},
		{"colours of a terminal", "\x1b[1mx\x1b[0m", false},
		{"a colour, then ISO-2022-JP", "\x1b[1m\x1b$B", true},
		{"two escapes, then ISO-2022-JP", "\x1b\x1b$B", true},
		{"escape alone", "\x1b", false},

		{"HZ", "~{<:~}", true},
		{"the start of HZ", "~{<:", false},
		{"the end of HZ", "<:~}", false},

		{"UTF-7, two letters", "+AOk- +AOk-", true},
		{"UTF-7, one letter", "+AOk-", false},
		{"UTF-7, a plus among letters", "+AOk- +- +AOk-", true},
		{"UTF-7, pluses alone", "+- +-", false},
		{"UTF-7, letters that end without a minus", "+AOk +AOk", true},
		{"UTF-7, runs of one, two and three letters", "+" + utf7("é") + "-+" + utf7("éé") + "-+" + utf7("日本語") + "-", true},
		{"UTF-7, a letter of two units", "+" + utf7("🚀") + "- +AOk-", true},
		{"half of such a letter", "+2D0- +AOk-", false},
		{"a plus and text", "+AOk- +AOk- a+b", false},
		{"a plus and two letters", "+AOk- +AOk- +ab-", false},
		{"a plus and a sign", "+AOk- +AOk- +,", false},
		{"bits left over", "+AOl- +AOk-", false},
		{"no whole letter", "+AOkA- +AOk-", false},
		{"a control character", "+AAE- +AOk-", false},
		{"all the signs of base64", "+" + utf7("\u0410\u4e5f\ufa5a\u8fbf\u7eff\u3d3e\u07c0") + "- +AOk-", true},
		{"a plus at the end of a cell", "x+", false},
		{"addresses", "a+foo@b.example a+bar@b.example", false},
		{"a very long run", "+" + strings.Repeat("AOkA6QDp", 512) + "- +AOk-", true},
		{"a longer one", "+" + strings.Repeat("AOkA6QDp", 512) + "AOk- +AOk-", true},
		{"with a letter that is not ASCII", "+AOk- +AOk- é", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts := open(t, []byte(headLine+row(tt.text)), delimited.Options{}).Facts()
			var want *sheet.Fault
			encoding := sheet.UTF8
			if tt.want {
				want = &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1}
				encoding = sheet.Unknown
			}
			if diff := cmp.Diff(want, facts.Fault); diff != "" || facts.Style.Encoding != encoding {
				t.Errorf("%s, fault (-want +got):\n%s", facts.Style.Encoding, diff)
			}
		})
	}
	t.Run("at the very start", func(t *testing.T) {
		f := open(t, []byte("+AOk-,+AOk-\n"), delimited.Options{}).Facts().Fault
		if f == nil || f.Kind != sheet.BadEncoding {
			t.Errorf("fault %+v", f)
		}
	})
	t.Run("at the very end", func(t *testing.T) {
		for text, want := range map[string]bool{"\x1b$B": true, "\x1b$": false, "+AOk- +AOk": true, "+AOk- +-": false, "+AOk- +AOk- +": false} {
			f := open(t, []byte(headLine+text), delimited.Options{}).Facts().Fault
			if got := f != nil && f.Kind == sheet.BadEncoding; got != want {
				t.Errorf("%q: fault %+v", text, f)
			}
		}
	})
}
