package pace

import "time"

// Window is a limit that lies behind the platform, which answers faster than what is
// behind it can take: at most so many orders in any time of a length. What went is
// counted by the ledger, over all runs; here is what it said. The zero value has no
// limit.
type Window struct {
	Most int
	Per  time.Duration

	shut time.Time
}

// Shut takes that nothing may go before a time.
func (w *Window) Shut(until time.Time) { w.shut = Latest(w.shut, until) }

// Open reports whether one more may go at now, else when.
func (w *Window) Open(now time.Time) (ok bool, at time.Time) {
	return !now.Before(w.shut), Latest(now, w.shut)
}

// Admits is Open for one who need not know when.
func (w *Window) Admits(now time.Time) bool {
	ok, _ := w.Open(now)
	return ok
}
