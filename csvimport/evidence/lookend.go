package evidence

import "time"

// dateSlack is how far the dates of orders may be off.
const dateSlack = 24 * time.Hour

// LookEnd tells where a look may end that reads from the newest order down: beyond
// the newest of the last look, and beyond all that was young then, which may have
// turned up since below orders that came after it.
type LookEnd struct {
	Horizon time.Duration // the age that counts as young
	Now     time.Time     // of the platform
	Newest  string        // the id of the newest order of the last look, empty if there were none
	Since   time.Duration // how long ago that look began, time asleep included

	passed bool
	untold int // orders since then whose age is not told
	all    int
}

const (
	pastNewest = 500  // orders whose age is not told that a look reads beyond the newest of the last
	mostUntold = 5000 // orders whose age is not told that it reads at most
)

// Reached reports whether the look may end with this order; its date is zero where it
// is not told. It is asked of each, in the order in which they are listed.
func (e *LookEnd) Reached(id string, date time.Time) bool {
	e.passed = e.passed || id == e.Newest
	if date.IsZero() {
		if e.all++; e.passed {
			e.untold++
		}
		return e.untold > pastNewest || e.all > mostUntold
	}
	age := e.Now.Sub(date)
	return age > e.Since+e.Horizon && (e.passed || age > e.Since+dateSlack)
}
