package workbook

import (
	"math"
	"time"
)

// lastDay is the number of the last day a spreadsheet knows, of the year 9999.
const lastDay = 2_958_465

// Numbers between these, of the years 1982 to 2103, may be days that have lost their
// format.
const firstGuess, lastGuess = 30_000, 74_500

// day returns the day of a serial number to the second, or the zero time where
// there is none. Numbers are counted from the end of 1899, with a 29 February 1900
// that never was, or from the start of 1904.
func day(serial float64, from1904 bool) time.Time {
	if serial < 0 || serial >= lastDay+1 {
		return time.Time{}
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case serial < 60:
		start = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	case serial < 61:
		return time.Time{}
	}
	whole, part := math.Modf(serial)
	return start.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*86_400)) * time.Second)
}

// dateText writes a date. What is less than a day is a time of day, and what is no
// day stays the number it is.
func dateText(t time.Time, serial float64, stored string) string {
	switch {
	case t.IsZero():
		return stored
	case serial < 1:
		return t.Format(time.TimeOnly)
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}
