package mangled

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"bulkimport/csvimport/normal"
)

// MojibakeSlowly is Mojibake that tries each code page with the whole text.
func MojibakeSlowly(s string) (probably string, ok bool) {
	for _, w := range wrongPages {
		raw, fits := w.encode(nil, s)
		if w.all && (!fits || !utf8.Valid(raw)) {
			continue
		}
		if text, ok := w.unread(raw, s); ok {
			return text, true
		}
	}
	for _, page := range doubleBytePages {
		if !eastAsian(s) {
			break
		}
		raw, _, err := transform.String(page, s)
		if err == nil && utf8.ValidString(raw) && !normal.IsASCII(raw) && provesDoubleByte(raw) {
			return raw, true
		}
	}
	return "", strings.Contains(s, "ðŸ") || strings.Contains(s, "â€")
}

// WrongLetters are the characters outside of ASCII that some single-byte page has.
func WrongLetters() (all []rune) {
	seen := map[rune]bool{}
	for _, w := range wrongPages {
		for b := utf8.RuneSelf; b < 0x100; b++ {
			for _, r := range [...]rune{w.page.DecodeByte(byte(b)), rune(b)} {
				if !seen[r] {
					seen[r] = true
					all = append(all, r)
				}
			}
		}
	}
	return all
}
