package simulation_test

import (
	"sync"
	"time"
)

// standstill is what a machine does that sleeps, or a process that is stopped, while the
// rest of the world goes on.
type standstill struct {
	mu       sync.Mutex
	over     chan struct{} // closed when it is over; nil: there is none
	going    int           // how many go on, each of which has to be over
	from, to time.Time     // the last one
}

// last lets it last for d, or until the world is over. begins and ends are called when the
// first of several begins, and when the last is over.
func (s *standstill) last(d time.Duration, world <-chan struct{}, begins, ends func()) {
	s.mu.Lock()
	if s.going++; s.going == 1 {
		s.over, s.from = make(chan struct{}), time.Now()
		begins()
	}
	s.mu.Unlock()
	select {
	case <-time.After(d):
	case <-world:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.going--; s.going == 0 {
		close(s.over)
		s.over, s.to = nil, time.Now()
		ends()
	}
}

// now is closed when the standstill is over that there is, nil if there is none.
func (s *standstill) now() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// justOver reports whether the last one was over a moment ago, and when it began.
func (s *standstill) justOver() (from time.Time, just bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from, !s.to.IsZero() && time.Since(s.to) < time.Second
}
