package report

import (
	"fmt"
	"slices"
)

const (
	mostBins  = 24
	labelRoom = 66 // of one label of the axis
)

// histogram draws how long orders took from being placed to their end. Its
// axis reaches to the 98th percentile, so that one order that took an hour
// does not hide the others; what took longer is one column of its own.
func histogram(times []int64) *chart {
	c := &chart{ID: "histogram", Title: "Order times", Empty: "No order has both a time of placing and a time of its end."}
	if len(times) == 0 {
		return c
	}
	times = slices.Clone(times)
	slices.Sort(times)
	limit := max(percentile(times, 98), 1)
	width := roundTime(grain(slices.Values(times), 10), func(width int64) bool { return (limit+width)/width <= mostBins })
	bins := make([]int, (limit+width)/width)
	longer := 0
	for _, ms := range times {
		if i := ms / width; i < int64(len(bins)) {
			bins[i]++
		} else {
			longer++
		}
	}
	heights, ticks := newScale(max(slices.Max(bins), longer))
	c.YTicks = ticks

	slots := len(bins)
	if longer > 0 {
		slots += 2 // a gap and the column of those that took longer
	}
	slot := min(float64(plotWidth)/float64(slots), 2*widestSlot)
	add := func(i, n int, class, when string) {
		x, gap := plotLeft+float64(i)*slot, min(2, slot/5)
		words := when + ": " + rows(n, "order")
		col := column{X: float(x), Width: float(slot), Words: words}
		if n > 0 {
			h := heights.height(n)
			col.Bars = []bar{{X: float(x + gap/2), Y: float(plotBottom - h), Width: float(slot - gap), Height: float(h), Class: class}}
		}
		c.Columns = append(c.Columns, col)
		if n > 0 {
			c.Figures = append(c.Figures, []string{when, thousands(n)})
		}
	}
	for i, n := range bins {
		add(i, n, "plain", span(int64(i)*width)+" to "+span(int64(i+1)*width))
	}
	end := int64(len(bins)) * width
	if longer > 0 {
		add(len(bins)+1, longer, "longer", span(end)+" or longer")
		c.Breaks = []float{float(plotLeft + (float64(len(bins))+0.5)*slot)}
		c.XTicks = append(c.XTicks, tick{At: float(plotLeft + (float64(len(bins))+2)*slot), Label: "longer", Anchor: "end"})
	}
	c.XTicks = append(c.XTicks, timeTicks(width, len(bins), slot, longer > 0)...)
	c.mark("half", percentile(times, 50), width, end, slot)
	c.mark("nine in ten", percentile(times, 90), width, end, slot)
	c.Head = []string{"From order to end", "Orders"}
	c.Summary = fmt.Sprintf("%s from order to end: half within %s, nine in ten within %s, the longest %s.", rows(len(times), "order"),
		span(percentile(times, 50)), span(percentile(times, 90)), span(times[len(times)-1]))
	return c
}

// timeTicks labels the edges of bins, the first being 0.
func timeTicks(width int64, bins int, slot float64, withLonger bool) []tick {
	every := 1
	for float64(every)*slot < labelRoom {
		every++
	}
	var ticks []tick
	for i := 0; i <= bins; i += every {
		x := plotLeft + float64(i)*slot
		if withLonger && i > 0 && x > plotLeft+(float64(bins)+1.5)*slot-labelRoom {
			break
		}
		ticks = append(ticks, tick{At: float(x), Label: span(int64(i) * width), Anchor: "middle"})
	}
	return ticks
}

// mark draws a line at a value, its label on the side that has room.
func (c *chart) mark(label string, ms, width, end int64, slot float64) {
	if ms >= end {
		return
	}
	m := mark{X: float(plotLeft + float64(ms)/float64(width)*slot), Label: label, Anchor: "start"}
	m.LabelX = m.X + 4
	if n := len(c.Marks); n > 0 && m.X-c.Marks[n-1].X < labelRoom/2 {
		return // it would be written over the mark before
	}
	if m.X > plotRight-labelRoom {
		m.Anchor, m.LabelX = "end", m.X-4
	}
	c.Marks = append(c.Marks, m)
}
