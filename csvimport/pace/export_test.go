package pace

import "time"

// Limit is how many may be in flight.
func (g *Pressure) Limit() float64 { return g.limit }

// Rate is how many orders a second may start, 0 if any number may.
func (g *Pressure) Rate(now time.Time) float64 {
	g.pace.grow(now)
	return g.pace.current()
}
