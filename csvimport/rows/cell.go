package rows

import (
	"strings"
	"time"
	"unicode/utf8"

	"bulkimport/csvimport"
	"bulkimport/csvimport/mangled"
)

// fault is what is wrong with a cell, or worth a look.
type fault struct {
	code    csvimport.Code
	message string
	hint    string
	next    csvimport.Action
}

// cell is a cell on its way to its normal form.
type cell struct {
	text   string
	name   bool   // a company name, which may look like many things
	shown  string // what findings show in place of the text, if it is something else
	day    time.Time
	faults []fault
}

func (c *cell) add(code csvimport.Code, message, hint string) {
	c.faults = append(c.faults, fault{code: code, message: message, hint: hint})
}

// bad reports whether the cell has an error.
func (c *cell) bad() bool {
	for _, f := range c.faults {
		if f.code.Severity() == csvimport.SeverityError {
			return true
		}
	}
	return false
}

// Character classes of ASCII, for the fast paths.
const (
	classLower = 1 << iota
	classUpper
	classDigit
	classHyphen
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z':
			t[c] = classLower
		case c >= 'A' && c <= 'Z':
			t[c] = classUpper
		case c >= '0' && c <= '9':
			t[c] = classDigit
		case c == '-':
			t[c] = classHyphen
		}
	}
	return t
}()

// control returns the first control character of a cell, if it has one. Tab
// and line ends are none: they stand in names.
func control(s string) (rune, bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return rune(c), true
		}
		if c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0 && s[i+1] != 0x85 {
			return rune(s[i+1]), true
		}
	}
	return 0, false
}

// spoilt looks for what can go wrong in any cell: letters lost, control
// characters, and what a spreadsheet writes instead of a value. It reports
// whether it found an error.
func (c *cell) spoilt() bool {
	s := c.text
	switch {
	case strings.ContainsRune(s, utf8.RuneError):
		c.add(csvimport.ELostCharacters, csvimport.Quoted(s)+" has lost letters: each "+string(utf8.RuneError)+" was one before this file was written",
			"type the value again, or take it from the export")
	case mangled.IsError(s) || !c.name && mangled.LooksError(s):
		c.add(csvimport.ESpreadsheetError, "the formula or column in this cell did not give a value ("+csvimport.Shown(s)+")",
			"widen the column or type the value")
	default:
		if r, ok := control(s); ok {
			c.add(csvimport.EControlCharacter, csvimport.Quoted(s)+" holds a control character ("+controlName(r)+") that cannot be seen",
				"type the value again")
			return true
		}
		return false
	}
	return true
}

func controlName(r rune) string {
	switch r {
	case 0x0b:
		return "vertical tab"
	case 0x0c:
		return "form feed"
	case 0x08:
		return "backspace"
	case 0x1b:
		return "escape"
	}
	const hex = "0123456789ABCDEF"
	return "U+00" + string(hex[r>>4&15]) + string(hex[r&15])
}

// fieldLimit is the length in characters of the longest cell a spreadsheet
// holds.
const fieldLimit = 32_767

// digits reports whether s is not empty and all ASCII digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// addMojibake says that the letters of the cell were read in a wrong encoding.
func (c *cell) addMojibake(probably string) {
	message := csvimport.Quoted(c.text) + " should probably be " + csvimport.Quoted(probably)
	if probably == "" {
		message = "the letters of " + csvimport.Quoted(c.text) + " were read wrongly"
	}
	c.add(csvimport.EMojibake, message+": the file was opened without UTF-8",
		"open the export again with Data > From Text/CSV, UTF-8")
}
