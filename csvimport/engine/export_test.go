package engine

import (
	"context"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/pace"
)

// The small machines, opened for tests that tell them the time.

type (
	Lanes = lanes
	Item  = item
)

// NewItem is the row with an index, of an account.
func NewItem(index int, account string) *Item {
	return &item{index: index, entry: ledger.Entry{AccountID: account}}
}

func (it *item) Index() int { return it.index }
func (it *item) Trial()     { it.canary = true }

// NewLanes are lanes of a run of their own, in which nothing is asked.
func NewLanes(o Options) *Lanes {
	r := newRun(context.Background(), Job{Options: o})
	c := &course{run: r}
	return newLanes(frame{run: r, course: c, ends: newEnds(c, new(pace.Canary))})
}

func (ls *lanes) Enqueue(it *Item, front bool)    { ls.enqueue(it, front) }
func (ls *lanes) Next(newcomers bool) *Item       { return ls.next(newcomers) }
func (ls *lanes) Later(it *Item, now time.Time)   { ls.later(it, now) }
func (ls *lanes) Soon(it *Item)                   { ls.soon(it) }
func (ls *lanes) Last(it *Item)                   { ls.last(it) }
func (ls *lanes) Follow(it *Item)                 { ls.of(it.entry.AccountID).Open++ }
func (ls *lanes) Unfollow(it *Item, ended bool)   { ls.unfollow(it.entry.AccountID, ended) }
func (ls *lanes) Waiting() int                    { return ls.waiting }
func (ls *lanes) Accounts() int                   { return len(ls.byAccount) }
func (ls *lanes) Ended(it *Item) csvimport.Status { return ls.ends.rows.Of(it.index) }
func (ls *lanes) StopPlacing()                    { ls.course.phase = draining }

// Park takes a row that was told its account is busy, and has no order.
func (ls *lanes) Park(it *Item, now time.Time) {
	ls.park(it.entry.AccountID, now)
	ls.first(it, now)
}

// Placed takes a row whose request has ended; calm if the answer was clean.
func (ls *lanes) Placed(it *Item, calm bool) {
	l := ls.of(it.entry.AccountID)
	l.InFlight--
	if calm {
		ls.calm(l)
	}
	ls.turn(l)
	ls.drop(l)
}

// Tick releases and probes what is due, and returns when to ask again.
func (ls *lanes) Tick(now time.Time) time.Time {
	var wake pace.Alarm
	ls.release(now, &wake)
	ls.probe(now, &wake)
	return time.Time(wake)
}
