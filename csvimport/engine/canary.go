package engine

import (
	"bulkimport/csvimport"
)

// canary holds a run back to its first rows: the canary, or the first day. It is
// told everything, and tells what follows.
type canary struct {
	size    int // rows that may be sent before it has ended, 0 = no canary
	first   bool
	begun   int
	ended   int
	bad     int
	over    bool
	checked bool

	replaced int // rows of the first day that were refused, for which another one goes
}

// mostReplaced is for how many refused rows of the first day another one goes.
const mostReplaced = 2

func newCanary(o Options) canary {
	t := canary{size: o.Canary}
	if o.FirstOnly {
		t = canary{size: 1, first: true}
	}
	t.over = t.size == 0
	return t
}

// admits reports whether one more row may be sent for the first time.
func (t *canary) admits() bool { return t.over || t.begun < t.size }

func (t *canary) begin(it *item) {
	if !t.over && !it.canary {
		it.canary = true
		t.begun++
	}
}

func (t *canary) end(it *item, s csvimport.Status) {
	if !it.canary || t.over {
		return
	}
	if t.first && s == csvimport.Refused && t.replaced < mostReplaced {
		t.replaced++
		t.begun--
		return
	}
	t.ended++
	if s != csvimport.Completed {
		t.bad++
	}
}

// verdict is what a canary comes to.
type verdict uint8

const (
	undecided verdict = iota
	failed            // some of its rows did not end well
	suspected         // they did: look whether the platform shows them as imported
	passed
)

// judge tells what the canary comes to, once all its rows have ended. last is true
// when no further row can come, shows when the platform can be asked what it
// shows as imported, and asking while it, or anything else, is being asked.
func (t *canary) judge(last, shows, asking bool) verdict {
	switch {
	case t.over || t.begun == 0 || t.ended < t.begun || t.begun < t.size && !last:
		return undecided
	case t.bad > 0:
		return failed
	case shows && asking:
		return undecided
	case shows && !t.checked:
		t.checked = true
		return suspected
	}
	t.over = !t.first
	return passed
}
