package mangled

import "unicode/utf8"

// Unlikely reports whether a name is surely as it was written: its letters are composed ones
// of Western languages, no two outside of ASCII side by side, apostrophes stand beside letters,
// and it is longer and has more words than what a spreadsheet makes of others, or is none of
// that. Most names are.
func Unlikely(name string) bool {
	n := len(name)
	if n == 0 || name[0] == ' ' || name[0] == '#' || name[n-1] == ' ' {
		return false
	}
	last, words := byte(' '), 0
	for i := 0; i < n; i++ {
		b := name[i]
		if (b >= utf8.RuneSelf || isLetter(b)) && !(last >= utf8.RuneSelf || isLetter(last)) {
			words++
		}
		switch {
		case b >= 0xc3 && b < 0xcc && last < utf8.RuneSelf && i+1 < n: // À to ʿ
			i++
		case b == '\'' && (isLetter(last) || i+1 < n && isLetter(name[i+1])):
		case b < ' ' || b >= 0x7f || b == '?' || b == '\'':
			return false
		}
		last = b
	}
	if n > 16 && words > 1 { // a date has one: its month
		return true
	}
	return !IsError(name) && !IsTruth(name) && !IsScientific(name) && !IsDate(name)
}

// isLetter reports whether a byte is a letter of ASCII.
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
