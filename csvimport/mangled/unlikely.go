package mangled

// part is what a byte does in a name.
type part uint8

const (
	noPart     part = iota // in no name that is surely as it was written
	sign                   // stands between words
	apostrophe             // stands beside a letter of ASCII
	letter                 // of ASCII
	leader                 // the first byte of À to ʿ: composed letters of Western languages
)

var parts = func() (t [0x100]part) {
	for b := range t {
		switch {
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			t[b] = letter
		case b >= 0xc3 && b < 0xcc:
			t[b] = leader
		case b == '\'':
			t[b] = apostrophe
		case b >= ' ' && b < 0x7f && b != '?':
			t[b] = sign
		}
	}
	return t
}()

// Unlikely reports whether a name is surely as it was written: its letters are composed ones
// of Western languages, no two outside of ASCII side by side, apostrophes stand beside letters,
// and it is longer and has more words than what a spreadsheet makes of others, or is none of
// that. Most names are.
func Unlikely(name string) bool {
	n := len(name)
	if n == 0 || name[0] == ' ' || name[0] == '#' || name[n-1] == ' ' {
		return false
	}
	last, words := sign, 0
	for i := 0; i < n; i++ {
		is := parts[name[i]]
		if is >= letter && last < letter {
			words++
		}
		switch is {
		case noPart:
			return false
		case leader:
			if i++; last == leader || i == n {
				return false
			}
		case apostrophe:
			if last != letter && (i+1 == n || parts[name[i+1]] != letter) {
				return false
			}
		}
		last = is
	}
	if n > 16 && words > 1 { // a date has one: its month
		return true
	}
	return !IsError(name) && !IsTruth(name) && !IsScientific(name) && !IsDate(name)
}
