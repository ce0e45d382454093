package evidence

import (
	"sync"
	"time"
)

// Unshown are the orders of a run that were accepted and that nothing has shown
// yet. From them it is learnt how long an order takes to show. It is safe for
// concurrent use; the zero value is ready.
type Unshown struct {
	mu     sync.Mutex
	orders map[string]waits
}

// waits is an order that has not shown.
type waits struct {
	intended time.Duration // elapsed
	accepted time.Duration
	missed   time.Duration // start of the last look that did not show it, 0 if there was none
}

// lookGap is what the time between two looks counts for at most: between them the
// order may have shown at any time, or the machine may have slept.
const lookGap = 15 * time.Second

// Accepted takes an order intended and accepted at these times.
func (u *Unshown) Accepted(id string, intended, accepted time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.orders == nil {
		u.orders = make(map[string]waits)
	}
	if _, ok := u.orders[id]; !ok {
		u.orders[id] = waits{intended: intended, accepted: accepted}
	}
}

// Waits reports whether an order is one that has not shown.
func (u *Unshown) Waits(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.orders[id]
	return ok
}

// Listed takes an order seen at a time, and returns how long it took to show; ok
// is false if it had shown before or is not one of these.
func (u *Unshown) Listed(id string, at time.Duration) (lag time.Duration, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w, ok := u.orders[id]
	if !ok {
		return 0, false
	}
	delete(u.orders, id)
	from := max(w.intended, w.missed)
	return from - w.intended + min(max(at-from, 0), lookGap), true
}

// Missed takes the start of a complete look: what was accepted before it and
// waits still did not show in it.
func (u *Unshown) Missed(began time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, w := range u.orders {
		if w.accepted < began && w.missed < began {
			w.missed = began
			u.orders[id] = w
		}
	}
}
