package serve

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

const mostSessions = 256

// Lasts is how long a session lasts at most.
const Lasts = 7 * 24 * time.Hour

// sessions are the people who are in. It is safe for concurrent use.
type sessions struct {
	idle time.Duration
	mu   sync.Mutex
	by   map[digest]*session
}

type session struct {
	Presence
	until time.Time
	still func() bool // whether the person may be here still; nil if nobody asks
}

// Presence is a session as others may see it.
type Presence struct {
	ID     string    `json:"id"`
	Person Person    `json:"person"`
	Began  time.Time `json:"began"`
	Seen   time.Time `json:"seen"`
}

// over reports whether a session's time is over.
func (s *session) over(idle time.Duration, now time.Time) bool {
	return now.Sub(s.Seen) > idle || now.After(s.until)
}

// begin lets a person in and returns the secret of the session.
func (s *sessions) begin(p Person, now time.Time, still func() bool) string {
	secret := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[digest]*session)
	}
	var oldest digest
	for d, one := range s.by {
		if one.over(s.idle, now) {
			delete(s.by, d)
		} else if old := s.by[oldest]; old == nil || one.Seen.Before(old.Seen) {
			oldest = d
		}
	}
	if len(s.by) >= mostSessions {
		delete(s.by, oldest)
	}
	s.by[digestOf(secret)] = &session{Presence{rand.Text(), p, now, now}, now.Add(Lasts), still}
	return secret
}

// person is who has this secret, and that they were seen.
func (s *sessions) person(secret string, now time.Time) (Person, bool) {
	d := digestOf(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.by[d]
	if one == nil {
		return Person{}, false
	}
	if one.over(s.idle, now) || one.still != nil && !one.still() {
		delete(s.by, d)
		return Person{}, false
	}
	one.Seen = now
	return one.Person, true
}

// present are those that are not over, the newest first.
func (s *sessions) present(now time.Time) []Presence {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []Presence{}
	for _, one := range s.by {
		if !one.over(s.idle, now) && (one.still == nil || one.still()) {
			all = append(all, one.Presence)
		}
	}
	slices.SortFunc(all, func(a, b Presence) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.ID, b.ID)) })
	return all
}

// end ends the sessions that which chooses.
func (s *sessions) end(which func(digest, *session) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d, one := range s.by {
		if which(d, one) {
			delete(s.by, d)
		}
	}
}
