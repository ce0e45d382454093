package pace

import (
	"slices"
	"time"
)

// Window lets so many orders go in any time of a length: a limit that lies behind the
// platform, which answers faster than what is behind it can take. The zero value has
// no limit.
type Window struct {
	Most int
	Per  time.Duration

	sent []time.Time // of the last Most orders, the oldest first
}

// Sent takes that an order was sent at a time, those sent earlier first.
func (w *Window) Sent(at time.Time) {
	if w.Most <= 0 {
		return
	}
	w.sent = append(w.sent, at)
	if extra := len(w.sent) - w.Most; extra > 0 {
		w.sent = append(w.sent[:0], w.sent[extra:]...)
	}
}

// Fill takes orders that others sent, so long ago each.
func (w *Window) Fill(ages []time.Duration, now time.Time) {
	slices.Sort(ages)
	for _, age := range slices.Backward(ages) {
		w.Sent(now.Add(-age))
	}
}

// Open reports whether one more may be sent at now, else when.
func (w *Window) Open(now time.Time) (ok bool, at time.Time) {
	if w.Most <= 0 || len(w.sent) < w.Most {
		return true, now
	}
	at = w.sent[0].Add(w.Per)
	return !now.Before(at), at
}

// Admits is Open for one who need not know when.
func (w *Window) Admits(now time.Time) bool {
	ok, _ := w.Open(now)
	return ok
}
