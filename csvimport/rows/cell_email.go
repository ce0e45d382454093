package rows

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"bulkimport/csvimport"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
)

// noEmail holds the ASCII characters that are never in an address here.
const noEmail = "<>()[],;:\"\\"

// emailPart is what a byte does in an address.
type emailPart uint8

const (
	emailText emailPart = iota
	emailStop           // is in no address
	emailAt
	emailDot
	emailHigh // outside of ASCII
)

var emailParts = func() (t [256]emailPart) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f || c < utf8.RuneSelf && strings.IndexByte(noEmail, byte(c)) >= 0:
			t[c] = emailStop
		case c == '@':
			t[c] = emailAt
		case c == '.':
			t[c] = emailDot
		case c >= utf8.RuneSelf:
			t[c] = emailHigh
		}
	}
	return t
}()

// isEmail reports whether s is one address: one @, no space and none of the
// characters of noEmail, no typographic quote, no two dots together, a domain
// with a dot whose last label has two characters or more.
func isEmail(s string) bool {
	at, dot := -1, -1
	ascii := true
	for i := range len(s) {
		switch emailParts[s[i]] {
		case emailStop:
			return false
		case emailAt:
			if at >= 0 {
				return false
			}
			at = i
		case emailDot:
			if dot == i-1 && i > 0 {
				return false
			}
			dot = i
		case emailHigh:
			ascii = false
		}
	}
	if at < 1 || dot < at+2 || dot >= len(s)-1 {
		return false
	}
	if ascii {
		return len(s)-dot > 2
	}
	return utf8.RuneCountInString(s[dot+1:]) >= 2 && !strings.ContainsFunc(s, noEmailRune)
}

func noEmailRune(r rune) bool {
	return unicode.IsSpace(r) || isTypographicQuote(r) || unicode.IsControl(r)
}

func isTypographicQuote(r rune) bool {
	return r >= 0x2018 && r <= 0x201f || r == 0x2039 || r == 0x203a || r == 0xab || r == 0xbb || r == 0x2032 || r == 0x2033 || r == 0xff07 || r == 0xff02
}

// parseEmail reads the cell as an e-mail address.
func (c *cell) parseEmail() {
	if normal.IsASCII(c.text) && !strings.HasPrefix(c.text, "'") && isEmail(c.text) {
		return
	}
	raw := c.text
	s, invisible := normal.Clean(raw)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "", "")
	}
	s = sheet.Plain(s)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = linked(s[7:])
		c.add(csvimport.WMailto, "", "")
	}
	c.text = norm.NFC.String(s)
	if s == "" {
		c.add(csvimport.EEmpty, "the cell is empty; the e-mail address of the account's administrator is needed here", "")
		return
	}
	if probably, ok := mangled.Mojibake(raw); ok {
		c.addMojibake(probably)
		return
	}
	if isEmail(c.text) {
		if !normal.IsASCII(c.text) && !strings.ContainsRune(c.text, utf8.RuneError) {
			c.add(csvimport.WEmailNonASCII, csvimport.Quoted(c.text)+" has other letters than a to z", "")
		}
		if !strings.ContainsRune(c.text, utf8.RuneError) {
			return
		}
	}
	if c.spoilt() {
		return
	}
	why, hint := emailFlaw(c.text)
	c.add(csvimport.EEmail, csvimport.Quoted(c.text)+" "+why, hint)
}

// linked returns the address of a mailto link: what follows ? is a subject or a text.
func linked(link string) string {
	address, _, _ := strings.Cut(link, "?")
	if plain, err := url.PathUnescape(address); err == nil {
		address = plain
	}
	return strings.TrimSpace(address)
}

// emailFlaw says why a text is not one address, and what may be meant.
func emailFlaw(s string) (why, hint string) {
	const one = "write one address, for example chris@contoso.com"
	from, to := strings.IndexByte(s, '<'), strings.IndexByte(s, '>')
	switch {
	case from >= 0 && to > from && isEmail(s[from+1:to]):
		return "holds a name beside the address", "only the address: " + s[from+1:to]
	case strings.Count(s, "@") > 1:
		return "holds two addresses", one
	case strings.ContainsRune(s, '＠'):
		return "has a full-width ＠", "type the @ again"
	case !strings.Contains(s, "@"):
		return "is not an address: it has no @", one
	case strings.ContainsFunc(s, isTypographicQuote):
		return "has a curly quote in place of an apostrophe", "type the apostrophe again: " + strings.Map(straight, s)
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "has a space inside", "leave it out: " + strings.Join(strings.Fields(s), "")
	case strings.ContainsAny(s, noEmail):
		return "has a character that no address has", one
	case strings.HasSuffix(s, "."):
		return "ends in a dot", "leave it out: " + strings.TrimRight(s, ".")
	case strings.Contains(s, ".."):
		return "has two dots together", one
	case strings.HasPrefix(s, "@"):
		return "has nothing before the @", one
	}
	return "has no full domain name behind the @", one
}

// straight makes an apostrophe of a typographic one.
func straight(r rune) rune {
	switch r {
	case 0x2018, 0x2019, 0x201a, 0x201b, 0x2032, 0xff07:
		return '\''
	}
	return r
}
