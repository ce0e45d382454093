package engine

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/pace"
)

const (
	pollBatch = 200 // orders asked for in one list request, at most
	pollers   = 2   // list requests under way at once
)

// follower knows the accepted orders that have not ended and when to ask for
// each again. Many are asked for in one request; nobody sleeps over one.
type follower struct {
	frame
	lanes  *lanes
	others *otherRuns
	gate   *gate
	back   func(*item, time.Time) // takes an item whose answer named another row's order

	heap     pace.Heap[*followed]
	asked    int // in polls under way
	polling  int
	failures pace.ReadFailures
	timely   joined.SubSet // whose order's end was seen when it came
}

// followed is one order on its way to its end.
type followed struct {
	it       *item
	accepted time.Time
	deadline time.Time
	next     time.Time
	seen     time.Time // when the platform last told how it stands
	shown    bool
}

// Due is when it is asked for next.
func (f *followed) Due() time.Time { return f.next }

func (f *follower) len() int { return len(f.heap) + f.asked }

// oldest is when the order open longest was accepted, in Unix ms, 0 if none.
// The heap's top was asked longest ago, which is near enough for words.
func (f *follower) oldest() int64 {
	if len(f.heap) == 0 {
		return 0
	}
	return f.heap[0].accepted.UnixMilli()
}

// example names the row whose order was asked for longest ago.
func (f *follower) example() string {
	if len(f.heap) == 0 {
		return ""
	}
	return ", such as that of " + f.heap[0].it.name()
}

// accepted takes an order that exists and has not ended.
func (f *follower) accepted(it *item, now time.Time) {
	it.accepted = now
	switch {
	case f.opt.Wait >= 0:
		f.follow(it, now, f.opt.Wait)
	case it.canary: // the first rows are followed even where no others are
		f.follow(it, now, 10*time.Minute)
	default:
		f.ends.byOrder(it)
	}
}

func (f *follower) follow(it *item, now time.Time, wait time.Duration) {
	f.lanes.of(it.entry.AccountID).Open++
	heap.Push(&f.heap, &followed{it: it, accepted: now, seen: now, deadline: now.Add(wait), next: now.Add(pace.PollAfter(0))})
}

// poll asks for the orders that are due. What will be due soon goes along
// where the batch has room: fuller requests, fewer of them.
func (f *follower) poll(now time.Time, wake *pace.Alarm) {
	for f.polling < pollers && len(f.heap) > 0 {
		if top := f.heap[0].next; now.Before(top) {
			wake.At(top)
			return
		}
		var batch []*followed
		for len(f.heap) > 0 && len(batch) < pollBatch {
			top := f.heap[0]
			if top.next.Sub(now) > pace.PollAfter(now.Sub(top.accepted))/4 {
				break
			}
			batch = append(batch, heap.Pop(&f.heap).(*followed))
		}
		f.readBack(batch)
	}
}

// readBack reads the orders of batch back, and has those that have ended written
// down.
func (f *follower) readBack(batch []*followed) {
	f.asked += len(batch)
	f.polling++
	entries := make([]ledger.Entry, len(batch))
	for i, b := range batch {
		entries[i] = b.it.entry
	}
	f.tasks.background(func() func() {
		p := f.ask.readBack(entries)
		return func() {
			f.polling--
			f.asked -= len(batch)
			f.answered(batch, p)
		}
	})
}

func (f *follower) answered(batch []*followed, p poll) {
	now := f.now()
	if p.broken != nil {
		f.course.unwritten(p.broken)
	}
	tooLong := false
	if p.err != nil {
		if errors.Is(p.err, context.Canceled) && f.course.phase == ending || f.course.fatal(p.err) {
			p.err = nil
		} else {
			f.failures.Failed(p.err, now)
			tooLong = f.failures.TooLong(now, f.opt.Patience, f.opt.Settle)
		}
	} else {
		f.failures.Over()
		f.learn(p.kept)
	}
	f.gate.tookLags(p.lags)
	for _, b := range batch {
		o, seen := p.orders[b.it.entry.Sub]
		if seen {
			b.shown = true
			f.gate.sawListed(&b.it.entry, b.it.placed)
			f.gate.readFirst(b.it, o.Number)
		}
		if e, ok := p.ended[b.it.entry.Sub]; ok {
			if b.it.entry.State == ledger.Failed && e.State == ledger.Accepted { // resubmitted
				b.accepted, b.deadline = now, now.Add(max(f.opt.Wait, 0))
			}
			b.it.entry = e
			if p.broken != nil {
				f.ends.unrecorded[b.it.index] = e
			}
		}
		switch {
		case p.theirs[b.it.entry.Sub]:
			f.unfollow(b.it)
			f.others.wait(b.it, b.it.entry, now)
		case b.it.entry.State == ledger.Doubt: // the answer named another row's order
			f.unfollow(b.it)
			f.gate.misnamed(b.it)
			f.back(b.it, now)
		case seen && o.Phase() != apsclient.Waiting:
			if now.Sub(b.seen) < time.Minute { // not asleep meanwhile, nor cut off
				f.timely.Add(b.it.entry.Sub)
			}
			f.end(b.it)
		case !now.Before(b.deadline), tooLong, f.course.phase == ending:
			if seen {
				b.it.entry.OrderNumber, b.it.entry.OrderStatus = o.Number, o.Status
			}
			f.endOpen(b, now)
		default:
			if seen {
				b.it.earlier, b.seen = false, now
			}
			pause := pace.PollAfter(now.Sub(b.accepted))
			if p.err != nil {
				pause = max(pause, pace.RetryAfter(p.err), time.Second)
			}
			b.next = pace.Earliest(now.Add(pause), b.deadline)
			if b.next.Before(now) {
				b.next = now
			}
			heap.Push(&f.heap, b)
		}
	}
}

// end ends a row whose order is no longer followed.
func (f *follower) end(it *item) {
	f.unfollow(it)
	f.ends.byOrder(it)
}

// endOpen ends a row whose order is not at its end. One that nothing has shown for
// too long may not exist.
func (f *follower) endOpen(b *followed, now time.Time) {
	it := b.it
	if !f.unseen(b, now) {
		f.end(it)
		return
	}
	f.unfollow(it)
	f.tasks.background(func() func() {
		_, err := f.ask.record(f.readCtx, []ledger.Entry{it.entry}, "accepted, and not shown since")
		return func() {
			if err != nil {
				f.course.unwritten(err)
				f.ends.unrecorded[it.index] = it.entry
			}
			f.ends.byOrder(it)
		}
	})
}

// unseen notes of an order that nothing has shown it, where that has been so for too
// long.
func (f *follower) unseen(b *followed, now time.Time) bool {
	lag, _ := f.measured()
	if b.shown || !b.it.entry.ShownAt.IsZero() || now.Sub(b.it.accepted) < f.rules.Unseen(lag) {
		return false
	}
	b.it.entry.Code, b.it.entry.Message = csvimport.CodeNotShown, notShownWords
	return true
}

const notShownWords = "the order was accepted, and nothing has shown it since"

// unfollow lets the next row of the account try.
func (f *follower) unfollow(it *item) {
	f.lanes.unfollow(it.entry.AccountID, it.entry.State != ledger.Accepted)
}

// learn takes whether the platform keeps references: once an order has been read
// back without, it does not.
func (f *follower) learn(k ledger.Kept) {
	if k <= f.references() {
		return
	}
	f.kept.Store(int32(k))
	if k == ledger.KeptNo {
		f.say(notice.Notice{Code: notice.NoReferences})
	}
	f.gate.amend(func(e *ledger.Evidence) { e.References = k })
}

// leave ends the rows whose orders are followed still, by what is known of them.
func (f *follower) leave() {
	for _, b := range f.heap {
		if f.unseen(b, f.now()) {
			f.ends.unrecorded[b.it.index] = b.it.entry
		}
		f.ends.byOrder(b.it)
	}
}
