package serve

import (
	"crypto/rand"
	"sync"
	"time"
)

const mostSessions = 256

// sessions are the people who are in. It is safe for concurrent use.
type sessions struct {
	idle time.Duration
	mu   sync.Mutex
	by   map[digest]*session
}

type session struct {
	person Person
	seen   time.Time
}

// begin lets a person in and returns the secret of the session.
func (s *sessions) begin(p Person, now time.Time) string {
	secret := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[digest]*session)
	}
	var oldest digest
	for d, one := range s.by {
		if now.Sub(one.seen) > s.idle {
			delete(s.by, d)
		} else if old := s.by[oldest]; old == nil || one.seen.Before(old.seen) {
			oldest = d
		}
	}
	if len(s.by) >= mostSessions {
		delete(s.by, oldest)
	}
	s.by[digestOf(secret)] = &session{p, now}
	return secret
}

// person is who has this secret, and that they were seen.
func (s *sessions) person(secret string, now time.Time) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := digestOf(secret)
	one := s.by[d]
	if one == nil {
		return Person{}, false
	}
	if now.Sub(one.seen) > s.idle {
		delete(s.by, d)
		return Person{}, false
	}
	one.seen = now
	return one.person, true
}
