package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	mostSessions = 256

	// seenEvery is how often it is kept that a person was there.
	seenEvery = 10 * time.Second
)

// Lasts is how long a session lasts at most.
const Lasts = 7 * 24 * time.Hour

// ErrUnreachable is that the store of sessions does not answer. What was asked may have
// been done or not.
var ErrUnreachable = errors.New("what is kept of sessions cannot be reached")

// sessions are the people who are in. It is safe for concurrent use.
type sessions struct {
	idle  time.Duration
	store Store
	still func(p Person, proof string) bool // nil if nobody asks
}

// kindSession is that of sessions in a store, which are under their IDs.
const kindSession = "session"

// session is what is kept of one.
type session struct {
	Presence
	Until time.Time `json:"until"`
	Proof string    `json:"proof"` // by what the person came in, for still
}

// Presence is a session as others may see it.
type Presence struct {
	ID     string    `json:"id"` // the key of the secret that the person's browser has
	Person Person    `json:"person"`
	From   string    `json:"from"` // the address of who came in, as far as it is known
	Began  time.Time `json:"began"`
	Seen   time.Time `json:"seen"`
}

// goesOn reports whether a session is not over, and the person may be here still.
func (s *sessions) goesOn(one *session, now time.Time) bool {
	return now.Sub(one.Seen) <= s.idle && !now.After(one.Until) && (s.still == nil || s.still(one.Person, one.Proof))
}

// begin lets a person in and returns the secret of the session.
func (s *sessions) begin(ctx context.Context, p Person, from, proof string, now time.Time) (secret string, err error) {
	all, err := s.all(ctx)
	if err != nil {
		return "", err
	}
	slices.SortFunc(all, func(a, b *session) int { return b.Seen.Compare(a.Seen) })
	for i, one := range all {
		if i+1 < mostSessions && s.goesOn(one, now) {
			continue
		}
		if err := s.end(ctx, one.ID); err != nil {
			return "", err
		}
	}
	secret = rand.Text() + rand.Text()
	one := &session{Presence{KeyOf(secret), p, from, now, now}, now.Add(Lasts), proof}
	return secret, s.change(ctx, one.ID, func([]byte) ([]byte, time.Time) { return s.kept(one) })
}

func (s *sessions) change(ctx context.Context, id string, change func([]byte) ([]byte, time.Time)) error {
	if err := s.store.Change(ctx, kindSession, id, change); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return nil
}

// kept is a session for the store.
func (s *sessions) kept(one *session) ([]byte, time.Time) {
	text, err := json.Marshal(one)
	if err != nil {
		panic(err) // it has nothing that could not be written
	}
	until := one.Seen.Add(s.idle)
	if one.Until.Before(until) {
		until = one.Until
	}
	return text, until
}

// person is who has this secret, and that they were seen.
func (s *sessions) person(ctx context.Context, secret string, now time.Time) (Person, Refusal) {
	id := KeyOf(secret)
	text, err := s.store.Get(ctx, kindSession, id)
	if err != nil {
		return Person{}, Unreachable
	}
	one := new(session)
	if text == nil || json.Unmarshal(text, one) != nil {
		return Person{}, NoSession
	}
	if !s.goesOn(one, now) {
		_ = s.end(ctx, id) // it stays over
		return Person{}, NoSession
	}
	if now.Sub(one.Seen) >= seenEvery {
		one.Seen = now
		err = s.change(ctx, id, func(old []byte) ([]byte, time.Time) {
			if old == nil { // ended meanwhile
				return nil, time.Time{}
			}
			return s.kept(one)
		})
	}
	if err != nil {
		return Person{}, Unreachable
	}
	return one.Person, 0
}

func (s *sessions) all(ctx context.Context) (all []*session, err error) {
	texts, err := s.store.All(ctx, kindSession)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	for _, text := range texts {
		one := new(session)
		if json.Unmarshal(text, one) == nil {
			all = append(all, one)
		}
	}
	return all, nil
}

// present are those that are not over, the newest first.
func (s *sessions) present(ctx context.Context, now time.Time) ([]Presence, error) {
	all, err := s.all(ctx)
	present := []Presence{}
	for _, one := range all {
		if s.goesOn(one, now) {
			present = append(present, one.Presence)
		}
	}
	slices.SortFunc(present, func(a, b Presence) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.ID, b.ID)) })
	return present, err
}

// end ends a session, if it goes on.
func (s *sessions) end(ctx context.Context, id string) error {
	return s.change(ctx, id, func([]byte) ([]byte, time.Time) { return nil, time.Time{} })
}
