package sheet

import "time"

// Type says what a workbook stores in a cell.
type Type uint8

const (
	Text    Type = iota // all there is in other tables
	Number              // Value.Number
	Date                // a number that its format shows as a date: Value.Time
	Truth               // TRUE or FALSE
	Failed              // an error in place of a value: #N/A
	NoValue             // a formula that nobody has calculated; the cell's text is the formula
)

// Look says how the digits of a number are shown.
type Look uint8

const (
	AsStored   Look = iota // those that are stored, and nothing else
	Decorated              // those that are stored, among other things: a currency, separators, decimals of zero
	Scientific             // shortened: 1.00E+06
	Disguised              // with other digits than those stored, or none: a percentage, a literal digit
)

// Value is what a workbook knows of a cell beyond its text. The text of a whole
// number below 10^15 is its digits as they are shown; of a date it is written as
// 2006-01-02, with the time of day where there is one; a number of 16 digits and
// more, of which not all are kept, is written with an exponent.
type Value struct {
	Type    Type
	Formula bool      // a formula gave the value
	Merged  bool      // empty, and part of a merged cell that has its value elsewhere
	Look    Look      // of a Number
	Number  float64   // of a Number, and of a Date as it is stored
	Time    time.Time // of a Date, in UTC, to the second; zero if there is no such day. Of a Number that may be one: which
	Shown   string    // of a Date, as a person sees it, names in English; empty where that is not known
	Stored  string    // of a Number, as it stands in the file
	Format  string    // of a Number that is Disguised
}
