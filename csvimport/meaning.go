package csvimport

import (
	"slices"
	"strings"
)

// Meaning is what a code stands for. Its words are those of every finding that has
// no words of its own, and what is read about the code anywhere else.
type Meaning struct {
	Code    Code
	What    string // what was found, and why it matters
	Mend    string // what to do; empty for what needs nothing
	Example string // a cell as "email: chris@", a file as its lines, or what is seen
}

// meanings is all codes, in the order in which they are found.
var meanings = slices.Concat(ofFiles[:], ofCells[:], ofPlatform[:], ofOrders[:])

// Meanings returns what each code means, in the order in which codes are found.
func Meanings() []Meaning { return slices.Clone(meanings) }

// Meaning returns what the code means: of a code that is not ours, nothing.
func (c Code) Meaning() Meaning {
	i := slices.IndexFunc(meanings, func(m Meaning) bool { return m.Code == c })
	if i < 0 {
		return Meaning{Code: c}
	}
	return meanings[i]
}

// Cell returns the column and the value of an example that is a cell.
func (m Meaning) Cell() (column, value string, ok bool) {
	column, value, ok = strings.Cut(m.Example, ": ")
	return column, value, ok && slices.Contains([]string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id", "cut_off_date"}, column)
}

// File returns the text of an example that is a file.
func (m Meaning) File() (text string, ok bool) {
	return m.Example, strings.HasSuffix(m.Example, "\n")
}
