package engine

import (
	"context"
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// The small machines, opened for tests that tell them the time.

type (
	Pressure     = pressure
	Outage       = outage
	ReadFailures = readFailures
	Lane         = lane
	Lanes        = lanes
	Item         = item
	Canary       = canary
	Verdict      = verdict
)

const (
	Undecided = undecided
	Failed    = failed
	Suspected = suspected
	Passed    = passed
)

var (
	Backoff     = chance(nil).backoff
	RetryAfter  = retryAfter
	Earliest    = earliest
	NewPressure = newPressure
	NewCanary   = newCanary
)

// BackoffOf is the pause that a draw of chance leads to.
func BackoffOf(draw float64, attempt int, base, most time.Duration) time.Duration {
	return chance(func() float64 { return draw }).backoff(attempt, base, most)
}

// EarliestOf is what an alarm keeps of the times it is told.
func EarliestOf(times ...time.Time) time.Time {
	var a alarm
	for _, t := range times {
		a.at(t)
	}
	return time.Time(a)
}

func (g *pressure) Open(now time.Time) (bool, time.Time) { return g.open(now) }
func (g *pressure) Held(now time.Time) bool              { return g.held(now) }
func (g *pressure) Start(now time.Time)                  { g.start(now) }
func (g *pressure) Single()                              { g.single() }
func (g *pressure) Limit() float64                       { return g.limit }

// Answered takes a clean answer to one of the requests in flight.
func (g *pressure) Answered(started, now time.Time) {
	g.inFlight = max(g.inFlight-1, 0)
	g.answered(started, now)
}

// Overloaded takes an answer of another kind to one of the requests in flight.
func (g *pressure) Overloaded(started, now time.Time, wait time.Duration, limited bool) {
	g.inFlight = max(g.inFlight-1, 0)
	g.overloaded(started, now, wait, limited)
}

// Rate is how many orders a second may start, 0 if any number may.
func (g *pressure) Rate(now time.Time) float64 {
	g.pace.grow(now)
	return g.pace.current()
}

func (o *outage) Over()                                    { o.over() }
func (o *outage) Failed(now time.Time, wait time.Duration) { o.failed(now, wait) }
func (o *outage) Slowed(now time.Time)                     { o.slowed(now) }
func (o *outage) Admits(working int) bool                  { return o.admits(working) }
func (o *outage) Blocked(held bool) bool                   { return o.blocked(held) }
func (o *outage) Paused() bool                             { return o.paused }
func (o *outage) Probed(now time.Time, ok bool, wait time.Duration) bool {
	return o.probed(now, ok, wait)
}

// TooLong also returns when to ask again.
func (o *outage) TooLong(now time.Time, patience time.Duration) (bool, time.Time) {
	var wake alarm
	return o.tooLong(now, patience, &wake), time.Time(wake)
}

// Probe also returns when to ask again.
func (o *outage) Probe(now time.Time) (bool, time.Time) {
	var wake alarm
	return o.probe(now, &wake), time.Time(wake)
}

func (r *readFailures) Failed(err error, now time.Time) { r.failed(err, now) }
func (r *readFailures) Over()                           { r.over() }
func (r *readFailures) TooLong(now time.Time, patience, settle time.Duration) bool {
	return r.tooLong(now, patience, settle)
}

// NewItem is the row with an index, of an account.
func NewItem(index int, account string) *Item {
	return &item{index: index, entry: ledger.Entry{AccountID: account}}
}

func (it *item) Index() int { return it.index }
func (it *item) Trial()     { it.canary = true }

func (l *lane) Push(it *Item)             { l.push(it) }
func (l *lane) Again(it *Item)            { l.again(it) }
func (l *lane) Pop() *Item                { return l.pop() }
func (l *lane) Waiting() int              { return l.waiting() }
func (l *lane) Ready(perAccount int) bool { return l.ready(perAccount) }
func (l *lane) CloseBusy(now time.Time)   { l.closeBusy(now, nil) }
func (l *lane) ProbeAt() time.Time        { return l.probeAt }
func (l *lane) BusySince() time.Time      { return l.busyAt }

// NewLanes are lanes of a run of their own, in which nothing is asked.
func NewLanes(o Options) *Lanes {
	r := newRun(context.Background(), Job{Options: o})
	c := &course{run: r}
	return newLanes(frame{run: r, course: c, ends: newEnds(c, new(canary))})
}

func (ls *lanes) Enqueue(it *Item, front bool)    { ls.enqueue(it, front) }
func (ls *lanes) Next(newcomers bool) *Item       { return ls.next(newcomers) }
func (ls *lanes) Later(it *Item, now time.Time)   { ls.later(it, now) }
func (ls *lanes) Park(it *Item, now time.Time)    { ls.park(it, now) }
func (ls *lanes) Back(it *Item)                   { ls.back(it) }
func (ls *lanes) Follow(it *Item)                 { ls.of(it.entry.AccountID).open++ }
func (ls *lanes) Unfollow(it *Item, ended bool)   { ls.unfollow(it.entry.AccountID, ended) }
func (ls *lanes) Waiting() int                    { return ls.waiting }
func (ls *lanes) Accounts() int                   { return len(ls.byAccount) }
func (ls *lanes) Ended(it *Item) csvimport.Status { return ls.ends.rows.of(it.index) }
func (ls *lanes) StopPlacing()                    { ls.course.phase = draining }

// Placed takes a row whose request has ended; calm if the answer was clean.
func (ls *lanes) Placed(it *Item, calm bool) {
	l := ls.of(it.entry.AccountID)
	l.inFlight--
	if calm {
		ls.calm(l)
	}
	ls.turn(l)
	ls.drop(l)
}

// Tick releases and probes what is due, and returns when to ask again.
func (ls *lanes) Tick(now time.Time) time.Time {
	var wake alarm
	ls.release(now, &wake)
	ls.probe(now, &wake)
	return time.Time(wake)
}

func (t *canary) Admits() bool                           { return t.admits() }
func (t *canary) Begin(it *Item)                         { t.begin(it) }
func (t *canary) End(it *Item, s csvimport.Status)       { t.end(it, s) }
func (t *canary) Judge(last, shows, asking bool) Verdict { return t.judge(last, shows, asking) }

// NoAnswer and WithStatus are failures of reading.
func NoAnswer() error { return errors.New("no answer") }

func WithStatus(status int) error { return &apsclient.Error{Status: status} }
