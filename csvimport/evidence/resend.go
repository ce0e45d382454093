package evidence

import (
	"math"
	"time"
)

// Never is a wait without an end.
const Never time.Duration = math.MaxInt64

// clocksApart is how far apart the clocks of the platform's machines may be.
const clocksApart = time.Minute

// MayArrive is for how long after a doubt began its request may arrive, where the run that
// sent it is not known to have ended: a machine that was stopped after its last look before
// the wire writes the request when it goes on. What bounds that is the age of the
// signature. window is the least age at which the platform refuses one, 0 if none is
// known; dated is whether requests have one. The machine's clock may have been ahead by
// as much as the platform takes.
func MayArrive(window time.Duration, dated bool) time.Duration {
	if !dated || window <= 0 {
		return Never
	}
	return 2*window + clocksApart
}

// Until is when a wait ends that began at a time, zero if it has no end.
func Until(began time.Time, wait time.Duration) time.Time {
	if began.IsZero() || wait <= 0 || wait == Never {
		return time.Time{}
	}
	return began.Add(wait)
}

// Again is how long after a doubt began its row may be sent again, on a person's word,
// where its request may arrive for so long.
func (r Rules) Again(arrives time.Duration) time.Duration { return max(r.Settle, arrives) }

// Passed is how long ago a doubt began that began so long ago by this machine's clock:
// that or, if it is less, what the platform's says, from the latest time heard before the
// doubt to the earliest of a look; where the platform tells no time, half of ours.
func Passed(ours time.Duration, heard, looked time.Time) time.Duration {
	if heard.IsZero() || looked.IsZero() {
		return ours / 2
	}
	return min(ours, looked.Sub(heard))
}
