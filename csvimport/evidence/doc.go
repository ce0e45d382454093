// Package evidence decides, from what the platform's listings have shown so far,
// whether another order may be placed.
//
// Its parts are small machines that are told everything, the time too, and ask
// nobody: how old the last look is, how long orders take to show, the first order
// on which the rest depends, and what an order of somebody else's means.
package evidence

import "time"

// Rules are the figures that all go by. The zero value of a field is its default.
type Rules struct {
	Settle   time.Duration // how long an order may turn up late: 24 h
	Show     time.Duration // how long the first order may take to show: 10 min
	Loopback bool          // nobody is billed: one look at the first order is enough, and waits are a sixtieth
}

// Figures that are nobody's to choose.
const (
	defaultSettle = 24 * time.Hour
	defaultShow   = 10 * time.Minute

	mostAge   = 3 * time.Minute  // of a look on which orders are placed
	firstAge  = 10 * time.Second // of the look before a first order
	young     = time.Minute      // the age at which the first order lets others go
	idle      = 5 * time.Minute  // without an order after which a first one is due again
	mostLag   = 5 * time.Minute  // that any wait takes into account
	turnUp    = 10 * time.Minute // what a wait for orders of others is at least
	doubtLook = 2 * time.Minute  // for how long an order in doubt is looked for at least
	deniedMin = 5 * time.Second  // after a no, before the look
	mostFirst = 3                // first orders in doubt, one after the other
	putOff    = 3 * time.Minute  // for an import to show, at the end of a run, at most
	imported  = 2 * time.Minute  // beyond twice the time it was seen to take, for an import to show
)

// Filled returns the rules with their defaults.
func (r Rules) Filled() Rules {
	if r.Settle == 0 {
		r.Settle = defaultSettle
	}
	if r.Show == 0 {
		r.Show = defaultShow
	}
	return r
}

// TurnUp is for how long an order that somebody placed may still turn up, given
// how long orders take to show: max(10 min, 4 × lag), and never longer than
// settle.
func (r Rules) TurnUp(lag time.Duration) time.Duration {
	return min(max(r.scaled(turnUp), 4*min(lag, mostLag)), r.Settle)
}

// ImportDue is how long after an order's end the tenant list has to show what it
// imported, given the time after which it was seen to: twice that and two minutes.
func (r Rules) ImportDue(follows time.Duration) time.Duration {
	return 2*follows + r.scaled(imported)
}

// ImportWait is how long to wait before the tenant list is read again, given the time
// after which it was seen to show imports, and the age of the youngest it does not show
// yet; ok is false where the end of a run is not put off for so long.
func (r Rules) ImportWait(follows, youngest time.Duration) (wait time.Duration, ok bool) {
	wait = r.ImportDue(follows) - youngest
	if soon := follows + follows/4 - youngest; soon > 0 {
		wait = soon + time.Second
	}
	return wait, wait <= putOff
}

// scaled is a wait as these rules have it.
func (r Rules) scaled(d time.Duration) time.Duration {
	if r.Loopback {
		return d / 60
	}
	return d
}

// Doubt is for how long an order in doubt is looked for: max(2 min, 4 × lag), and
// never longer than settle.
func (r Rules) Doubt(lag time.Duration) time.Duration {
	return min(max(r.scaled(doubtLook), 4*min(lag, mostLag)), r.Settle)
}

// Resend is how short settle has to be for an order in doubt to be sent again, on a
// person's word, in the same run.
func (r Rules) Resend(lag time.Duration) time.Duration { return max(doubtLook, 4*min(lag, mostLag)) }

// Denied is how long after a no the look is made that bears it out: max(5 s, what
// the platform asks to wait, 2 × lag).
func (r Rules) Denied(lag, asked time.Duration) time.Duration {
	return max(min(r.scaled(deniedMin), r.Settle), asked, 2*min(lag, mostLag))
}

// Unseen is after how long an accepted order that nothing has shown is in doubt.
func (r Rules) Unseen(lag time.Duration) time.Duration { return max(r.Show, r.TurnUp(lag)) }

// Horizon is how far back a look at the newest orders reads.
func (r Rules) Horizon(lag time.Duration) time.Duration { return max(turnUp, 2*min(lag, mostLag)) }
