package bookwriter

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostText is how much a cell holds, in UTF-16 units: a spreadsheet calls a
// workbook with more in one damaged.
const mostText = 32_767

// Fits reports whether a cell holds all of a text.
func Fits(text string) bool { return fitted(text) == text }

// fitted returns what a cell holds of a text; the end of one that is longer is cut
// off, which shows.
func fitted(text string) string {
	if len(text) <= mostText {
		return text
	}
	units, cut := 0, 0
	for i, r := range text {
		if units < mostText {
			cut = i // what stands before it leaves room for the mark
		}
		if units++; r > 0xffff {
			units++
		}
		if units > mostText {
			return text[:cut] + "…"
		}
	}
	return text
}

// appendText appends a text element.
func appendText(to []byte, text string) []byte {
	if text == strings.TrimSpace(text) && strings.IndexByte(text, '\n') < 0 {
		to = append(to, "<t>"...)
	} else {
		to = append(to, `<t xml:space="preserve">`...)
	}
	return append(appendEscaped(to, text), "</t>"...)
}

// appendEscaped appends a cell's text. Characters that XML does not have, or would
// change, are written as _xHHHH_, and so is the underscore of what looks like the
// beginning of that. Bytes that are no UTF-8 become U+FFFD.
func appendEscaped(to []byte, text string) []byte {
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plainByte[c] {
			i++
			continue
		}
		size, escape := 1, ""
		switch {
		case c == '&':
			escape = "&amp;"
		case c == '<':
			escape = "&lt;"
		case c == '>':
			escape = "&gt;"
		case c == '"':
			escape = "&quot;"
		case c == '_':
			if looksEscaped(text[i:]) {
				escape = "_x005F_"
			}
		case c < ' ':
			escape = hexEscape(rune(c))
		default:
			var r rune
			switch r, size = utf8.DecodeRuneInString(text[i:]); {
			case r == utf8.RuneError && size == 1:
				escape = "\ufffd"
			case r == 0xfffe || r == 0xffff:
				escape = hexEscape(r)
			}
		}
		if escape != "" {
			to = append(append(to, text[from:i]...), escape...)
			from = i + size
		}
		i += size
	}
	return append(to, text[from:]...)
}

// plainByte tells the bytes that stand for themselves, whatever is beside them.
var plainByte = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = strings.IndexByte(`&<>"_`, byte(c)) < 0
	}
	t['\t'], t['\n'] = true, true
	return t
}()

func hexEscape(r rune) string {
	hex := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	return "_x" + "0000"[len(hex):] + hex + "_"
}

// looksEscaped reports whether a text begins like an escaped character. What comes
// behind it may be an underscore once it is escaped itself.
func looksEscaped(text string) bool {
	if len(text) < len("_xHHHH") || text[1] != 'x' {
		return false
	}
	_, err := strconv.ParseUint(text[2:6], 16, 16)
	return err == nil
}

// appendValue appends the value of an attribute, which has no cell's escapes.
func appendValue(to []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '&':
			to = append(to, "&amp;"...)
		case r == '<':
			to = append(to, "&lt;"...)
		case r == '"':
			to = append(to, "&quot;"...)
		case r < ' ' || r == 0xfffe || r == 0xffff:
			to = append(to, ' ')
		default:
			to = utf8.AppendRune(to, r)
		}
	}
	return to
}

// breadth is how much of a line a text takes, in digits, of its longest line.
func breadth(text string) int {
	n, most := 0, 0
	for _, r := range text {
		switch {
		case r == '\n':
			n = -1
		case r >= 0x1100 && r <= 0xffdc && (r <= 0x11ff || r >= 0x2e80) || r >= 0x1f000:
			n++ // as wide as two
		}
		n++
		most = max(most, n)
	}
	return most
}

// lines is in how many lines a text stands in a column of some width. Words that
// go to the next line leave room behind.
func lines(text string, width float64) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n += 1 + int(float64(breadth(line))*1.04/width)
	}
	return n
}
