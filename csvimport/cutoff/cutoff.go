// Package cutoff reads the dates that people write for the start of billing, as long
// as they have one reading.
package cutoff

import (
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport"
)

// Layout is how a cut-off is kept and sent: RFC 3339 with milliseconds.
const Layout = "2006-01-02T15:04:05.000Z"

// forms are the forms in which a cut-off is accepted. All of them name
// one day, whoever reads them.
var forms = [...]string{
	"2006-01-02",
	"2.1.2006",
	"2006-01-02T15:04:05.999Z07:00",
	"2006-01-02T15:04:05.999",
	"2006-01-02 15:04:05.999",
	"2006-01-02 15:04",
	"2.1.2006 15:04:05",
	"2.1.2006 15:04",
}

// Error is a text that is no cut-off date.
type Error struct {
	Code          csvimport.Code
	Message, Hint string // what is wrong, and what to write instead
}

func (e *Error) Error() string { return e.Message + "; " + e.Hint }

// Parse returns the day that a text names; the error is an *Error. It accepts
// 2026-12-01, 2026-12-01T00:00:00.000Z, 01.12.2026, and 12/31/2026, which has one
// reading only.
func Parse(s string) (time.Time, error) {
	for _, layout := range forms {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t = t.UTC(); t.Year() < 2000 || t.Year() > 2100 {
			return time.Time{}, &Error{csvimport.ECutOff, csvimport.Quoted(s) + " is not in this century", csvimport.ECutOff.Meaning().Mend}
		}
		return t, nil
	}
	if t, ok := oneReading(s); ok {
		return t, nil
	}
	return time.Time{}, flaw(s)
}

// oneReading reads a date of which day and month may come in either order, if only one
// makes a date, or both the same.
func oneReading(s string) (time.Time, bool) {
	american, notA := time.Parse("1/2/2006", s)
	other, notB := time.Parse("2/1/2006", s)
	switch {
	case american.Year() < 2000 && other.Year() < 2000 || american.Year() > 2100 || other.Year() > 2100:
		return time.Time{}, false
	case notA != nil:
		return other, notB == nil
	}
	return american, notB != nil || american.Equal(other)
}

// Serial is the day of a spreadsheet's number: it counts from the end of 1899.
func Serial(s string) (time.Time, bool) {
	days, err := strconv.Atoi(s)
	if err != nil || len(s) != 5 || !digits(s) {
		return time.Time{}, false
	}
	t := time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC)
	return t, t.Year() >= 2000 && t.Year() <= 2100
}

func flaw(s string) error {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' || r == ' ' })
	numbers := len(parts) >= 3 && digits(parts[0]) && digits(parts[1]) && digits(parts[2])
	// Day, month and year with dots are in that order everywhere.
	if dotted := strings.Count(s, ".") == 2 && numbers && len(parts[2]) == 4; numbers && len(parts[0]) <= 2 && !dotted {
		hint := csvimport.ECutOff.Meaning().Mend
		if t, err := time.Parse("1/2/2006", strings.Join(parts[:3], "/")); err == nil {
			hint = "write " + t.Format(time.DateOnly) + " if the month comes first"
			if t, err := time.Parse("2/1/2006", strings.Join(parts[:3], "/")); err == nil {
				hint += ", " + t.Format(time.DateOnly) + " if the day does"
			}
		} else if t, err := time.Parse("2/1/2006", strings.Join(parts[:3], "/")); err == nil {
			hint = "did you mean " + t.Format(time.DateOnly) + "?"
		}
		return &Error{csvimport.ECutOffAmbiguous, csvimport.Quoted(s) + " can be read as two dates", hint}
	}
	hint := csvimport.ECutOff.Meaning().Mend
	if t, ok := Serial(s); ok {
		hint += "; as a spreadsheet's number it would be " + t.Format(time.DateOnly)
	}
	return &Error{csvimport.ECutOff, csvimport.Quoted(s) + " is not a date that can be told", hint}
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
