package rows

import (
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/cutoff"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
)

// ParseCutOff returns a cut-off date in the form in which it is kept. It
// accepts 2026-12-01, 2026-12-01T00:00:00.000Z and 01.12.2026. The error says
// in words what to write instead.
func ParseCutOff(s string) (string, error) {
	t, err := cutoff.Parse(strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	return t.Format(cutoff.Layout), nil
}

// parseCutOff reads the cell as a cut-off date. It may be empty.
func (c *cell) parseCutOff(now time.Time) {
	if c.text == "" {
		return
	}
	s, invisible := normal.Clean(c.text)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "", "")
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
	t, err := cutoff.Parse(s)
	if day, ok := cutoff.Serial(s); ok {
		t, err = day, nil
		c.add(csvimport.WDateSerial, csvimport.Quoted(s)+" is a spreadsheet's number of a day: it was read as "+day.Format(time.DateOnly), "")
	}
	if err != nil {
		if e, ok := err.(*cutoff.Error); ok {
			c.add(e.Code, e.Message, e.Hint)
		}
		return
	}
	c.text = t.Format(cutoff.Layout)
	c.faults = append(c.faults, doubtCutOff(t, now)...)
}

// doubtCutOff warns of cut-offs that are seldom meant.
func doubtCutOff(t, now time.Time) (doubts []fault) {
	if t.After(now) {
		doubts = append(doubts, fault{code: csvimport.WCutOffInFuture, message: t.Format(time.DateOnly) + " is in the future"})
	}
	if t.Day() != 1 || t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Nanosecond() != 0 {
		doubts = append(doubts, fault{code: csvimport.WCutOffNotMonthStart, message: t.Format(cutoff.Layout) + " is not the start of a month"})
	}
	return doubts
}
