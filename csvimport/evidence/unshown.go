package evidence

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Unshown are the orders of a run that were accepted and that nothing has shown
// yet. From them it is learnt how long an order takes to show. It is safe for
// concurrent use; the zero value is ready.
type Unshown struct {
	mu      sync.Mutex
	orders  map[string]waits
	looks   []time.Duration          // starts of the complete looks of late, earliest first
	sighted map[string]time.Duration // what may be the order of a request that has no answer yet
}

// waits is an order that has not shown.
type waits struct {
	sub      string        // the subscription that it is for
	intended time.Duration // elapsed
	missed   time.Duration // start of the last look that did not show it, 0 if there was none
	sighted  time.Duration // 0 unless a look listed it before it was accepted
}

// longestAnswer is how long looks and sightings are kept for an answer to come.
const longestAnswer = time.Hour

// lookGap is what the time between two looks counts for at most: between them the
// order may have shown at any time, or the machine may have slept.
const lookGap = 15 * time.Second

// Accepted takes an order for a subscription that was intended at a time and has been
// accepted now, by an answer that named its id: looks since then that did not list it
// count, as the platform may have had it all the while.
func (u *Unshown) Accepted(id, sub string, intended time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.orders == nil {
		u.orders = make(map[string]waits)
	}
	w := waits{sub: sub, intended: intended, sighted: u.sighted[id]}
	delete(u.sighted, id)
	for _, look := range u.looks {
		if look > intended && (w.sighted == 0 || look < w.sighted) {
			w.missed = look
		}
	}
	u.orders[id] = w
}

// Sighted takes an order that a look listed and that may be the one of a request
// that has no answer yet.
func (u *Unshown) Sighted(id string, at time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sighted == nil {
		u.sighted = make(map[string]time.Duration)
	}
	if _, ok := u.sighted[id]; !ok {
		u.sighted[id] = at
	}
}

// Waits reports whether an order is one that has not shown.
func (u *Unshown) Waits(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.orders[id]
	return ok
}

// Listed takes an order seen at a time and the subscription it is told to be for,
// empty if that is not told. It returns how long the order took to show; ok is false
// if it had shown before, is not one of these, or is another's: an answer may name
// any id.
func (u *Unshown) Listed(id, sub string, at time.Duration) (lag time.Duration, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w, ok := u.orders[id]
	if !ok || sub != "" && sub != w.sub {
		return 0, false
	}
	delete(u.orders, id)
	if w.sighted > 0 {
		at = w.sighted
	}
	from := max(w.intended, w.missed)
	return from - w.intended + min(max(at-from, 0), lookGap), true
}

// Missed takes the start of a complete look: orders that wait still and were
// intended before it did not show in it.
func (u *Unshown) Missed(began time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range u.orders {
		u.missed(id, began)
	}
	old := began - longestAnswer
	u.looks = slices.DeleteFunc(append(u.looks, began), func(look time.Duration) bool { return look < old })
	maps.DeleteFunc(u.sighted, func(_ string, at time.Duration) bool { return at < old })
}

// NotListed takes the start of a request for an order by its id that did not list it.
func (u *Unshown) NotListed(id string, began time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.missed(id, began)
}

func (u *Unshown) missed(id string, began time.Duration) {
	if w, ok := u.orders[id]; ok && w.sighted == 0 && began > max(w.intended, w.missed) {
		w.missed = began
		u.orders[id] = w
	}
}
