package visible_test

import (
	"encoding/json"
	"testing"

	"bulkimport/csvimport/visible"
)

// TestText shows what a terminal would obey or nobody would see, and nothing else.
func TestText(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "Contoso, Inc.", "Contoso, Inc."},
		{"letters of the world", "Zażółć 株式会社 می\u200cخواهم 👩‍💻", "Zażółć 株式会社 می\u200cخواهم 👩‍💻"},
		{"escape", "a\x1b[2Jb", `a\u001b[2Jb`},
		{"C1 and DEL", "a\u009b2Jb\x7f", `a\u009b2Jb\u007f`},
		{"a byte that is no UTF-8", "a\x9bb", "a\ufffdb"},
		{"line ends", "a\r\nb\u2028c\u0085", `a\u000d\u000ab\u2028c\u0085`},
		{"direction marks", "\u200e\u200f\u061c\u202e\u2066\u2069", `\u200e\u200f\u061c\u202e\u2066\u2069`},
		{"tags", "a\U000e0041b", `a\udb40\udc41b`},
		{"what takes no space", "\u200b\u2060\ufeff\u3164", `\u200b\u2060\ufeff\u3164`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := visible.Text(tt.text); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// TestMarked leaves line ends and marks of direction, and shows the rest.
func TestMarked(t *testing.T) {
	if got, want := visible.Marked("a\u200f\u200e\u061c\n\tb\u202e\u2066\x1b"), "a\u200f\u200e\u061c\n\tb\\u202e\\u2066\\u001b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestJSON keeps JSON what it was.
func TestJSON(t *testing.T) {
	want := "a\u009b\x7f\u202e\U000e0041\n\tb"
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal([]byte(visible.Lines(string(line))), &got); err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
