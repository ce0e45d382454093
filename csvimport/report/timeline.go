package report

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

const (
	segmentGap  = 18         // between two stretches of time
	segmentLeft = 66         // least width of a stretch, room for its label
	clockRoom   = 80         // of a label with seconds
	hourRoom    = 52         // of a label without
	shortPause  = 2 * minute // is never left out
	pausePart   = 0.25       // of the time that stays, from which a pause is left out
)

// segment is a stretch of time without a long pause, in columns of one width.
type segment struct {
	first   int64 // start of its first column, Unix ms
	columns [][len(outcomes)]int
	x       float64
	width   float64
}

// timeline draws when orders were placed and how they ended. A first order one
// day and all others the next must not flatten each other: long pauses are
// left out of the axis.
func timeline(placed []placement) *chart {
	c := &chart{ID: "timeline", Title: "Orders over time", Empty: "No order was sent, so there is nothing to draw."}
	if len(placed) == 0 {
		return c
	}
	placed = slices.SortedFunc(slices.Values(placed), func(a, b placement) int { return cmp.Compare(a.at, b.at) })
	stretches := cutPauses(placed)
	width := roundTime(grain(moments(placed), 100), func(width int64) bool {
		n := int64(0)
		for _, s := range stretches {
			n += s[len(s)-1].at/width - s[0].at/width + 1
		}
		return n <= mostColumns
	})
	segments := fillSegments(stretches, width)
	slot := layOut(segments)

	most, busiest := 0, int64(0)
	for _, s := range segments {
		for i, counts := range s.columns {
			if n := sum(counts); n > most {
				most, busiest = n, s.first+int64(i)*width
			}
		}
	}
	heights, ticks := newScale(most)
	c.YTicks = ticks
	seen := [len(outcomes)]bool{}
	for n, s := range segments {
		if n > 0 {
			c.Breaks = append(c.Breaks, float(s.x-segmentGap/2))
		}
		c.XTicks = append(c.XTicks, s.ticks(width, slot, n == 0 || date(segments[n-1].first) != date(s.first))...)
		for i, counts := range s.columns {
			from := s.first + int64(i)*width
			c.Columns = append(c.Columns, stack(s.x+float64(i)*slot, slot, counts, heights, from, width))
			if sum(counts) > 0 {
				c.Figures = append(c.Figures, []string{moment(from, width), thousands(sum(counts)), endings(counts)})
			}
			for o, k := range counts {
				seen[o] = seen[o] || k > 0
			}
		}
	}
	for o, was := range seen {
		if was {
			c.Legend = append(c.Legend, outcomes[o])
		}
	}
	c.Head = []string{"From (UTC)", "Orders", "How they ended"}
	c.Summary = fmt.Sprintf("%s sent, in columns of %s; at most %s, at %s UTC.", rows(len(placed), "order"), span(width),
		thousands(most), clock(busiest, min(width, minute)))
	if len(segments) > 1 {
		c.Summary += " Pauses are left out."
	}
	return c
}

// cutPauses splits placements, sorted by time, at the longest pauses that
// would take a good part of the axis.
func cutPauses(placed []placement) [][]placement {
	type pause struct {
		before int
		length int64
	}
	var longest []pause // the longest first, at most mostSegments-1
	for i := 1; i < len(placed); i++ {
		p := pause{i, placed[i].at - placed[i-1].at}
		if p.length <= shortPause || len(longest) == mostSegments-1 && p.length <= longest[len(longest)-1].length {
			continue
		}
		if len(longest) == mostSegments-1 {
			longest = longest[:len(longest)-1]
		}
		at, _ := slices.BinarySearchFunc(longest, p.length, func(q pause, length int64) int { return cmp.Compare(length, q.length) })
		longest = slices.Insert(longest, at, p)
	}
	active := placed[len(placed)-1].at - placed[0].at
	var cuts []int
	for _, p := range longest {
		active -= p.length
		if float64(p.length) < pausePart*float64(active) {
			break
		}
		cuts = append(cuts, p.before)
	}
	slices.Sort(cuts)
	var parts [][]placement
	from := 0
	for _, cut := range cuts {
		parts = append(parts, placed[from:cut])
		from = cut
	}
	return append(parts, placed[from:])
}

func fillSegments(stretches [][]placement, width int64) []*segment {
	var segments []*segment
	for _, placed := range stretches {
		first := placed[0].at / width
		s := &segment{first: first * width, columns: make([][len(outcomes)]int, placed[len(placed)-1].at/width-first+1)}
		for _, p := range placed {
			s.columns[p.at/width-first][p.outcome]++
		}
		segments = append(segments, s)
	}
	return segments
}

// layOut gives each segment its place and returns the width of a column, the
// same in all of them.
func layOut(segments []*segment) (slot float64) {
	room := float64(plotWidth - segmentGap*(len(segments)-1))
	narrow := make([]bool, len(segments))
	for again := true; again; {
		again = false
		left, columns := room, 0
		for i, s := range segments {
			if narrow[i] {
				left -= segmentLeft
			} else {
				columns += len(s.columns)
			}
		}
		if columns == 0 {
			break
		}
		slot = left / float64(columns)
		for i, s := range segments {
			if !narrow[i] && len(segments) > 1 && slot*float64(len(s.columns)) < segmentLeft {
				narrow[i], again = true, true
			}
		}
	}
	// A narrow segment is wider than its columns, so that they fit in any case.
	slot = min(slot, widestSlot)
	if slot == 0 {
		slot = widestSlot
	}
	x := float64(plotLeft)
	for _, s := range segments {
		s.x = x
		s.width = max(slot*float64(len(s.columns)), segmentLeft)
		x += s.width + segmentGap
	}
	return slot
}

// ticks labels a segment: at round moments if there is room for two, else at
// its start.
func (s *segment) ticks(width int64, slot float64, withDay bool) []tick {
	perMs := slot / float64(width)
	length := width * int64(len(s.columns))
	room := float64(hourRoom)
	step := roundTime(width, func(step int64) bool {
		if step < minute {
			return float64(step)*perMs >= clockRoom
		}
		return float64(step)*perMs >= hourRoom
	})
	if step < minute {
		room = clockRoom
	}
	var ticks []tick
	for at := (s.first + step - 1) / step * step; at <= s.first+length; at += step {
		t := tick{At: float(s.x + float64(at-s.first)*perMs), Label: clock(at, step), Anchor: "middle"}
		if float64(t.At) > plotRight-room/3 {
			t.Anchor = "end"
		}
		ticks = append(ticks, t)
	}
	if len(ticks) < 2 {
		ticks = []tick{{At: float(s.x), Label: clock(s.first, max(minute, width)), Anchor: "start"}}
	}
	if withDay && width < day {
		ticks[0].Second = clock(s.first, day)
	}
	return ticks
}

func stack(x, slot float64, counts [len(outcomes)]int, heights scale, from, width int64) column {
	col := column{X: float(x), Width: float(slot), Words: columnWords(from, width, counts)}
	gap := min(2, slot/5)
	y := float64(plotBottom)
	for o, n := range counts {
		if n == 0 {
			continue
		}
		h := heights.height(n)
		y -= h
		col.Bars = append(col.Bars, bar{
			X: float(x + gap/2), Y: float(y), Width: float(slot - gap), Height: float(h), Class: outcomes[o].Class(),
		})
	}
	return col
}

func columnWords(from, width int64, counts [len(outcomes)]int) string {
	n := sum(counts)
	if n == 0 {
		return moment(from, width) + " UTC: no order"
	}
	return moment(from, width) + " UTC: " + rows(n, "order") + ", " + endings(counts)
}

func moments(placed []placement) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, p := range placed {
			if !yield(p.at) {
				return
			}
		}
	}
}

func endings(counts [len(outcomes)]int) string {
	var words []string
	for o, n := range counts {
		if n > 0 {
			words = append(words, thousands(n)+" "+outcomes[o].Name)
		}
	}
	return strings.Join(words, ", ")
}

func sum(counts [len(outcomes)]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}
