package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bulkimport/csvimport/visible"
)

// shorten cuts text to at most n bytes, between characters, and makes it
// UTF-8: template escapes do not.
func shorten(text string, n int) string {
	if len(text) <= n {
		return readable(text)
	}
	cut := text[:n-len("…")]
	for len(cut) > 0 && !utf8.RuneStart(text[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	return strings.Clone(readable(cut)) + "…"
}

// readable writes out what a browser would not show, and what a terminal would obey
// that shows the file.
func readable(text string) string { return visible.Marked(text) }

// span says a number of ms as people do: "0.35 s", "8.2 s", "42 s", "4m 12s",
// "2h 05m", "3d 4h". Its parts stay on one line.
func span(ms int64) string {
	switch {
	case ms < 1:
		return "0\u00a0s"
	case ms < second:
		return trimZeros(float64(ms)/1000, 2) + "\u00a0s"
	case ms < 10*second:
		return trimZeros(float64(ms)/1000, 1) + "\u00a0s"
	case ms < minute-500:
		return fmt.Sprintf("%d\u00a0s", (ms+500)/second)
	case ms < hour-500:
		s := (ms + 500) / second
		if s%60 == 0 {
			return fmt.Sprintf("%d\u00a0min", s/60)
		}
		return fmt.Sprintf("%dm\u00a0%02ds", s/60, s%60)
	case ms < day:
		m := (ms + 30*second) / minute
		if m%60 == 0 {
			return fmt.Sprintf("%d\u00a0h", m/60)
		}
		return fmt.Sprintf("%dh\u00a0%02dm", m/60, m%60)
	default:
		h := ms / hour
		if h%24 == 0 {
			return fmt.Sprintf("%d\u00a0d", h/24)
		}
		return fmt.Sprintf("%dd\u00a0%dh", h/24, h%24)
	}
}

func trimZeros(f float64, digits int) string {
	text := strconv.FormatFloat(f, 'f', digits, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "0" || text == "" {
		return "0.01"
	}
	return text
}

// clock says a moment as precisely as the step between such moments asks.
func clock(ms, step int64) string {
	at := time.UnixMilli(ms).UTC()
	switch {
	case step >= day:
		return at.Format("2 Jan")
	case step >= minute:
		return at.Format("15:04")
	case step >= second:
		return at.Format("15:04:05")
	default:
		return at.Format("15:04:05.0")
	}
}

// date says the day of a moment.
func date(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 Jan 2006") }

// moment says the day and time at which a column of a width begins.
func moment(ms, width int64) string { return date(ms) + " " + clock(ms, min(width, minute)) }

// thousands writes a number with its thousands apart: 12,345.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// share says n of all in per cent. Only none is 0 % and only all are 100 %.
func share(n, all int) string {
	switch {
	case n == 0 || all == 0:
		return "0\u00a0%"
	case n == all:
		return "100\u00a0%"
	}
	percent := float64(n) / float64(all) * 100
	switch {
	case percent < 0.1:
		return "< 0.1\u00a0%"
	case percent > 99.9:
		return "> 99.9\u00a0%"
	}
	return strconv.FormatFloat(percent, 'f', 1, 64) + "\u00a0%"
}

// rows says "1 row" or "12 rows".
func rows(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// percentile returns the value that part per cent of sorted values do not
// exceed (nearest rank). There must be at least one.
func percentile(sorted []int64, part int) int64 {
	return sorted[max((len(sorted)*part+99)/100, 1)-1]
}
