package csvimport

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// guid is an id in 16 bytes, the key under which rows are compared.
type guid [16]byte

// notHex marks bytes that are no hexadecimal digit.
const notHex = 0xff

var hexValues = func() (t [256]byte) {
	for i := range t {
		t[i] = notHex
	}
	for i := range 10 {
		t['0'+i] = byte(i)
	}
	for i := range 6 {
		t['a'+i], t['A'+i] = byte(10+i), byte(10+i)
	}
	return t
}()

// guidAt is where the two digits of each byte start in the form 8-4-4-4-12.
var guidAt = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// parseGUID reads 36 characters of the form 8-4-4-4-12. lower is false if
// there are capitals among them.
func parseGUID(s string) (id guid, lower, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false, false
	}
	var wrong, upper byte
	for i, at := range guidAt {
		a, b := s[at], s[at+1]
		high, low := hexValues[a], hexValues[b]
		wrong |= high | low
		// Capitals have bit 5 clear, digits and small letters have it set.
		upper |= ^a | ^b
		id[i] = high<<4 | low&15
	}
	if wrong&0xf0 != 0 {
		return id, false, false
	}
	return id, upper&0x20 == 0, true
}

// parseGUID reads the cell as an id, in whatever form people and programs
// write ids, as long as no digit has to be guessed.
func (c *cell) parseGUID() guid {
	if id, lower, ok := parseGUID(c.text); ok {
		if !lower {
			c.text = strings.ToLower(c.text)
		}
		return id
	}
	s, invisible := cleaned(c.text)
	s, directed := undirected(s)
	if invisible || directed {
		c.add("W_INVISIBLE", "the cell held characters that can not be seen; they were left out", "")
	}
	if s == "" {
		c.text = s
		c.add("E_EMPTY", "the cell is empty; an id is needed here", "take the id from the export or the platform")
		return guid{}
	}
	plain := strings.Map(plainDash, strings.Trim(s, "{}()[]"))
	if hex := strings.ToLower(plain); len(hex) == 32 && isHex(hex) {
		plain = hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
	}
	if id, _, ok := parseGUID(plain); ok {
		c.text = strings.ToLower(plain)
		if plain != s {
			c.add("W_GUID_REWRITTEN", "the id "+quoted(s)+" was read as "+c.text, "")
			if digits(s) && strings.Trim(s[15:], "0") == "" {
				c.add("W_LOOKS_TRUNCATED", quoted(s)+" ends in zeros after the 15th digit: a spreadsheet may have read the id as a number", "compare it with the export or the platform")
			}
		}
		return id
	}
	c.text = s
	if !c.spoilt() {
		c.explainGUID()
	}
	return guid{}
}

// plainDash makes a hyphen of what typography makes of hyphens.
func plainDash(r rune) rune {
	if r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xfe58 || r == 0xfe63 || r == 0xff0d {
		return '-'
	}
	return r
}

func isHex(s string) bool {
	for i := range len(s) {
		if hexValues[s[i]] == notHex {
			return false
		}
	}
	return true
}

const guidForm = "an id has 32 digits and letters a to f, as in 1b4e28ba-2fa1-41d2-883f-0016d3cca427"

// explainGUID says why the cell is no id.
func (c *cell) explainGUID() {
	s := c.text
	const code = "E_GUID"
	const copyIt = "copy the id again from the export or the platform"
	if isScientific(s) {
		c.add("E_MANGLED_NUMBER", quoted(s)+" is what a spreadsheet made of an id without hyphens: most of its digits are gone",
			copyIt+", with its hyphens")
		return
	}
	ids := findGUIDs(s)
	lower := strings.ToLower(s)
	switch {
	case len(ids) == 1 && strings.Contains(lower, "://"):
		c.add(code, quoted(s)+" is a link, not an id", "take the part after /subscriptions/: "+ids[0])
	case len(ids) > 1:
		c.add(code, quoted(s)+" holds two ids", "keep one; each subscription needs a row of its own")
	case len(ids) == 1:
		c.add(code, quoted(s)+" holds more than an id", "keep only the id: "+ids[0])
	case strings.Contains(s, "@"):
		c.add(code, quoted(s)+" is an e-mail address, not an id", "was a column moved? "+copyIt)
	case strings.HasSuffix(lower, ".onmicrosoft.com"):
		c.add(code, quoted(s)+" is a domain name, not an id", "was a column moved? "+copyIt)
	default:
		c.add(code, quoted(s)+" is not an id: "+guidFlaw(s), copyIt)
	}
}

// guidFlaw names the flaw nearest to an id.
func guidFlaw(s string) string {
	bare := strings.Map(func(r rune) rune {
		if plainDash(r) == '-' {
			return -1
		}
		return r
	}, s)
	at := 0
	for _, r := range s {
		at++
		if isHex(string(r)) || r == '-' {
			continue
		}
		if n := utf8.RuneCountInString(bare); n < 24 || n > 40 {
			break
		}
		switch r {
		case 'o', 'O':
			return fmt.Sprintf("it has the letter %c at position %d (zero?)", r, at)
		case 'l', 'I', 'i':
			return fmt.Sprintf("it has the letter %c at position %d (one?)", r, at)
		case ' ', '\u00a0':
			return fmt.Sprintf("it has a space at position %d", at)
		}
		return fmt.Sprintf("it has %q at position %d; %s", r, at, guidForm)
	}
	if !isHex(bare) {
		return guidForm
	}
	switch n := len(s); {
	case len(bare) == 32:
		return "its hyphens are not where they belong (8-4-4-4-12)"
	case n >= 20 && n <= 50:
		return fmt.Sprintf("it has %d characters, an id has 36", n)
	}
	return guidForm
}

// findGUIDs returns the ids that stand in a text, at most two.
func findGUIDs(s string) (ids []string) {
	for i := 0; i+36 <= len(s) && i < 4096 && len(ids) < 2; {
		if _, _, ok := parseGUID(s[i : i+36]); ok {
			ids = append(ids, strings.ToLower(s[i:i+36]))
			i += 36
			continue
		}
		i++
	}
	return ids
}
