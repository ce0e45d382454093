package engine

import (
	"time"
)

// lane is the rows of one account: at most perAccount of them have a request
// in flight. A busy answer closes the lane, without spending attempts and
// without holding up other accounts, until an open order of the account has
// ended or a probe is due.
type lane struct {
	account  string
	rows     []*item // waiting, in file order, from head on
	head     int
	inFlight int
	open     int // accepted orders followed
	queued   bool
	busy     bool
	busyAt   time.Time // since when
	probeAt  time.Time
	probes   int
}

func (l *lane) waiting() int { return len(l.rows) - l.head }

func (l *lane) ready(perAccount int) bool {
	return l.waiting() > 0 && l.inFlight < perAccount && !l.busy
}

func (l *lane) push(it *item) { l.rows = append(l.rows, it) }

func (l *lane) pop() *item {
	it := l.rows[l.head]
	l.rows[l.head] = nil
	if l.head++; l.head == len(l.rows) {
		l.rows, l.head = l.rows[:0], 0
	}
	return it
}

// again puts back what was taken: it goes first.
func (l *lane) again(it *item) {
	if l.head == 0 {
		l.rows = append(l.rows, nil)
		copy(l.rows[1:], l.rows)
		l.rows[0] = it
		return
	}
	l.head--
	l.rows[l.head] = it
}

// closeBusy closes the lane until a probe is due.
func (l *lane) closeBusy(now time.Time) {
	if l.busyAt.IsZero() {
		l.busyAt = now
	}
	l.busy = true
	l.probes++
	l.probeAt = now.Add(backoff(l.probes, time.Second, 30*time.Second))
}
