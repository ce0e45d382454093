package report

import (
	"iter"
	"math"
	"strconv"
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

func (c *chart) Width() int { return chartWidth }

func (c *chart) Height() int { return chartHeight }

func (c *chart) Left() int { return plotLeft }

func (c *chart) Right() int { return plotRight }

func (c *chart) Top() int { return plotTop }

func (c *chart) Bottom() int { return plotBottom }

func (c *chart) YLabel() int { return plotLeft - 6 }

func (c *chart) XLabel() int { return plotBottom + labelLine + 2 }

func (c *chart) XSecond() int { return plotBottom + 2*labelLine + 3 }

func (c *chart) BreakTop() int { return plotBottom - 5 }

func (c *chart) BreakEnd() int { return plotBottom + 5 }

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

// widestSlot is the room of one column at most.
const widestSlot = 26

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
