package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Import places one order for each row of the job that has none, follows each
// to its end, and tells what became of every row. Its error is not nil only if
// it could not begin; what ends a run later is Outcome.Stopped.
//
// When ctx ends nothing further is sent, requests begun may finish for
// Options.Grace, and what has no answer by then is recorded as in doubt.
// Whatever ends the process, the same job run again goes on where it stopped:
// no subscription gets a second order.
func Import(ctx context.Context, job Job) (*Outcome, error) {
	r := newRun(ctx, job)
	defer r.end()
	began := r.job.Machine.Elapsed()
	r.job.Progress.begin(r.job.Machine)

	plan, err := scan(ctx, r)
	if err != nil {
		return nil, err
	}
	r.job.Progress.total.Store(int64(plan.rows))
	l := newLoop(r)
	defer l.senders.end()
	known, err := prepare(ctx, l.ask, plan)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	switch {
	case ctx.Err() != nil:
		l.course.interrupted = true
	case !plan.unfinished && len(r.opt.Again) == 0 && r.job.Ended == nil:
		l.ends.noteAll(plan.ends) // one pass was enough
	default:
		if plan.missing > 0 && !r.opt.Proved { // the next orders would go the same way
			l.course.stop(draining, &StopError{Code: StopNotImported, Bad: plan.missing})
		}
		l.open.evidence = known.evidence
		mayBeKnown := func(row *csvimport.Row) bool { return known.adopted || plan.known.has(row.Index) }
		feedCtx, stopFeed := context.WithCancel(ctx)
		rows, feedErr := feed(feedCtx, r.joined(), mayBeKnown)
		l.turn(ctx, rows)
		stopFeed()
		if err := <-feedErr; err != nil && ctx.Err() == nil && l.course.stopped == nil {
			l.course.stopped = &StopError{Code: StopRows, Err: err}
		}
	}
	l.checkImported(plan.missing)
	return l.outcome(plan.rows, began)
}

// scanned is what one pass over the rows tells before anything is asked of the
// platform.
type scanned struct {
	rows       int
	unfinished bool     // some row is not at its end
	known      rowSet   // rows whose subscription the ledger knows
	accounts   accounts // of the rows the ledger does not know to be at their end
	ends       statuses // of the rows at their end
	missing    int      // of those: completed, and not shown as imported
}

func scan(ctx context.Context, run *run) (scanned, error) {
	var s scanned
	for r, err := range run.joined().each(ctx) {
		if err != nil {
			return s, err
		}
		s.rows++
		if r.entry != nil {
			s.known.add(r.row.Index)
		}
		if status, done := settled(&r.row, r.entry, run.conflicted(&r.row)); done {
			s.ends.set(r.row.Index, status)
			if soldAnew(&r.row, r.entry) {
				s.missing++
			}
		} else {
			s.unfinished = true
		}
		if a := r.row.Account; a != nil && r.row.Valid() && (r.entry == nil || r.entry.State != ledger.Completed) {
			s.accounts.add(a.APSID)
		}
	}
	return s, ctx.Err()
}

// prepare brings the ledger up to what the platform shows before anything is
// placed: rows of dead runs are taken over, new generations opened, existing
// orders listed.
func prepare(ctx context.Context, ask asker, s scanned) (existing, error) {
	known := existing{}
	var err error
	if known.kept, err = ask.job.Book.References(ctx); err != nil {
		return known, err
	}
	if err := ask.job.Run.TakeOver(ctx, ask.job.Orders.Now()); err != nil {
		return known, err
	}
	if len(ask.opt.Again) > 0 {
		if err := ask.openAgain(ctx); err != nil {
			return known, err
		}
		s.unfinished = true
	}
	if !s.unfinished {
		return known, nil
	}
	if known, err = ask.surveyAll(ctx, s.accounts, known.evidence); err != nil {
		return known, fmt.Errorf("the orders that exist could not be listed, so nothing was placed: %w", err)
	}
	return known, nil
}

// feed reads the rows in a goroutine of its own, a few chunks ahead. look tells
// which of them the ledger may know; one that another run has come to know of
// since is found when its intent is not granted.
func feed(ctx context.Context, rows joined, look func(*csvimport.Row) bool) (<-chan []pair, <-chan error) {
	out := make(chan []pair, 2)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		defer close(out)
		for pairs, err := range rows.chunks(ctx, look) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case out <- pairs:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, failed
}

// checkImported compares, after the end, the orders that completed with what the
// tenant list shows: those of earlier runs as it was read at the start, missing
// of them, those of this run as it is read now.
func (l *loop) checkImported(missing int) {
	if l.job.Imported != nil && l.course.phase != ending && l.ends.count[csvimport.Completed] > 0 {
		n, err := l.ask.notImported(l.readCtx)
		if err != nil {
			l.log.Warn("tenants not readable after the end", "error", err)
			l.say(Notice{Code: NoticeTenantsUnread})
		}
		missing += n
	}
	if missing > 0 && l.course.phase != ending {
		l.course.stopped = nil
		l.course.stop(draining, &StopError{Code: StopNotImported, Bad: missing})
	}
}

// outcome adds the run up. Rows it did not come to get the status the ledger
// gives them.
func (l *loop) outcome(rows int, began time.Duration) (*Outcome, error) {
	o := &Outcome{
		Rows:        rows,
		Count:       l.ends.count,
		Interrupted: l.course.interrupted,
		Stopped:     l.course.reason(),
		FirstOnly:   l.canary.first && l.canary.begun > 0,
		Results:     l.ends.results,
	}
	if l.ends.total() < rows {
		if err := l.ends.rest(); err != nil {
			return nil, errors.Join(o.Stopped, err)
		}
	}
	o.Seconds = (l.job.Machine.Elapsed() - began).Seconds()
	if n := l.ends.total(); n != rows {
		return o, fmt.Errorf("%w: %d rows, %d results", ErrBug, rows, n)
	}
	return o, nil
}

// openAgain opens a new generation for each subscription named, all or none:
// only where the platform, asked now, shows the latest order as cancelled.
func (a asker) openAgain(ctx context.Context) error {
	entries, err := a.job.Book.Find(ctx, a.opt.Again)
	if err != nil {
		return err
	}
	var open []string
	for _, sub := range a.opt.Again {
		e, ok := entries[sub]
		if !ok {
			return &AgainError{Code: AgainUnknown, Sub: sub}
		}
		if e.Gen > 1 && (e.State.MaySend() || e.State.InDoubt()) {
			continue // opened already, by a run that did not come to its end
		}
		if !e.State.Ordered() {
			return &AgainError{Code: AgainNoOrder, Sub: sub}
		}
		if err := a.askCancelled(ctx, &e); err != nil {
			return err
		}
		open = append(open, sub)
	}
	if len(open) == 0 {
		return nil
	}
	return a.job.Run.Reopen(ctx, open)
}

// askCancelled asks the platform for the order of e and is nil only if it is
// cancelled now.
func (a asker) askCancelled(ctx context.Context, e *ledger.Entry) error {
	for o, err := range a.job.Orders.List(ctx, apsclient.OrderQuery{IDs: []string{e.OrderID}}) {
		if err != nil {
			return fmt.Errorf("order %s of subscription %s could not be read: %w", named(e.OrderNumber, e.OrderID), e.Sub, err)
		}
		if o.ID != e.OrderID {
			continue
		}
		if o.Status == csvimport.OrderCancelled {
			if e.State != ledger.Accepted {
				return nil
			}
			take(e, &o)
			return a.write(ctx, []ledger.Entry{*e}, "cancelled, as the platform shows")
		}
		return &AgainError{Code: AgainStands, Sub: e.Sub, Order: named(o.Number, o.ID), Status: o.Status}
	}
	return &AgainError{Code: AgainNotShown, Sub: e.Sub, Order: named(e.OrderNumber, e.OrderID)}
}

// AgainCode is why no new order may be opened for a subscription.
type AgainCode uint8

const (
	AgainUnknown  AgainCode = iota + 1 // the ledger knows no order of it
	AgainNoOrder                       // the ledger knows of it, and no order exists that could be cancelled
	AgainStands                        // its Order is in Status, not cancelled
	AgainNotShown                      // its Order is not shown by the platform
)

// AgainError is a subscription for which no new order may be opened. Of its
// facts those are set that its code names.
type AgainError struct {
	Code   AgainCode
	Sub    string
	Order  string // number and id
	Status string // of the order, in the platform's two letters
}

func (e *AgainError) Error() string {
	why := ""
	switch e.Code {
	case AgainUnknown:
		why = "this ledger knows no order of it"
	case AgainNoOrder:
		why = "its order is not cancelled"
	case AgainStands:
		why = fmt.Sprintf("its order %s is %s, not cancelled", e.Order, e.Status)
	case AgainNotShown:
		why = fmt.Sprintf("its order %s is not shown by the platform", e.Order)
	}
	return fmt.Sprintf("no new order for subscription %s: %s", e.Sub, why)
}

// ErrBug is a run whose results do not add up: never to be ignored.
var ErrBug = errors.New("bug: the results do not add up")
