package engine

import (
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/pace"
)

// lanes are where rows wait for their turn, by account.
type lanes struct {
	frame
	byAccount map[string]*lane
	queue     []*lane // that may send, in turn
	busy      map[*lane]struct{}
	waiting   int // rows in lanes and delayed
	delayed   []delay
	budget    float64                   // of repetitions
	fed       bool                      // no further rows come
	elsewhere func(account string) bool // another run's request for it is on its way; nil: none ever is
}

// delay is an item to be put back in its lane at a time.
type delay struct {
	it *item
	at time.Time
}

func newLanes(f frame) *lanes {
	return &lanes{frame: f, byAccount: make(map[string]*lane), busy: make(map[*lane]struct{}), budget: float64(f.opt.Concurrency)}
}

func (ls *lanes) of(account string) *lane {
	l := ls.byAccount[account]
	if l == nil {
		l = &lane{Account: account}
		ls.byAccount[account] = l
	}
	return l
}

// enqueue gives it to the lane of its account, as the next one if front. A row of
// the canary always is: until it has ended, none behind it may go.
func (ls *lanes) enqueue(it *item, front bool) {
	l := ls.of(it.entry.AccountID)
	if front || it.canary {
		l.Again(it)
	} else {
		l.Push(it)
	}
	ls.waiting++
	ls.turn(l)
}

// turn queues the lane if it may send.
func (ls *lanes) turn(l *lane) {
	if !l.Queued && l.Ready(ls.opt.PerAccount) {
		l.Queued = true
		ls.queue = append(ls.queue, l)
	}
}

// drop forgets a lane nothing waits in: memory does not grow with the accounts
// of the file.
func (ls *lanes) drop(l *lane) {
	if l.Idle() {
		delete(ls.byAccount, l.Account)
	}
}

// next takes the next row to be sent, nil if none may be. Without newcomers, only
// rows of the canary.
func (ls *lanes) next(newcomers bool) *item {
	for i := 0; i < len(ls.queue); {
		l := ls.queue[i]
		ready := l.Ready(ls.opt.PerAccount)
		if ready && !newcomers && !l.Next().canary {
			i++
			continue
		}
		if i == 0 {
			ls.queue = ls.queue[1:]
		} else {
			ls.queue = slices.Delete(ls.queue, i, i+1)
		}
		l.Queued = false
		if !ready {
			continue
		}
		it := l.Pop()
		ls.waiting--
		l.InFlight++
		ls.turn(l)
		return it
	}
	return nil
}

// untake takes back that it is on its way.
func (ls *lanes) untake(it *item) {
	l := ls.of(it.entry.AccountID)
	l.InFlight--
	ls.turn(l)
	ls.drop(l)
}

// calm takes a clean answer: the account is not busy.
func (ls *lanes) calm(l *lane) {
	ls.budget = min(ls.budget+0.1, 100)
	l.Calm()
	ls.reopen(l)
}

func (ls *lanes) reopen(l *lane) {
	if l.Busy {
		l.Busy = false
		delete(ls.busy, l)
		ls.turn(l)
		ls.drop(l)
	}
}

// unfollow takes an order of the account that is no longer followed: where it has
// ended the next row may try.
func (ls *lanes) unfollow(account string, ended bool) {
	l := ls.byAccount[account]
	if l == nil {
		return
	}
	l.Open--
	if ended {
		l.Probes = 0
		ls.reopen(l)
	}
	ls.drop(l)
}

// last puts it, of which it is proved that nothing was ordered, behind all rows
// that wait in its lane.
func (ls *lanes) last(it *item) {
	if ls.course.phase != placing {
		ls.ends.end(it, csvimport.Unsent)
		return
	}
	it.mend()
	ls.enqueue(it, false)
}

// soon puts it back as the next one of its lane: it was not written.
func (ls *lanes) soon(it *item) {
	if ls.course.phase != placing {
		ls.ends.end(it, csvimport.Unsent)
		return
	}
	ls.enqueue(it, true)
}

// later puts it back after a pause of full jitter. Repetitions have a budget, a
// tenth of the clean answers: once it is spent they come slowly.
func (ls *lanes) later(it *item, now time.Time) {
	if ls.course.phase != placing {
		ls.ends.end(it, csvimport.Unsent)
		return
	}
	it.tries++
	wait := time.Duration(0)
	if ls.budget--; ls.budget < 0 {
		ls.budget = 0
		wait = 2 * time.Second
	}
	ls.waiting++
	ls.delayed = append(ls.delayed, delay{it, now.Add(max(wait, ls.Backoff(it.tries, 200*time.Millisecond, 10*time.Second)))})
}

// park closes an account's lane until its open order has ended, or a probe is due.
func (ls *lanes) park(account string, now time.Time) {
	l := ls.of(account)
	l.Close(now, ls.Chance)
	ls.busy[l] = struct{}{}
}

// first puts back a row of which no order was found, and whose turn it was or whose
// account is busy: it goes first. A lane that stays busy for longer than the patience
// ends the row.
func (ls *lanes) first(it *item, now time.Time) {
	l := ls.of(it.entry.AccountID)
	if ls.course.phase != placing || !l.BusyAt.IsZero() && now.Sub(l.BusyAt) > ls.opt.Patience {
		ls.ends.end(it, csvimport.Unsent)
		ls.drop(l)
		return
	}
	it.mend()
	ls.enqueue(it, true)
}

// release puts back what has been delayed for long enough.
func (ls *lanes) release(now time.Time, wake *pace.Alarm) {
	rest := ls.delayed[:0]
	for _, d := range ls.delayed {
		if now.Before(d.at) {
			wake.At(d.at)
			rest = append(rest, d)
			continue
		}
		ls.waiting--
		ls.enqueue(d.it, true)
	}
	clear(ls.delayed[len(rest):])
	ls.delayed = rest
}

// probe opens busy lanes whose probe is due.
func (ls *lanes) probe(now time.Time, wake *pace.Alarm) {
	for l := range ls.busy {
		if !now.Before(l.ProbeAt) && ls.elsewhere != nil && ls.elsewhere(l.Account) {
			l.ProbeAt = now.Add(time.Second)
		}
		if now.Before(l.ProbeAt) {
			wake.At(l.ProbeAt)
			continue
		}
		ls.reopen(l)
	}
}

// lane is the rows of one account that wait.
type lane = pace.Lane[*item]
