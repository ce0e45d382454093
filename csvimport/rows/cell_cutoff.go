package rows

import (
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
)

// cutOffLayout is how a cut-off is kept and sent: RFC 3339 with milliseconds.
const cutOffLayout = "2006-01-02T15:04:05.000Z"

// cutOffForms are the forms in which a cut-off is accepted. All of them name
// one day, whoever reads them.
var cutOffForms = [...]string{
	"2006-01-02",
	"2.1.2006",
	"2006-01-02T15:04:05.999Z07:00",
	"2006-01-02T15:04:05.999",
	"2006-01-02 15:04:05.999",
	"2006-01-02 15:04",
	"2.1.2006 15:04:05",
	"2.1.2006 15:04",
}

// ParseCutOff returns a cut-off date in the form in which it is kept. It
// accepts 2026-12-01, 2026-12-01T00:00:00.000Z and 01.12.2026. The error says
// in words what to write instead.
func ParseCutOff(s string) (string, error) {
	t, err := parseCutOff(strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	return t.Format(cutOffLayout), nil
}

// cutOffError is a text that is no cut-off date.
type cutOffError struct {
	code          csvimport.Code
	message, hint string
}

func (e *cutOffError) Error() string { return e.message + "; " + e.hint }

func parseCutOff(s string) (time.Time, error) {
	for _, layout := range cutOffForms {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t = t.UTC(); t.Year() < 2000 || t.Year() > 2100 {
			return time.Time{}, &cutOffError{csvimport.ECutOff, csvimport.Quoted(s) + " is not in this century", "write the date as 2026-12-01"}
		}
		return t, nil
	}
	if t, ok := oneReading(s); ok {
		return t, nil
	}
	return time.Time{}, cutOffFlaw(s)
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

// serialDay is the day of a spreadsheet's number: it counts from the end of 1899.
func serialDay(s string) (time.Time, bool) {
	days, err := strconv.Atoi(s)
	if err != nil || len(s) != 5 || !digits(s) {
		return time.Time{}, false
	}
	t := time.Date(1899, 12, 30+days, 0, 0, 0, 0, time.UTC)
	return t, t.Year() >= 2000 && t.Year() <= 2100
}

func cutOffFlaw(s string) error {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' || r == ' ' })
	numbers := len(parts) >= 3 && digits(parts[0]) && digits(parts[1]) && digits(parts[2])
	// Day, month and year with dots are in that order everywhere.
	if dotted := strings.Count(s, ".") == 2 && numbers && len(parts[2]) == 4; numbers && len(parts[0]) <= 2 && !dotted {
		hint := "write the date as 2026-12-01"
		if t, err := time.Parse("1/2/2006", strings.Join(parts[:3], "/")); err == nil {
			hint = "write " + t.Format(time.DateOnly) + " if the month comes first"
			if t, err := time.Parse("2/1/2006", strings.Join(parts[:3], "/")); err == nil {
				hint += ", " + t.Format(time.DateOnly) + " if the day does"
			}
		} else if t, err := time.Parse("2/1/2006", strings.Join(parts[:3], "/")); err == nil {
			hint = "did you mean " + t.Format(time.DateOnly) + "?"
		}
		return &cutOffError{csvimport.ECutOffAmbiguous, csvimport.Quoted(s) + " can be read as two dates", hint}
	}
	hint := "write the date as 2026-12-01"
	if t, ok := serialDay(s); ok {
		hint += "; as a spreadsheet's number it would be " + t.Format(time.DateOnly)
	}
	return &cutOffError{csvimport.ECutOff, csvimport.Quoted(s) + " is not a date that can be told", hint}
}

// parseCutOff reads the cell as a cut-off date. It may be empty.
func (c *cell) parseCutOff(now time.Time) {
	if c.text == "" {
		return
	}
	s, invisible := normal.Clean(c.text)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "the cell held characters that cannot be seen; they were left out", "")
	}
	s = strings.TrimPrefix(s, "'")
	c.text = s
	if s == "" || c.spoilt() {
		return
	}
	if mangled.IsScientific(s) {
		c.add(csvimport.EMangledNumber, csvimport.Quoted(s)+" is a number in scientific notation, not a date", "write the date as 2026-12-01")
		return
	}
	t, err := parseCutOff(s)
	if day, ok := serialDay(s); ok {
		t, err = day, nil
		c.add(csvimport.WDateSerial, csvimport.Quoted(s)+" is a spreadsheet's number of a day: it was read as "+day.Format(time.DateOnly), "check that this day is meant")
	}
	if err != nil {
		if e, ok := err.(*cutOffError); ok {
			c.add(e.code, e.message, e.hint)
		}
		return
	}
	c.text = t.Format(cutOffLayout)
	c.faults = append(c.faults, doubtCutOff(t, now)...)
}

// doubtCutOff warns of cut-offs that are seldom meant.
func doubtCutOff(t, now time.Time) (doubts []fault) {
	if t.After(now) {
		doubts = append(doubts, fault{code: csvimport.WCutOffInFuture, message: t.Format(time.DateOnly) + " is in the future", hint: "check that billing is meant to start only then"})
	}
	if t.Day() != 1 || t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() != 0 {
		doubts = append(doubts, fault{code: csvimport.WCutOffNotMonthStart, message: t.Format(cutOffLayout) + " is not the start of a month", hint: "check that billing is meant to start on that day"})
	}
	return doubts
}
