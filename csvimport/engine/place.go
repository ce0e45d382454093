package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"bulkimport/apsclient"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// answer is what became of one request for an order.
type answer struct {
	started time.Time
	named   *apsclient.Order // the order of this row that a no has named
	others  bool             // a no has named an order of another row
	entry   ledger.Entry     // as recorded
	held    bool             // not granted: another run, or an order, was there first
	freed   bool             // the next order may have gone meanwhile
	wait    time.Duration    // for so long the limit lets nothing go
	err     error            // what the platform or the network said, nil if accepted
	broken  error            // what the ledger said: the run cannot go on
}

// toPlace is an order to be placed and who gets the answer, once, from any
// goroutine.
type toPlace struct {
	entry ledger.Entry
	done  func(answer)
}

// senders place orders, in one group of goroutines, each of which takes the next
// order once it has placed one. They are the loop's, but for what those do.
type senders struct {
	asker
	group errgroup.Group
	// freed is told, from any goroutine and before or after the answer, that an
	// order was accepted and its outcome is on its way to the disk, ahead of
	// whatever is written after that: the next one may go.
	freed   func(started, answered time.Time)
	orders  chan toPlace // for senders that have none
	working int          // orders on their way, from the intent to the outcome on the disk
}

// send has a sender place an order: one that has placed another, or a new one. The
// pressure bounds how many there are; a limit of the group would make the loop
// wait, on which the senders wait.
func (s *senders) send(o toPlace) {
	s.working++
	select {
	case s.orders <- o:
	default:
		s.group.Go(func() error {
			for more := true; more; o, more = <-s.orders {
				s.place(o, s.freed)
			}
			return nil // what became of an order is in its answer
		})
	}
}

// end ends the senders, once nothing is on its way. None is left when it returns.
func (s *senders) end() {
	close(s.orders)
	s.group.Wait() // they return no error
}

// place is the one hard place. The intent is durable before the request is
// written, and the outcome before anyone hears of it; between the two the
// request is sent at most once. What the answer leaves open stays in doubt, and a
// no to a request that was written is not believed before a look.
func (a asker) place(o toPlace, freed func(started, answered time.Time)) {
	e := o.entry
	if err := a.mayIntend(e.Sub); err != nil {
		o.done(a.unintended(e, err))
		return
	}
	if wait, err := a.letGo(); err != nil || wait > 0 {
		o.done(answer{entry: e, err: errStale, wait: wait, broken: err})
		return
	}
	if e.SubmittedAt.IsZero() || !e.Doubted {
		e.SubmittedAt = a.job.Orders.Now()
	}
	began, stamp := a.moment(), a.job.Orders.Stamp()
	intent, granted, err := a.job.Run.Intend(context.WithoutCancel(a.sendCtx), e)
	switch {
	case err != nil:
		o.done(answer{entry: e, broken: err})
		return
	case !granted:
		o.done(answer{entry: intent, held: true})
		return
	}
	got := a.request(intent, began, stamp)
	if got.entry.State == ledger.Accepted {
		a.unshown.Accepted(got.entry.OrderID, intent.Sub, began.Elapsed)
	}
	got.freed = got.err == nil
	a.job.Run.Recording(got.entry, func(err error) {
		got.broken = err
		o.done(got)
	})
	// The next order may go while the outcome of one that was accepted is on its
	// way to the disk: its intent is written after that outcome, or with it, so
	// that never are more intents without outcome on the disk than orders in
	// flight.
	if got.freed {
		freed(got.started, a.now())
	}
}

// unintended is an order that may not be begun now: a subscription that was imported meanwhile
// may have been by an order of another hand, which the ledger knows.
func (a asker) unintended(e ledger.Entry, why error) answer {
	if a.job.Hand > 0 && errors.Is(why, errOvertaken) {
		have, err := a.job.Book.Find(a.readCtx, []string{e.Sub})
		if by, ok := have[e.Sub]; err == nil && ok && !by.State.MaySend() {
			return answer{entry: by, held: true}
		}
	}
	return answer{entry: e, err: why}
}

// letGo asks the ledger, which knows of the other runs, whether the limit behind the
// platform lets one more order go, and else for how long it lets none.
func (a asker) letGo() (wait time.Duration, err error) {
	limit, now := &a.opt.Window, a.job.Machine.Now()
	if limit.Most <= 0 {
		return 0, nil
	}
	_, err = a.job.Book.Amend(context.WithoutCancel(a.sendCtx), func(e *ledger.Evidence) {
		again, _ := e.MayGo(now, limit.Most, limit.Per)
		wait = again.Sub(now)
	})
	return wait, err
}

// request sends the one request for an order whose intent is durable, and was decided at
// a moment that may be long ago: the disk may have been stuck. It is stamped with that
// time, so that the platform refuses it where it comes too late.
func (a asker) request(intent ledger.Entry, decided evidence.Moment, stamp time.Time) (got answer) {
	got.entry, got.started = intent, a.now()
	defer func() {
		if p := recover(); p != nil {
			got.err = fmt.Errorf("placing the order broke off: %v", p)
			got.entry.State, got.entry.Doubted = ledger.Doubt, true
			a.doubtfulFromNow(&got.entry)
		}
	}()
	r := outcome.RequestFor(&intent)
	r.Stamp = stamp
	r.Check = func() error {
		if !decided.Stands(a.moment()) {
			return errStale
		}
		return a.mayWrite(intent.Sub)
	}
	p, err := a.job.Orders.Place(a.sendCtx, r)
	got.err = err
	got.entry.OrderID, got.entry.HTTPStatus = p.OrderID, p.Status
	if !p.Date.IsZero() {
		got.entry.SubmittedAt = p.Date
	}
	if err != nil {
		a.readNamed(&got, &intent)
	}
	a.conclude(&got, intent)
	return got
}

// doubtfulFromNow notes when a doubt began, by the platform's clock and by ours.
func (a asker) doubtfulFromNow(e *ledger.Entry) {
	e.DoubtSince, e.DoubtHere = a.platformTime(), a.job.Machine.Now()
}

// platformTime is what the platform's clock last told, or its time as we have it
// where it told none.
func (a asker) platformTime() time.Time {
	if told, ok := a.job.Orders.Date(); ok {
		return told
	}
	return a.job.Orders.Now()
}

// readNamed reads the order that a no names, where it names one. That of this very
// row is its order: the no was the echo of a first delivery.
func (a asker) readNamed(got *answer, intent *ledger.Entry) {
	e, ok := errors.AsType[*apsclient.Error](got.err)
	if !ok || e.OrderNumber == "" && e.OrderID == "" {
		return
	}
	q := apsclient.OrderQuery{}
	if e.OrderID != "" {
		q.IDs = []string{e.OrderID}
	} else {
		q.Numbers = []string{e.OrderNumber}
	}
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			return
		}
		if outcome.Agreement(&o, intent) == outcome.Agrees {
			got.named = &o
			return
		}
		got.others = true
	}
}

// conclude writes into the entry what the answer means for the order.
func (a asker) conclude(got *answer, intent ledger.Entry) {
	e := &got.entry
	e.Code, e.Message = "", ""
	switch {
	case got.err == nil:
		e.State, e.Doubted = ledger.Accepted, false
		return
	case got.named != nil:
		outcome.Take(e, got.named, a.job.Orders.Now())
		got.err = nil
		return
	}
	e.Code, e.Message, e.HTTPStatus = outcome.Describe(got.err)
	switch {
	case apsclient.KindOf(got.err) == apsclient.InDoubt, outcome.SaysExists(got.err) && !got.others:
		e.State, e.Doubted = ledger.Doubt, true
		e.SubmittedAt = intent.SubmittedAt
		a.doubtfulFromNow(e)
	case outcome.MayHaveArrived(got.err):
		e.State = ledger.Denied
		e.SubmittedAt = intent.SubmittedAt
		a.doubtfulFromNow(e)
	default:
		e.State = ledger.NotSent
		e.SubmittedAt = time.Time{}
	}
}
