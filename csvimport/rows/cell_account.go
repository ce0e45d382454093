package rows

import (
	"strings"
	"unicode"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
)

// parseAccount reads the cell as the number of an account, or as number | company |
// e-mail, of which it returns what stands behind the number.
func (c *cell) parseAccount() (said string) {
	if number, rest, ok := strings.Cut(c.text, "|"); ok && digits(normal.Number(number)) {
		c.text, said = strings.TrimSpace(number), strings.TrimSpace(rest)
	}
	c.parseAccountID()
	return said
}

// parseAccountID reads the cell as the number of an account. It may be empty.
func (c *cell) parseAccountID() {
	if c.text == "" || digits(c.text) && len(c.text) < 16 {
		return
	}
	s, invisible := normal.Clean(c.text)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "", "")
	}
	c.text = s
	if s == "" {
		return
	}
	number, prefixed := asText(s)
	number, suffixed := wholeNumber(number)
	if !digits(number) {
		if !c.spoilt() {
			c.explainAccountID(strings.TrimPrefix(s, "'"))
		}
		return
	}
	c.text = number
	if prefixed {
		c.add(csvimport.WTextPrefix, csvimport.Quoted(s)+" was read as "+number, "")
	}
	if suffixed {
		c.add(csvimport.WNumberSuffix, csvimport.Quoted(s)+" was read as "+number, "")
	}
	if len(number) > 15 && strings.HasSuffix(number, "0") && strings.Trim(number[15:], "0") == "" {
		c.add(csvimport.WLooksTruncated, number+" has more than 15 digits and ends in zeros: a spreadsheet may have replaced the digits after the 15th", "")
	}
}

// asText undoes what people and programs do so that a spreadsheet keeps a
// number as text: '1000009 and ="1000009".
func asText(s string) (string, bool) {
	t := strings.TrimSpace(strings.TrimLeft(s, "'"))
	if len(t) > 3 && strings.HasPrefix(t, `="`) && strings.HasSuffix(t, `"`) {
		t = strings.TrimSpace(t[2 : len(t)-1])
	}
	return t, t != s
}

// wholeNumber cuts the decimals from a number that has only zeros there.
// Three zeros after one to three digits may be thousands, and stay.
func wholeNumber(s string) (string, bool) {
	i := strings.LastIndexAny(s, ".,")
	if i < 1 || !digits(s[:i]) {
		return s, false
	}
	zeros := s[i+1:]
	if zeros == "" || strings.Trim(zeros, "0") != "" || len(zeros) == 3 && i < 4 {
		return s, false
	}
	return s[:i], true
}

// explainAccountID says why the cell is no account number.
func (c *cell) explainAccountID(s string) {
	const take = "take the id from the export or the platform; format the column as Text first"
	switch {
	case mangled.IsScientific(s) || strings.HasPrefix(s, "=") && mangled.IsScientific(strings.Trim(s, `="`)):
		c.add(csvimport.EMangledNumber, csvimport.Quoted(s)+" looks like a number mangled by a spreadsheet: the last digits are gone, many different ids turn into this", take)
	case mangled.IsDate(s):
		c.add(csvimport.EMangledDate, csvimport.Quoted(s)+" is a date: a spreadsheet may have made it of an id", take)
	default:
		why, hint := accountIDFlaw(s)
		c.add(csvimport.EAccountID, csvimport.Quoted(s)+" "+why, hint)
	}
}

// accountIDFlaw says why a text is no account number, and what may be meant.
func accountIDFlaw(s string) (why, hint string) {
	const plain = "write the account's number in digits, or leave the cell empty"
	if g := grouped(s); g != "" {
		return "has thousands separators", "did you mean " + g + "?"
	}
	switch strings.ToLower(strings.Trim(s, ".")) {
	case "-", "--", "–", "—", "/", "n/a", "na", "none", "null", "nil", "no", "tbd", "tba", "?", "nan", "empty", "leer", "keine", "kein", "aucun", "unknown":
		return "is a word for none", "leave the cell empty"
	}
	letters := strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1").Replace(s)
	switch {
	case strings.HasPrefix(s, "="):
		return "is a formula, not its result", plain
	case digits(letters):
		return "has letters among the digits", "did you mean " + letters + "?"
	case digits(strings.TrimPrefix(s, "+")):
		return "has a sign", "did you mean " + s[1:] + "?"
	case digits(strings.TrimPrefix(s, "-")):
		return "is a negative number", plain
	case strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f && unicode.IsDigit(r) }):
		return "has digits of another script", "did you mean " + strings.Map(asciiDigit, s) + "?"
	case strings.Contains(s, "@"):
		return "is an e-mail address, not a number", "was a column moved? " + plain
	case digits(strings.NewReplacer(".", "", ",", "").Replace(s)):
		return "is a number with decimals", plain
	case len(guid.Find(s)) > 0:
		return "is an id of another kind; the account's number is needed here", plain
	}
	return "is not a number", plain
}

// grouped returns the digits of a number with thousands separators.
func grouped(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == '.' || r == '\'' || r == '’' || r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009'
	})
	if len(parts) < 2 {
		return ""
	}
	for i, p := range parts {
		if !digits(p) || i > 0 && len(p) != 3 || len(p) > 3 {
			return ""
		}
	}
	return strings.Join(parts, "")
}

// asciiDigit makes an ASCII digit of a digit of any script.
func asciiDigit(r rune) rune {
	if r < 0x80 || !unicode.IsDigit(r) {
		return r
	}
	zero := r
	for unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	return '0' + (r - zero)
}
