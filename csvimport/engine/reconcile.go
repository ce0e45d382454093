package engine

import (
	"context"
	"fmt"
	"time"

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
	im := newImporter(job)
	defer im.begin(ctx)()
	im.settling = true
	im.job.Progress.started.Store(time.Now().UnixMilli())
	var err error
	if im.kept, err = job.Book.References(ctx); err != nil {
		return nil, err
	}
	if err := job.Run.TakeOver(ctx, job.Orders.Now()); err != nil {
		return nil, err
	}
	if err := im.assumeAbsent(ctx, assumeAbsent); err != nil {
		return nil, err
	}
	entries, of, err := im.unsettled(ctx)
	if err != nil || len(entries) == 0 {
		return &Reconciled{Count: map[csvimport.Status]int{}}, err
	}
	if _, err := im.survey(ctx, of, time.Time{}); err != nil {
		return nil, fmt.Errorf("the orders that exist could not be listed: %w", err)
	}
	r := &Reconciled{Rows: len(entries), Count: make(map[csvimport.Status]int)}
	ended := job.Ended
	im.job.Ended = func(res csvimport.Result) {
		r.Count[res.Status]++
		r.Results = append(r.Results, res)
		if ended != nil {
			ended(res)
		}
	}
	im.job.Progress.total.Store(int64(len(entries)))
	im.phase, im.fed = draining, true
	if err := im.readmit(ctx, entries); err != nil {
		return nil, err
	}
	im.loop(ctx, nil)
	r.Interrupted = im.interrupt
	if im.stopped != nil {
		r.Stopped = im.stopped
	}
	return r, nil
}

// unsettled lists the entries to be settled and their accounts.
func (im *importer) unsettled(ctx context.Context) (entries []ledger.Entry, of accounts, err error) {
	for e, err := range im.job.Book.Entries(ctx, ledger.Intended, ledger.Doubt, ledger.Accepted, ledger.Failed) {
		if err != nil {
			return nil, of, err
		}
		if e.State == ledger.Failed && e.OrderStatus == "CL" {
			continue
		}
		entries = append(entries, e)
		of.add(e.AccountID)
	}
	return entries, of, nil
}

// readmit starts the entries on their way as they stand after the survey.
func (im *importer) readmit(ctx context.Context, before []ledger.Entry) error {
	subs := make([]string, len(before))
	for i := range before {
		subs[i] = before[i].Sub
	}
	now, err := im.job.Book.Find(ctx, subs)
	if err != nil {
		return err
	}
	for i := range before {
		e := now[before[i].Sub]
		it := &item{index: i, entry: e}
		if e.State == ledger.Completed || e.State == ledger.NotSent || e.State == ledger.Refused {
			im.endOrder(it)
			continue
		}
		im.found(it, e)
	}
	return nil
}

// assumeAbsent takes a person's word that these have no order.
func (im *importer) assumeAbsent(ctx context.Context, subs []string) error {
	if len(subs) == 0 {
		return nil
	}
	have, err := im.job.Book.Find(ctx, subs)
	if err != nil {
		return err
	}
	var list []ledger.Entry
	for _, sub := range subs {
		e, ok := have[sub]
		if !ok || !inDoubt(&e) {
			return &AbsentError{Sub: sub}
		}
		e.State = ledger.NotSent
		list = append(list, e)
	}
	return im.job.Run.RecordAll(ctx, list, "taken to have no order, on a person's word")
}

// AbsentError is a subscription that is not in doubt, so that nobody has to
// say whether it has an order.
type AbsentError struct{ Sub string }

func (e *AbsentError) Error() string {
	return fmt.Sprintf("subscription %s is not in doubt", e.Sub)
}
