package evidence

import "time"

// Step is what follows from an order of somebody else's.
type Step uint8

const (
	GoOn  Step = iota // nothing
	Look              // another look, before anything is decided
	Pause             // nothing is placed for a while, then evidence begins anew
	End               // the run ends: the other one began earlier
)

// Foreign weighs the orders of other ledgers that appear while this run is at
// work: of two that see each other the one whose first order has the lower number
// goes on. Times are elapsed. It belongs to one goroutine.
type Foreign struct {
	lowest string        // number of the earliest seen since evidence began
	first  time.Duration // first sight of the first
	last   time.Duration // first sight of the youngest
	seen   int
	looked bool // a complete look has begun after the last sight

	until time.Duration // of a pause or a wait, 0 if there is none
}

// Anew forgets what has been seen: evidence begins anew.
func (f *Foreign) Anew() { *f = Foreign{} }

// Saw takes the number of an order that is first seen at now.
func (f *Foreign) Saw(number string, now time.Duration) {
	if f.seen == 0 || CompareNumbers(number, f.lowest) < 0 {
		f.lowest = number
	}
	if f.seen == 0 {
		f.first = now
	}
	f.seen++
	f.last, f.looked = now, false
}

// Looked takes a complete look that began at a time.
func (f *Foreign) Looked(began time.Duration) { f.looked = f.looked || began >= f.last }

// Any reports whether there is one since evidence began.
func (f *Foreign) Any() bool { return f.seen > 0 }

// Earliest is the lowest of their numbers.
func (f *Foreign) Earliest() string { return f.lowest }

// Since is when the first one was seen.
func (f *Foreign) Since() time.Duration { return f.first }

// HoldUntil makes the run wait until a time at least.
func (f *Foreign) HoldUntil(until time.Duration) { f.until = max(f.until, until) }

// Held returns until when nothing is placed, and whether that is still to come.
func (f *Foreign) Held(now time.Duration) (until time.Duration, held bool) {
	return f.until, now < f.until
}

// Step tells what follows. own is the number of this run's first order of the
// present evidence, empty while it is not known, and placed is whether there is such
// an order at all. turnUp is for how long orders of others may still turn up.
func (f *Foreign) Step(own string, placed bool, turnUp time.Duration) Step {
	switch {
	case f.seen == 0:
		return GoOn
	case !placed: // nothing of this run is there to be compared: it is the one to wait
		f.HoldUntil(f.last + turnUp)
		return Pause
	case !f.looked || own == "":
		return Look
	case CompareNumbers(f.lowest, own) < 0:
		return End
	}
	f.HoldUntil(f.last + turnUp)
	return Pause
}
