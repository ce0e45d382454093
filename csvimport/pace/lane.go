package pace

import "time"

// Lane is what waits for one account. At most so many of its orders are in flight. A
// busy answer closes it, without spending attempts and without holding up other
// accounts, until an open order of the account has ended or a probe is due.
type Lane[T any] struct {
	Account  string
	InFlight int
	Open     int // accepted orders that are followed
	Queued   bool
	Busy     bool
	BusyAt   time.Time // since when
	ProbeAt  time.Time
	Probes   int

	items []T // in order, from head on
	head  int
}

// Waiting is how many wait.
func (l *Lane[T]) Waiting() int { return len(l.items) - l.head }

// Ready reports whether one may be sent, of which most may be in flight.
func (l *Lane[T]) Ready(most int) bool { return l.Waiting() > 0 && l.InFlight < most && !l.Busy }

// Idle reports whether nothing is known of the lane that a new one would not have.
func (l *Lane[T]) Idle() bool {
	return l.Waiting() == 0 && l.InFlight == 0 && l.Open == 0 && !l.Queued && !l.Busy
}

// Push puts it behind all that wait.
func (l *Lane[T]) Push(it T) { l.items = append(l.items, it) }

// Next is what Pop would take.
func (l *Lane[T]) Next() T { return l.items[l.head] }

// Pop takes the first that waits.
func (l *Lane[T]) Pop() T {
	it := l.items[l.head]
	var none T
	l.items[l.head] = none
	if l.head++; l.head == len(l.items) {
		l.items, l.head = l.items[:0], 0
	}
	return it
}

// Again puts back what was taken: it goes first.
func (l *Lane[T]) Again(it T) {
	if l.head == 0 {
		l.items = append(l.items, it)
		copy(l.items[1:], l.items)
		l.items[0] = it
		return
	}
	l.head--
	l.items[l.head] = it
}

// Close closes the lane until a probe is due.
func (l *Lane[T]) Close(now time.Time, c Chance) {
	if l.BusyAt.IsZero() {
		l.BusyAt = now
	}
	l.Busy = true
	l.Probes++
	l.ProbeAt = now.Add(c.Backoff(l.Probes, time.Second, 30*time.Second))
}

// Calm takes a clean answer: the account is not busy.
func (l *Lane[T]) Calm() { l.Probes, l.BusyAt = 0, time.Time{} }
