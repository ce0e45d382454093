package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"bulkimport/csvimport"
)

// bar is a progress bar on a terminal. It is drawn by the one goroutine that
// owns it.
type bar struct {
	w     io.Writer
	width int // of the terminal
	drawn int
	bar   *progressbar.ProgressBar
	total int
}

// The drawn part takes what the words leave, within bounds.
const (
	barWide   = 40
	barNarrow = 5
	barFrame  = 12 // percent, frame and spaces beside the drawn part, and a free column
)

// draw shows where the run stands.
func (b *bar) draw(s csvimport.Progress, quiet time.Duration) {
	if s.Total <= 0 {
		return
	}
	words := clean(standingWithin(s, quiet, max(20, b.width-barNarrow-barFrame)))
	left := max(barNarrow, b.width-barFrame-columns(words))
	if b.bar == nil || left < b.drawn {
		b.begin(s.Total, min(barWide, left), words)
	}
	if s.Total != b.total {
		b.total = s.Total
		b.bar.ChangeMax(s.Total)
	}
	b.bar.Describe(words)
	// Complete is the bar's own end, after which it draws no more: the last
	// row is left to clear.
	_ = b.bar.Set(min(s.Done, s.Total-1))
}

// begin makes a bar of so many drawn columns.
func (b *bar) begin(total, drawn int, words string) {
	b.clear()
	b.total, b.drawn = total, drawn
	b.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(b.w),
		progressbar.OptionSetWidth(drawn),
		progressbar.OptionSetDescription(words),
		progressbar.OptionSetPredictTime(false), // its guess is wrong after a resume; ours is in the words
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetRenderBlankState(true),
	)
}

// resize takes the width of the terminal, which may have changed.
func (b *bar) resize(width int) {
	if width != b.width {
		b.clear()
		b.width, b.bar = width, nil
	}
}

// clear takes the bar off the screen, so that words can be written; the next
// draw brings it back.
func (b *bar) clear() {
	if b.bar != nil {
		fmt.Fprint(b.w, "\r\x1b[2K")
	}
}

// standing says in a line where a run stands, and what it waits for.
func standing(s csvimport.Progress, quiet time.Duration) string {
	words := fullStanding(s, 0)
	switch waiting := waitsFor(s); {
	case waiting != "" && quiet > 0:
		words = append(words, "waiting for "+waiting, "for "+span(quiet)+" so far")
	case waiting != "":
		words = append(words, "waiting for "+waiting)
	}
	return strings.Join(words, ", ")
}

// fullStanding are the numbers of a run; a time in which no row has ended takes the
// place of what is left.
func fullStanding(s csvimport.Progress, quiet time.Duration) []string {
	words := []string{
		fmt.Sprintf("%s of %s done", number(s.Done), number(s.Total)),
		number(s.Failed) + " failed",
		number(s.Unknown) + " unknown",
		number(s.InFlight) + " in flight",
	}
	if s.Open > 0 {
		words = append(words, number(s.Open)+" accepted")
	}
	if s.PerSecond > 0 {
		words = append(words, fmt.Sprintf("%.1f/s", s.PerSecond))
	}
	switch {
	case s.Done == s.Total:
	case s.ETA > 0:
		words = append(words, span(s.ETA)+" left")
	case quiet > 0:
		words = append(words, "waits "+span(quiet))
	}
	return words
}

// standingWithin says the same within so many columns: shorter rather than cut
// off.
func standingWithin(s csvimport.Progress, quiet time.Duration, columns int) string {
	words := strings.Join(fullStanding(s, quiet), ", ")
	if len(words) <= columns {
		return words
	}
	list := fullStanding(s, quiet)
	list[0] = number(s.Done) + "/" + number(s.Total)
	list = slices.DeleteFunc(list, func(w string) bool { return strings.HasSuffix(w, " accepted") })
	if words = strings.Join(list, ", "); len(words) <= columns {
		return words
	}
	list[len(list)-1] = strings.TrimSuffix(list[len(list)-1], " left")
	for _, separator := range []string{", ", " "} {
		if words = strings.Join(list, separator); len(words) <= columns {
			return words
		}
	}
	return csvimport.Shorten(words, columns)
}

// longOpen is how long an order may be open before the run says that it waits
// for it.
const longOpen = 10 * time.Second

// waitsFor says what a run waits for, empty if it is at work.
func waitsFor(s csvimport.Progress) string {
	switch {
	case s.Waiting != "":
		return s.Waiting
	case s.InFlight == 0 && s.Open > 0 && s.OldestOpen >= longOpen:
		return fmt.Sprintf("%s still being provisioned, oldest %s", count(s.Open, "order"), span(s.OldestOpen))
	}
	return ""
}
