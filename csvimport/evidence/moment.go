package evidence

import (
	"sync"
	"time"
)

// Moment is an instant by both clocks of a machine.
type Moment struct {
	Wall    time.Time
	Elapsed time.Duration // time asleep included
}

// Since is how long ago then was, by the clock that says longer; ok is false if
// one of them went back, after which nothing is known.
func (m Moment) Since(then Moment) (age time.Duration, ok bool) {
	wall, elapsed := m.Wall.Round(0).Sub(then.Wall.Round(0)), m.Elapsed-then.Elapsed
	return max(wall, elapsed), wall >= 0 && elapsed >= 0
}

// Stands reports whether what was decided at a moment may still be acted upon: for as
// long as a look counts.
func (m Moment) Stands(now Moment) bool { return m.within(now, mostAge) }

// Recent reports whether a look that began at a moment is one on which a first order may
// be placed, or one that may be there already.
func (m Moment) Recent(now Moment) bool { return m.within(now, firstAge) }

func (m Moment) within(now Moment, most time.Duration) bool {
	age, ok := now.Since(m)
	return ok && age <= most
}

// Freshness is how old the last complete look at the platform is. Who is about to
// write an order asks it at the last moment. The zero value never was fresh. It
// is safe for concurrent use.
type Freshness struct {
	mu     sync.Mutex
	last   Moment // start of the last complete look
	looked bool
	anew   time.Duration // since when evidence is gathered
	gap    bool          // two looks were too far apart: what shows now is no proof for what was begun before
}

// Looked takes a complete look that began at a moment. One that began before the
// last one, or before evidence did, changes nothing. After one that came too late nothing is fresh before
// evidence begins anew, however young looks are.
func (f *Freshness) Looked(began Moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if began.Elapsed < f.anew || f.looked && began.Elapsed <= f.last.Elapsed {
		return
	}
	f.gap = f.gap || f.looked && !f.last.Stands(began)
	f.last, f.looked = began, true
}

// Gap reports whether two looks were too far apart since evidence began.
func (f *Freshness) Gap() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gap
}

// Begun reports whether a look was taken since evidence began anew.
func (f *Freshness) Begun() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.looked
}

// Anew forgets all looks, also one that is under way: evidence begins anew.
func (f *Freshness) Anew(now Moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.anew = now.Elapsed
	f.looked, f.gap = false, false
}

// Fresh reports whether orders may be placed on the last look.
func (f *Freshness) Fresh(now Moment) bool { return f.within(now, mostAge) }

// Recent reports whether a first order may be placed on the last look.
func (f *Freshness) Recent(now Moment) bool { return f.within(now, firstAge) }

func (f *Freshness) within(now Moment, most time.Duration) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.looked && !f.gap && f.last.within(now, most)
}
