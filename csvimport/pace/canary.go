package pace

// Canary holds a run back to its first rows: so many, or the one of a first day. It is
// told everything, and tells what follows.
type Canary struct {
	size    int  // rows that may be sent before it has ended, 0 = no canary
	first   bool // it is the one row of a first day
	begun   int
	ended   int
	bad     int
	over    bool
	checked bool

	replaced int // rows of the first day that were refused, for which another one goes
}

// mostReplaced is for how many refused rows of the first day another one goes.
const mostReplaced = 2

// NewCanary returns one of so many rows, none if 0; on a first day, of a single row
// after which a person looks.
func NewCanary(size int, firstDay bool) Canary {
	if firstDay {
		size = 1
	}
	return Canary{size: size, first: firstDay, over: size == 0}
}

// FirstDay reports whether it is the one row of a first day.
func (c *Canary) FirstDay() bool { return c.first }

// Begun is how many rows it has, and Bad how many of them did not end well.
func (c *Canary) Begun() int { return c.begun }
func (c *Canary) Bad() int   { return c.bad }

// Admits reports whether one more row may be sent for the first time.
func (c *Canary) Admits() bool { return c.over || c.begun < c.size }

// Begin takes that a row is sent for the first time, and reports whether it is one of
// the canary.
func (c *Canary) Begin() bool {
	if c.over {
		return false
	}
	c.begun++
	return true
}

// Withdraw takes that a row of the canary need not be sent: another one goes for it.
func (c *Canary) Withdraw() { c.begun-- }

// End takes that a row of the canary has ended: refused, or in another way, well or
// not.
func (c *Canary) End(well, refused bool) {
	if c.over {
		return
	}
	if c.first && refused && c.replaced < mostReplaced {
		c.replaced++
		c.begun--
		return
	}
	c.ended++
	if !well {
		c.bad++
	}
}

// Verdict is what a canary comes to.
type Verdict uint8

const (
	Undecided Verdict = iota
	Failed            // some of its rows did not end well
	Suspected         // they did: look whether the platform shows them as imported
	Passed
)

// Judge tells what the canary comes to, once all its rows have ended. last is true
// when no further row can come, shows when the platform can be asked what it
// shows as imported, and asking while it, or anything else, is being asked.
func (c *Canary) Judge(last, shows, asking bool) Verdict {
	switch {
	case c.over || c.begun == 0 || c.ended < c.begun || c.begun < c.size && !last:
		return Undecided
	case c.bad > 0:
		return Failed
	case shows && asking:
		return Undecided
	case shows && !c.checked:
		c.checked = true
		return Suspected
	}
	c.over = !c.first
	return Passed
}
