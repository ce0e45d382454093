package rows

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"bulkimport/csvimport/normal"
)

// doubleBytePages are the code pages of East Asia as which UTF-8 is opened by
// mistake.
var doubleBytePages = [...]encoding.Encoding{
	simplifiedchinese.GBK, japanese.ShiftJIS, traditionalchinese.Big5, korean.EUCKR,
}

// wrongDoubleByte reports whether a text is UTF-8 that was read in a code page
// of East Asia, and what it was. All of it has to fit: western letters inside
// of western words, or several letters of another script.
func wrongDoubleByte(s string) (probably string, ok bool) {
	if normal.IsASCII(s) || len(s) > 4*fieldLimit || !eastAsian(s) {
		return "", false
	}
	for _, page := range doubleBytePages {
		raw, err := page.NewEncoder().String(s)
		if err != nil || !utf8.ValidString(raw) || normal.IsASCII(raw) {
			continue
		}
		if provesDoubleByte(raw) {
			return raw, true
		}
	}
	return "", false
}

// provesDoubleByte reports whether what a text becomes can not be by chance:
// ordinary names of East Asia become letters of other scripts here and there.
func provesDoubleByte(raw string) bool {
	words, signs, others := 0, 0, 0
	last := rune(' ')
	for i, r := range raw {
		size := utf8.RuneLen(r)
		switch {
		case r < utf8.RuneSelf:
		case r < 0xa0:
			return false
		case r < 0x180:
			if insideWord(last, []byte(raw[i+size:])) {
				words++
			}
		case size == 4 || r >= 0x2010 && r < 0x20d0:
			signs++
		case unicode.IsLetter(r):
			others += size - 1
		}
		last = r
	}
	return words+signs > 0 && others == 0 || others > 5
}

// eastAsian reports whether a text has letters of East Asia.
func eastAsian(s string) bool {
	for _, r := range s {
		if r >= 0x2e80 && unicode.IsLetter(r) {
			return true
		}
	}
	return false
}
