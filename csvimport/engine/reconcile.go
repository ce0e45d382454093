package engine

import (
	"context"
	"fmt"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Reconciled is what a reconciliation found.
type Reconciled struct {
	Rows        int // that were in doubt, unfinished or failed
	Count       map[csvimport.Status]int
	Interrupted bool
	Stopped     error
	Results     []csvimport.Result // one for each of them, in no order
}

// Reconcile reads the platform back for every subscription whose order is in
// doubt, open, or failed and perhaps resubmitted since, and writes down what
// it finds. It places nothing. Subscriptions in assumeAbsent are taken to have
// no order, on a person's word; they have to be in doubt.
func Reconcile(ctx context.Context, job Job, assumeAbsent []string) (*Reconciled, error) {
	done := &Reconciled{Count: make(map[csvimport.Status]int)}
	ended := job.Ended
	job.Ended = func(res csvimport.Result) {
		done.Count[res.Status]++
		done.Results = append(done.Results, res)
		if ended != nil {
			ended(res)
		}
	}
	r := newRun(ctx, job)
	defer r.end()
	l := newLoop(r)
	defer l.senders.end()
	r.job.Progress.Begin(r.job.Machine)
	memory, err := l.ask.login(ctx)
	if err != nil {
		return nil, err
	}
	if err := job.Run.TakeOver(ctx, job.Orders.Now()); err != nil {
		return nil, err
	}
	if err := l.ask.assumeAbsent(ctx, assumeAbsent); err != nil {
		return nil, err
	}
	entries, err := l.ask.unsettled(ctx)
	if err != nil { // where there are none second orders are looked for all the same
		return done, err
	}
	l.kept.Store(int32(memory.References))
	known, err := l.ask.survey(ctx, &memory)
	if err != nil {
		return nil, fmt.Errorf("the orders that exist could not be listed: %w", err)
	}
	l.gate.begin(memory, &known)
	done.Rows = len(entries)
	r.job.Progress.Total(len(entries))
	l.course.phase, l.lanes.fed = draining, true // nothing is placed
	if err := l.readmit(ctx, entries); err != nil {
		return nil, err
	}
	l.turn(ctx, nil)
	done.Interrupted, done.Stopped = l.course.interrupted, l.course.reason()
	return done, nil
}

// unsettled lists the entries to be settled.
func (a asker) unsettled(ctx context.Context) (entries []ledger.Entry, err error) {
	for e, err := range a.job.Book.Entries(ctx, ledger.Intended, ledger.Denied, ledger.Doubt, ledger.Accepted, ledger.Failed) {
		if err != nil {
			return nil, err
		}
		if e.State == ledger.Failed && e.OrderStatus == csvimport.OrderCancelled {
			continue
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// readmit starts the entries on their way as they stand after the survey.
func (l *loop) readmit(ctx context.Context, before []ledger.Entry) error {
	subs := make([]string, len(before))
	for i := range before {
		subs[i] = before[i].Sub
	}
	now, err := l.job.Book.Find(ctx, subs)
	if err != nil {
		return err
	}
	for i := range before {
		e := now[before[i].Sub]
		it := &item{index: i, entry: e}
		if e.State == ledger.Completed || e.State == ledger.NotSent || e.State == ledger.Refused {
			l.ends.byOrder(it)
			continue
		}
		l.admitKnown(it, e)
	}
	return nil
}

// assumeAbsent takes a person's word that these have no order.
func (a asker) assumeAbsent(ctx context.Context, subs []string) error {
	if len(subs) == 0 {
		return nil
	}
	have, err := a.job.Book.Find(ctx, subs)
	if err != nil {
		return err
	}
	var list []ledger.Entry
	for _, sub := range subs {
		e, ok := have[sub]
		if !ok || !e.State.InDoubt() {
			return &AbsentError{Sub: sub}
		}
		e.State = ledger.NotSent
		list = append(list, e)
	}
	return a.write(ctx, list, "taken to have no order, on a person's word")
}

// AbsentError is a subscription that is not in doubt, so that nobody has to
// say whether it has an order.
type AbsentError struct{ Sub string }

func (e *AbsentError) Error() string {
	return fmt.Sprintf("subscription %s has no order that may exist", e.Sub)
}
