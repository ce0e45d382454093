package apstest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Request is one request as the stand-in saw it.
type Request struct {
	Time    time.Time
	Kind    string // as for Count
	Method  string
	Path    string // raw, as received
	Query   string // raw, as received
	Header  http.Header
	Body    []byte
	SubID   string   // the subscription of an order POST, as sent
	Status  int      // 0 if the connection was cut
	Faults  []string // the faults that struck
	Refusal string   // why it was refused, in words for a developer
}

// tally counts requests and faults and keeps the newest requests.
type tally struct {
	counts sync.Map // name → *atomic.Int64

	mu        sync.Mutex
	keep      int
	log       []Request // a ring once it is full
	next      int
	inFlight  int // order POSTs
	most      int
	byAccount map[int]int
	mostOne   int
}

func (t *tally) add(name string) {
	n, ok := t.counts.Load(name)
	if !ok {
		n, _ = t.counts.LoadOrStore(name, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

func (t *tally) count(name string) int {
	if n, ok := t.counts.Load(name); ok {
		return int(n.(*atomic.Int64).Load())
	}
	return 0
}

func (t *tally) record(r Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.log) < t.keep {
		t.log = append(t.log, r)
		return
	}
	t.log[t.next] = r
	t.next = (t.next + 1) % t.keep
}

// enter counts an order POST in, and returns what counts it out. An account
// below 0 is one that does not exist.
func (t *tally) enter(account int) func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inFlight++
	t.most = max(t.most, t.inFlight)
	t.byAccount[account]++
	t.mostOne = max(t.mostOne, t.byAccount[account])
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.inFlight--
		if t.byAccount[account]--; t.byAccount[account] == 0 {
			delete(t.byAccount, account)
		}
	}
}

// Count returns how many requests of a kind came (token, aps, service, resource,
// tenants, subscriptions, accounts, plans, place, estimate, order, orders,
// unknown), how often a fault struck (its kind), how often a status was answered
// ("status 401"), or how many connections were opened ("connections").
func (s *Server) Count(name string) int { return s.tally.count(name) }

// MaxInFlight returns the most order POSTs that were in flight at once.
func (s *Server) MaxInFlight() int {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	return s.tally.most
}

// MaxInFlightAccount returns the most order POSTs that were in flight at once
// for one account.
func (s *Server) MaxInFlightAccount() int {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	return s.tally.mostOne
}

// Requests returns the newest Config.Log requests, oldest first.
func (s *Server) Requests() []Request {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	return append(append([]Request(nil), s.tally.log[s.tally.next:]...), s.tally.log[:s.tally.next]...)
}
