package report

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
)

// A chart's measures, in the units of its view box.
const (
	chartWidth   = 480
	chartHeight  = 216
	plotLeft     = 34
	plotRight    = 472
	plotTop      = 14
	plotBottom   = 172
	plotWidth    = plotRight - plotLeft
	plotHeight   = plotBottom - plotTop
	labelLine    = 14 // from one line of labels to the next
	mostColumns  = 48
	mostSegments = 4
)

// chart is a drawing of columns: a picture for the eye, a sentence and a table
// for those who cannot see it.
type chart struct {
	ID      string
	Title   string
	Summary string
	Empty   string // said in place of the drawing if there is nothing to draw
	YTicks  []tick
	XTicks  []tick
	Columns []column
	Breaks  []float // places where the axis of time leaves something out
	Marks   []mark
	Legend  []outcome
	Head    []string
	Figures [][]string
}

func (c *chart) Width() int     { return chartWidth }
func (c *chart) Height() int    { return chartHeight }
func (c *chart) Left() int      { return plotLeft }
func (c *chart) Right() int     { return plotRight }
func (c *chart) Top() int       { return plotTop }
func (c *chart) Bottom() int    { return plotBottom }
func (c *chart) YLabel() int    { return plotLeft - 6 }
func (c *chart) XLabel() int    { return plotBottom + labelLine + 2 }
func (c *chart) XSecond() int   { return plotBottom + 2*labelLine + 3 }
func (c *chart) BreakTop() int  { return plotBottom - 5 }
func (c *chart) BreakEnd() int  { return plotBottom + 5 }
func (c *chart) HitHeight() int { return plotHeight }

// float is a coordinate; it prints with as few digits as the eye needs.
type float float64

func (f float) String() string {
	return strconv.FormatFloat(math.Round(float64(f)*100)/100, 'f', -1, 64)
}

type tick struct {
	At     float
	Label  string
	Second string // a line below, for the day
	Anchor string // start, middle or end
}

// column is one stack of bars with the words that a pointer shows.
type column struct {
	X, Width float
	Words    string
	Bars     []bar
}

type bar struct {
	X, Y, Width, Height float
	Class               string
}

// mark is a line at a value of the axis.
type mark struct {
	X      float
	Label  string
	LabelX float
	Anchor string
}

// scale maps counts to heights, with round numbers at its lines.
type scale struct{ top int }

func newScale(most int) (scale, []tick) {
	step := 1
	for step*4 < most {
		switch digits := strconv.Itoa(step); digits[0] {
		case '2':
			step = step / 2 * 5
		default: // 1 and 5
			step *= 2
		}
	}
	lines := max(1, (most+step-1)/step)
	s := scale{top: lines * step}
	var ticks []tick
	for n := 0; n <= lines; n++ {
		ticks = append(ticks, tick{At: float(plotBottom - s.height(n*step)), Label: thousands(n * step)})
	}
	return s, ticks
}

func (s scale) height(n int) float64 { return float64(n) / float64(s.top) * plotHeight }

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// roundTimes are the widths people count time in, in ms.
var roundTimes = [...]int64{
	1, 2, 5, 10, 20, 50, 100, 200, 500,
	second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second,
	minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
	hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
	day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day,
}

// roundTime returns the smallest round width for which fits says yes.
func roundTime(from int64, fits func(width int64) bool) int64 {
	for _, width := range roundTimes {
		if width >= from && fits(width) {
			return width
		}
	}
	width := roundTimes[len(roundTimes)-1]
	for !fits(width) {
		width *= 2
	}
	return width
}

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

// grain returns least, or a second where all values are whole seconds: finer
// columns would only show the rounding.
func grain(values iter.Seq[int64], least int64) int64 {
	for ms := range values {
		if ms%second != 0 {
			return least
		}
	}
	return second
}

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
