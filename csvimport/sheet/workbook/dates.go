package workbook

import (
	"math"
	"strings"
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

// shownDate is the longest format in bytes of which a date is drawn.
const shownDate = 60

// drawDate returns a date as the section shows it, with the names of months and days
// in English; empty where that is not known here.
func (s *section) drawDate(t time.Time) string {
	text := s.raw
	if strings.HasPrefix(text, "[$") { // of which country
		_, text, _ = strings.Cut(text, "]")
	}
	// Eras, hours beyond a day and parts of seconds are not drawn.
	if t.IsZero() || len(text) > shownDate || strings.ContainsAny(text, "[eEgGbB") || strings.Contains(text, ".0") {
		return ""
	}
	clock, noon := "15", ""
	if strings.Contains(strings.ToUpper(text), "AM/PM") {
		clock, noon = "3", "PM"
	}
	var b strings.Builder
	last := byte(0) // letter of the token before
	for i := 0; i < len(text); {
		rest := text[i:]
		c := rest[0]
		size := 1
		switch {
		case noon != "" && len(rest) >= 5 && strings.EqualFold(rest[:5], "AM/PM"):
			b.WriteString(t.Format(noon))
			size = 5
		case c == '"' && strings.IndexByte(rest[1:], '"') >= 0:
			size = strings.IndexByte(rest[1:], '"') + 2
			b.WriteString(rest[1 : size-1])
		case c == '\\' && len(rest) > 1:
			size = 1 + letterSize(rest[1:])
			b.WriteString(rest[1:size])
		case (c == '_' || c == '*') && len(rest) > 1:
			size = 1 + letterSize(rest[1:])
		case strings.IndexByte("ymdhs", c|0x20) >= 0:
			for size < len(rest) && rest[size]|0x20 == c|0x20 {
				size++
			}
			letter := c | 0x20
			if letter == 'm' && size <= 2 && (last == 'h' || nextLetter(rest[size:]) == 's') {
				letter = 'n'
			}
			b.WriteString(t.Format(dateLayout(letter, size, clock)))
			last = letter
		default:
			size = letterSize(rest)
			b.WriteString(rest[:size])
		}
		i += size
	}
	return strings.TrimSpace(b.String())
}

// nextLetter is the letter of the next token of a date.
func nextLetter(s string) byte {
	if i := strings.IndexAny(s, "ymdhsYMDHS"); i >= 0 {
		return s[i] | 0x20
	}
	return 0
}

// dateLayout is the layout of a token of size letters: n stands for minutes.
func dateLayout(letter byte, size int, clock string) string {
	pick := func(layouts ...string) string { return layouts[min(size, len(layouts))-1] }
	switch letter {
	case 'y':
		return pick("06", "06", "2006")
	case 'm':
		return pick("1", "01", "Jan", "January")
	case 'd':
		return pick("2", "02", "Mon", "Monday")
	case 'h':
		if clock == "3" {
			return pick("3", "03")
		}
		return clock
	case 'n':
		return pick("4", "04")
	}
	return pick("5", "05")
}
