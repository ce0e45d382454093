package normal_test

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct {
		name, give, want string
		invisible        bool
	}{
		{"nothing", "", "", false},
		{"plain", "contoso", "contoso", false},
		{"spaces at the ends", " \t contoso \r\n", "contoso", false},
		{"spaces inside stay", "con  toso", "con  toso", false},
		{"letters beyond ASCII", " Grüße ", "Grüße", false},
		{"a zero-width space", "con\u200btoso", "contoso", true},
		{"a byte order mark", "\ufeffcontoso", "contoso", true},
		{"a soft hyphen among letters", "Grü\u00adße", "Grüße", true},
		{"a no-break space before", "\u00a0contoso", "contoso", true},
		{"a no-break space behind", "contoso\u00a0", "contoso", true},
		{"a no-break space inside", "con\u00a0toso", "con\u00a0toso", false},
		{"nothing but what cannot be seen", "\u200b\u2060", "", true},
		{"nothing but no-break spaces", "\u00a0\u00a0", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, invisible := normal.Clean(tt.give)
			if got != tt.want || invisible != tt.invisible {
				t.Errorf("got %q, %v, want %q, %v", got, invisible, tt.want, tt.invisible)
			}
		})
	}
}

func TestUndirect(t *testing.T) {
	for _, tt := range []struct {
		name, give, want string
		directed         bool
	}{
		{"plain", "contoso", "contoso", false},
		{"letters beyond ASCII", "Grüße", "Grüße", false},
		{"zero-width joiners", "a\u200cb\u200dc", "abc", true},
		{"marks of direction", "a\u200eb\u200fc\u061cd", "abcd", true},
		{"embeddings", "\u202aa\u202c\u202eb", "ab", true},
		{"isolates", "\u2066a\u2069", "a", true},
		{"the Mongolian one", "a\u180eb", "ab", true},
		{"their neighbours", "\u200b\u2010\u2029\u202f\u2065\u206a", "\u200b\u2010\u2029\u202f\u2065\u206a", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, directed := normal.Undirect(tt.give)
			if got != tt.want || directed != tt.directed {
				t.Errorf("got %q, %v, want %q, %v", got, directed, tt.want, tt.directed)
			}
		})
	}
}

// TestForms shows texts that mean the same to the platform, and one that does not.
func TestForms(t *testing.T) {
	for _, tt := range []struct {
		name  string
		form  func(string) string
		same  []string // in form first
		other string
	}{
		{"company", normal.Company, []string{"Contoso", " Contoso ", "\tContoso\n", "Con\u200btoso", "\ufeffContoso"}, "contoso"},
		{"company with spaces", normal.Company, []string{"Con toso", "Con\u00a0toso", "Con\u2007toso", "Con\u202ftoso\u00a0"}, "Con  toso"},
		{"company with line ends", normal.Company, []string{"Con\ntoso", "Con\r\ntoso", "Con\rtoso"}, "Con toso"},
		{"company that begins with a line end", normal.Company, []string{"Con\ntoso", "\rCon\rtoso"}, "Contoso"},
		{"company of control characters", normal.Company, []string{"\x01\n\x01", "\x01\r\x01"}, "\x01\x01"},
		{"company without letters of ASCII", normal.Company, []string{"é é", "é\u00a0é"}, "éé"},
		{"company with accents", normal.Company, []string{"Grüße", "Gru\u0308ße", " Grüße\u2003"}, "Gruße"},
		{"company with an apostrophe", normal.Company, []string{"'=Contoso"}, "=Contoso"},
		{"company as a row has it", normal.CompanyKey, []string{"=Contoso", "'=Contoso", " '=Contoso"}, "'Contoso"},
		{"company without a formula", normal.CompanyKey, []string{"'Contoso"}, "Contoso"},
		{"e-mail", normal.EmailKey, []string{"chris@contoso.com", "Chris@Contoso.COM", " chris@contoso.com ", "chris@\u200econtoso.com", "chris\u200b@contoso.com"}, "chris@contoso.co"},
		{"e-mail beyond ASCII", normal.EmailKey, []string{"grüße@contoso.com", "gru\u0308ße@contoso.COM"}, "GRÜßE@contoso.com"},
		{"e-mail with the first capital", normal.EmailKey, []string{"az@az.az", "Az@az.az"}, "@z@az.az"},
		{"e-mail with the last capital", normal.EmailKey, []string{"az@az.az", "aZ@az.az"}, "a[@az.az"},
		{"e-mail of capitals alone", normal.EmailKey, []string{"az", "AZ"}, "bz"},
		{"number", normal.Number, []string{"1000042", "0001000042", " 1000042 "}, "10000420"},
		{"zero", normal.Number, []string{"0", "000", " 0 "}, "00a"},
		{"blank number", normal.Number, []string{"0", " "}, ""},
		{"no number", normal.Number, []string{""}, "0"},
		{"domain", normal.Domain, []string{"contoso.onmicrosoft.com", "Contoso.OnMicrosoft.com", " contoso.onmicrosoft.com ", "contoso.onmicrosoft.com."}, "contoso.onmicrosoft.co"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, give := range tt.same {
				if got := tt.form(give); got != tt.same[0] {
					t.Errorf("%q: got %q, want %q", give, got, tt.same[0])
				}
			}
			if got := tt.form(tt.other); got == tt.same[0] {
				t.Errorf("%q is the same as %q", tt.other, tt.same[0])
			}
		})
	}
}

func TestCharacters(t *testing.T) {
	for text, want := range map[string]bool{"": true, "contoso\x7f": true, "é": false, "a\x80": false} {
		if got := normal.IsASCII(text); got != want {
			t.Errorf("%q in ASCII: %v", text, got)
		}
	}
	for r, want := range map[rune]bool{' ': false, '\u00a0': true, '\u2007': true, '\u202f': true, '\u2003': false} {
		if got := normal.IsNoBreakSpace(r); got != want {
			t.Errorf("%q does not break: %v", r, got)
		}
	}
}

// TestIsPlain holds each plain character to what plain ones have in common: one form, whatever
// stands beside it, and nothing that names lose.
func TestIsPlain(t *testing.T) {
	for text, want := range map[string]bool{"": true, "Łódź": true, "株式会社さくら ビル": true, "삼호 무역": true, "Ελληνικά": true, "Союз": true,
		"Con\u00a0toso": false, "Con\ttoso": false, "Gru\u0308ße": false, "か\u3099": false, "\xff": false} {
		if got := normal.IsPlain(text); got != want {
			t.Errorf("%q is plain: %v", text, got)
		}
	}
	plain := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := string(r)
		if !normal.IsPlain(s) {
			continue
		}
		plain++
		_, undirected := normal.Undirect(s)
		if p := norm.NFC.PropertiesString(s); !norm.NFC.IsNormalString(s) || !p.BoundaryBefore() || p.CCC() != 0 || undirected ||
			r != ' ' && (unicode.IsSpace(r) || strings.TrimSpace(s) == "") || unicode.IsControl(r) || sheet.Invisible(r) || normal.IsNoBreakSpace(r) {
			t.Errorf("%q is plain", r)
		}
	}
	if plain < 30_000 {
		t.Errorf("%d plain characters", plain)
	}
}
