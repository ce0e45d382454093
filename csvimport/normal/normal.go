// Package normal gives names, addresses, domains and numbers the form in which
// those of the file and those of the platform are compared.
package normal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bulkimport/csvimport/sheet"
)

// CompanyKey is the platform's name as a row has it: reading leaves out an
// apostrophe that only keeps a spreadsheet from running the name.
func CompanyKey(name string) string { return sheet.Plain(Company(name)) }

// NameKey is a name as people type it to look for it: without regard to case, to kinds
// and runs of white space, and to how its letters are composed.
func NameKey(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(CompanyKey(name))), " ")
}

// Number is an account_id as a number: leading zeros do not count.
func Number(id string) string {
	n := strings.TrimLeft(strings.TrimSpace(id), "0")
	if n == "" && id != "" {
		return "0"
	}
	return n
}

// Clean returns a cell without characters that cannot be seen and without
// white space at its ends, and whether there were other than plain ones.
func Clean(s string) (text string, invisible bool) {
	if IsASCII(s) {
		return strings.TrimSpace(s), false
	}
	if strings.IndexFunc(s, sheet.Invisible) >= 0 {
		s, invisible = strings.Map(func(r rune) rune {
			if sheet.Invisible(r) {
				return -1
			}
			return r
		}, s), true
	}
	t := strings.TrimSpace(s)
	if !invisible && len(t) < len(s) {
		invisible = !IsASCII(s[:strings.Index(s, t)]) || !IsASCII(s[strings.Index(s, t)+len(t):])
	}
	return t, invisible
}

// Undirect returns a text without direction marks and zero-width joiners,
// which mean nothing in an id or address.
func Undirect(s string) (string, bool) {
	if IsASCII(s) || strings.IndexFunc(s, directs) < 0 {
		return s, false
	}
	return strings.Map(func(r rune) rune {
		if directs(r) {
			return -1
		}
		return r
	}, s), true
}

func directs(r rune) bool {
	return r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x061c || r == 0x180e
}

// turns reports whether a character turns the text behind it about, or is a tag that
// nobody sees: the platform's names come without.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0xe0000 && r <= 0xe007f
}

// IsASCII reports whether s has no character beyond ASCII.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Company returns a company name in normal form, in which names of the
// file and of the platform are compared: NFC, without characters that cannot
// be seen, trimmed, no-break spaces as spaces, line ends as LF.
func Company(s string) string {
	if IsPlain(s) {
		return strings.TrimSpace(s)
	}
	s = norm.NFC.String(s)
	if strings.ContainsFunc(s, func(r rune) bool { return IsNoBreakSpace(r) || sheet.Invisible(r) || turns(r) }) {
		s = strings.Map(func(r rune) rune {
			switch {
			case IsNoBreakSpace(r):
				return ' '
			case sheet.Invisible(r), turns(r):
				return -1
			}
			return r
		}, s)
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	return strings.TrimFunc(s, unicode.IsSpace)
}

// IsPlain reports whether s has nothing but characters that show themselves, of which none
// has another form, and plain spaces. Most names are of those that are told quickly here.
func IsPlain(s string) bool {
	for _, r := range s {
		switch {
		case r >= ' ' && r < 0x7f:
		case r >= 0xc0 && r < 0x300: // Latin
		case r >= 0x388 && r < 0x482: // Greek and Cyrillic
		case r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fe, r >= 0x4e00 && r <= 0x9fff: // kana and ideographs
		case r >= 0xac00 && r <= 0xd7a3: // Hangul
		default:
			return false
		}
	}
	return true
}

// IsNoBreakSpace reports whether a space of names is one that does not break.
func IsNoBreakSpace(r rune) bool { return r == '\u00a0' || r == '\u2007' || r == '\u202f' }

// EmailKey returns an address in the form in which addresses of the file
// and of the platform are compared: without regard to ASCII case.
func EmailKey(s string) string {
	s, _ = Clean(s)
	s, _ = Undirect(s)
	if !IsASCII(s) {
		s = norm.NFC.String(s)
	}
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' {
					return r + 'a' - 'A'
				}
				return r
			}, s)
		}
	}
	return s
}

// Domain returns a domain name in the form in which those of the file and of the
// platform are compared: in lower case, without spaces and a final dot around it.
func Domain(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
}
