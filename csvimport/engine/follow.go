package engine

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

const (
	pollBatch = 200 // orders asked for in one list request, at most
	pollers   = 2   // list requests under way at once
)

// follower knows the accepted orders that have not ended and when to ask for
// each again. Many are asked for in one request; nobody sleeps over one.
type follower struct {
	heap     openHeap
	asked    int // in polls under way
	polling  int
	failures readFailures
}

// followed is one order on its way to its end.
type followed struct {
	it       *item
	accepted time.Time
	deadline time.Time
	next     time.Time
}

type openHeap []*followed

func (h openHeap) Len() int { return len(h) }

func (h openHeap) Less(i, j int) bool { return h[i].next.Before(h[j].next) }

func (h openHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *openHeap) Push(x any) { *h = append(*h, x.(*followed)) }

func (h *openHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

func (f *follower) len() int { return len(f.heap) + f.asked }

// oldest is when the order open longest was accepted, in Unix ms, 0 if none.
// The heap's top was asked longest ago, which is near enough for words.
func (f *follower) oldest() int64 {
	if len(f.heap) == 0 {
		return 0
	}
	return f.heap[0].accepted.UnixMilli()
}

func (f *follower) add(it *item, now, deadline time.Time) {
	heap.Push(&f.heap, &followed{it: it, accepted: now, deadline: deadline, next: now.Add(pollAfter(0))})
}

// pollAfter is the pause before an order of this age is asked for again.
func pollAfter(age time.Duration) time.Duration {
	return min(max(age/3, 500*time.Millisecond), 15*time.Second)
}

// poll asks for the orders that are due. What will be due soon goes along
// where the batch has room: fuller requests, fewer of them.
func (im *importer) poll(now time.Time, wake *alarm) {
	f := &im.open
	for f.polling < pollers && len(f.heap) > 0 {
		if top := f.heap[0].next; now.Before(top) {
			wake.at(top)
			return
		}
		var batch []*followed
		for len(f.heap) > 0 && len(batch) < pollBatch {
			top := f.heap[0]
			if top.next.Sub(now) > pollAfter(now.Sub(top.accepted))/4 {
				break
			}
			batch = append(batch, heap.Pop(&f.heap).(*followed))
		}
		im.ask(batch)
	}
}

// ask reads the orders of batch back and writes down those that have ended.
func (im *importer) ask(batch []*followed) {
	im.open.asked += len(batch)
	im.open.polling++
	entries := make([]ledger.Entry, len(batch))
	for i, f := range batch {
		entries[i] = f.it.entry
	}
	im.background(func() func() {
		p := im.readBack(entries)
		return func() {
			im.open.polling--
			im.open.asked -= len(batch)
			im.answeredPoll(batch, p)
		}
	})
}

// poll is what one request told of many orders.
type poll struct {
	orders map[string]apsclient.Order
	ended  map[string]ledger.Entry // those that changed, by order id, as written down
	kept   ledger.Kept
	err    error // of the platform
	broken error // of the ledger
}

func (im *importer) readBack(entries []ledger.Entry) poll {
	p := poll{orders: make(map[string]apsclient.Order, len(entries)), ended: make(map[string]ledger.Entry)}
	q := apsclient.OrderQuery{IDs: make([]string, len(entries))}
	for i := range entries {
		q.IDs[i] = entries[i].OrderID
	}
	for o, err := range im.job.Orders.List(im.readCtx, q) {
		if err != nil {
			p.err = err
			break
		}
		p.orders[o.ID] = o
	}
	var changed []ledger.Entry
	for _, e := range entries {
		o, ok := p.orders[e.OrderID]
		if !ok {
			continue
		}
		p.kept = max(p.kept, keptBy(&o, &e))
		if e.State == state(o.Phase()) && (o.Phase() == apsclient.Waiting || o.Status == e.OrderStatus) {
			continue
		}
		take(&e, &o)
		if e.State != ledger.Accepted {
			e.FinishedAt = im.job.Orders.Now()
		}
		p.ended[o.ID] = e
		changed = append(changed, e)
	}
	if len(changed) > 0 {
		p.broken = im.job.Run.RecordAll(context.WithoutCancel(im.readCtx), changed, "")
	}
	return p
}

// keptBy tells from one order read back whether references are kept. Orders
// not placed by us say nothing.
func keptBy(o *apsclient.Order, e *ledger.Entry) ledger.Kept {
	switch {
	case e.Foreign || e.OrderID != o.ID:
		return ledger.KeptUnknown
	case o.Reference == csvimport.Reference(e.Sub, e.Gen):
		return ledger.KeptYes
	}
	return ledger.KeptNo
}

func (im *importer) answeredPoll(batch []*followed, p poll) {
	now := time.Now()
	theirs, broken := held(p.broken)
	if broken != nil {
		im.ledgerFailed(broken)
	}
	tooLong := false
	if p.err != nil {
		if errors.Is(p.err, context.Canceled) && im.phase == ending || im.fatal(p.err) {
			p.err = nil
		} else {
			im.open.failures.failed(p.err, now)
			tooLong = im.open.failures.tooLong(now, im.opt)
		}
	} else {
		im.open.failures.over()
		im.learnKept(p.kept)
	}
	for _, f := range batch {
		o, seen := p.orders[f.it.entry.OrderID]
		if seen {
			im.control = cmpControl(im.control, &f.it.entry)
		}
		if e, ok := p.ended[f.it.entry.OrderID]; ok {
			if f.it.entry.State == ledger.Failed && e.State == ledger.Accepted { // resubmitted
				f.accepted, f.deadline = now, now.Add(max(im.opt.Wait, 0))
			}
			f.it.entry = e
			if broken != nil {
				im.unrecorded[f.it.index] = e
			}
		}
		switch {
		case theirs[f.it.entry.Sub]:
			im.closeOpen(f.it)
			im.wait(f.it, f.it.entry, now)
		case seen && o.Phase() != apsclient.Waiting:
			im.endOpen(f.it)
		case !now.Before(f.deadline), tooLong, im.phase == ending:
			if seen {
				f.it.entry.OrderNumber, f.it.entry.OrderStatus = o.Number, o.Status
			}
			im.endOpen(f.it)
		default:
			if seen {
				f.it.earlier = false
			}
			pause := pollAfter(now.Sub(f.accepted))
			if p.err != nil {
				pause = max(pause, retryAfter(p.err), time.Second)
			}
			f.next = earliest(now.Add(pause), f.deadline)
			if f.next.Before(now) {
				f.next = now
			}
			heap.Push(&im.open.heap, f)
		}
	}
}

// endOpen ends a row whose order is no longer followed.
func (im *importer) endOpen(it *item) {
	im.closeOpen(it)
	im.endOrder(it)
}

// closeOpen lets the next row of the account try.
func (im *importer) closeOpen(it *item) {
	if l := im.lanes[it.entry.AccountID]; l != nil {
		l.open--
		if it.entry.State != ledger.Accepted {
			l.probes = 0
			im.openLane(l)
		}
		im.dropLane(l)
	}
}

// endOrder ends a row by the order it has.
func (im *importer) endOrder(it *item) {
	s := statusOf(&it.entry)
	switch {
	case it.differs != "" && (s == csvimport.Completed || s == csvimport.Submitted):
		s = csvimport.Differs
	case s == csvimport.Completed && it.earlier:
		s = csvimport.Existing
	}
	im.end(it, s)
}

func hasStatus(err error) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	return ok && e.Status != 0
}
