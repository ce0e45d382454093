package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/again"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/outcome"
)

// Import places one order for each row of the job that has none, follows each
// to its end, and tells what became of every row. Its error is not nil only if
// it could not begin; what ends a run later is Outcome.Stopped.
//
// When ctx ends nothing further is sent, requests begun may finish for Options.Grace
// (see [pace.Grace]), and what has no answer by then is recorded as in doubt.
// Whatever ends the process, the same job run again goes on where it stopped:
// no subscription gets a second order.
func Import(ctx context.Context, job Job) (*Outcome, error) {
	r := newRun(ctx, job)
	defer r.end()
	began := r.job.Machine.Elapsed()
	r.job.Progress.Begin(r.job.Machine)

	plan, err := scan(ctx, r)
	if err != nil {
		return nil, err
	}
	r.job.Progress.Total(plan.rows)
	l := newLoop(r)
	defer l.senders.end()
	if plan.missing > 0 && !r.opt.Proved { // the next orders would go the same way
		l.course.stop(draining, &notice.StopError{Code: notice.StopNotImported, Bad: plan.missing})
	}
	known, err := prepare(ctx, l, plan)
	stop, doubtful := errors.AsType[*notice.StopError](err)
	switch {
	case ctx.Err() != nil:
		l.course.interrupt()
	case doubtful:
		l.course.stop(ending, stop)
	case err != nil:
		return nil, err
	case !plan.unfinished && len(r.opt.Again) == 0 && r.job.Ended == nil:
		l.ends.noteAll(plan.ends) // one pass was enough
		return l.outcome(plan.rows, began)
	default:
		mayBeKnown := func(row *csvimport.Row) bool { return known.adopted || r.job.Hand > 0 || plan.known.Has(row.Index) }
		feedCtx, stopFeed := context.WithCancel(ctx)
		rows, feedErr := r.joined().Feed(feedCtx, mayBeKnown, joined.Placing(r.job.Book.Ledger(), plan.rows, r.job.Hand))
		l.turn(ctx, rows)
		stopFeed()
		_, l.course.held = l.gate.foreign.Held(l.elapsed())
		if err := <-feedErr; err != nil && ctx.Err() == nil && l.course.stopped == nil {
			l.course.stopped = &notice.StopError{Code: notice.StopRows, Err: err}
		}
	}
	if r.job.Alone != nil {
		r.job.Alone()
	}
	if r.job.Hand <= 1 {
		l.closing(&plan)
	}
	if err := l.ends.rest(plan.rows); err != nil {
		return nil, errors.Join(l.course.reason(), err)
	}
	if r.job.Hand <= 1 {
		l.reread()
	}
	return l.outcome(plan.rows, began)
}

// scanned is what one pass over the rows tells before anything is asked of the
// platform.
type scanned struct {
	rows       int
	unfinished bool            // some row is not at its end
	known      joined.RowSet   // rows whose subscription the ledger knows
	subs       joined.SubSet   // of all rows
	open       joined.SubSet   // of those not at their end
	ends       joined.Statuses // of the rows at their end
	missing    int             // of those: completed, and not shown as imported
}

func scan(ctx context.Context, run *run) (scanned, error) {
	s := scanned{subs: make(joined.SubSet), open: make(joined.SubSet)}
	for r, err := range run.joined().Each(ctx) {
		if err != nil {
			return s, err
		}
		s.rows++
		if r.Entry != nil {
			s.known.Add(r.Row.Index)
		}
		if status, done := outcome.Settled(&r.Row, r.Entry, run.conflicted(&r.Row)); done {
			s.ends.Set(r.Row.Index, status)
			if outcome.SoldAnew(&r.Row, r.Entry) && !slices.Contains(run.opt.Again, r.Row.SubID) {
				s.missing++
			}
		} else {
			s.unfinished = true
			s.open.Add(r.Row.SubID)
		}
		if r.Row.Valid() {
			s.subs.Add(r.Row.SubID)
		}
	}
	return s, ctx.Err()
}

// prepare brings the ledger up to what the platform shows before anything is
// placed: rows of dead runs are taken over, new generations opened, existing
// orders listed. A *notice.StopError says that nothing may be placed.
func prepare(ctx context.Context, l *loop, s scanned) (known listing, err error) {
	ask := l.ask
	l.gate.inFile, l.gate.toDo = s.subs.Has, s.open
	if err := ask.job.Run.TakeOver(ctx, ask.job.Orders.Now()); err != nil {
		return known, err
	}
	if len(ask.opt.Again) > 0 {
		if err := again.Open(ctx, ask.job.Orders, ask.job.Book, ask.job.Run, ask.opt.Again); err != nil {
			return known, err
		}
		s.unfinished = true
	}
	if !s.unfinished {
		return known, nil
	}
	memory, err := ask.login(ctx)
	if err != nil {
		return known, err
	}
	l.kept.Store(int32(memory.References))
	first := memory.Watermark.IsZero()
	if known, err = ask.survey(ctx, &memory); err != nil {
		return known, fmt.Errorf("the orders that exist could not be listed, so nothing was placed: %w", err)
	}
	l.gate.begin(memory, &known)
	return known, ask.trust(ctx, &known, first)
}

// login notes with which credentials the platform is looked at: what others were
// shown proves nothing for these.
func (a asker) login(ctx context.Context) (ledger.Evidence, error) {
	memory, err := a.job.Book.Evidence(ctx)
	if err != nil || memory.Login == a.job.Login && !memory.LoginSince.IsZero() {
		return memory, err
	}
	now := a.job.Orders.Now()
	return a.job.Book.Amend(ctx, func(e *ledger.Evidence) { e.Login, e.LoginSince = a.job.Login, now })
}

// trust decides whether orders may be placed on what the survey found: the ledger
// has to be the last word, or a person has to have said when anybody last imported
// here; and of the orders that were listed before some have to be listed still.
func (a asker) trust(ctx context.Context, s *listing, first bool) error {
	loss := ledger.Sound
	doubtful, _ := a.job.Run.(ledger.Doubtful)
	if doubtful != nil {
		loss = doubtful.Loss()
	}
	now := a.job.Orders.Now()
	unknown := first && len(s.foreign) > 0 && now.Sub(s.youngest(now)) < a.opt.Settle
	if missing := s.missing(); missing > 0 {
		if missing == len(s.controls) {
			return &notice.StopError{Code: notice.StopControls, Bad: missing}
		}
		a.say(notice.Notice{Code: notice.ControlsMissing, Orders: missing})
	}
	switch {
	case loss == ledger.Sound && !unknown:
		return nil
	case a.opt.LastImport.IsZero():
		return &notice.StopError{Code: notice.StopLost, Loss: loss}
	case doubtful == nil:
		return nil
	}
	return doubtful.Trusted(ctx)
}

// closing looks, after the end, at what the platform shows then: the subscriptions
// whose orders completed as imported, and none with two orders.
func (l *loop) closing(plan *scanned) {
	if l.ends.count[csvimport.Submitted]+l.ends.count[csvimport.Unknown] > 0 || l.ends.total() < plan.rows {
		l.closeUnshown()
	}
	if l.course.phase == ending {
		return
	}
	if l.job.Imported != nil && l.ends.count[csvimport.Completed] > 0 {
		l.closeImported()
	}
	if !l.gate.anySent {
		return
	}
	doubles, err := l.ask.doubles(l.gate.watcher, plan.subs)
	if err != nil {
		l.log.Warn("orders not readable after the end", "error", err)
	}
	if l.doubled = doubles; len(doubles) > 0 && l.course.stopped == nil {
		l.course.stop(draining, &notice.StopError{Code: notice.StopDoubles, Bad: len(doubles)})
	}
}

// closeImported compares the orders that completed in this run with what the tenant
// list shows now.
func (l *loop) closeImported() {
	found, err := l.ask.imported(l.readCtx, l.gate.memory.Follows, l.open.timely)
	if err != nil {
		l.log.Warn("tenants not readable after the end", "error", err)
		l.say(notice.Notice{Code: notice.TenantsUnread})
	}
	if after, ok := found.Follows(); ok {
		if _, err := l.job.Book.Amend(l.readCtx, func(e *ledger.Evidence) { e.SawImport(after) }); err != nil {
			l.course.unwritten(err)
		}
	}
	if found.Missing == 0 {
		return
	}
	for r, err := range l.joined().Each(l.readCtx) {
		if err != nil {
			l.course.unwritten(err)
			return
		}
		if l.ends.rows.Of(r.Row.Index) == csvimport.Completed && found.subs.Has(r.Row.SubID) {
			l.ends.change(r.Row.Index, csvimport.Differs)
		}
	}
	l.course.stopped = nil
	l.course.stop(draining, &notice.StopError{Code: notice.StopNotImported, Bad: found.Missing})
}

// outcome adds the run up.
func (l *loop) outcome(rows int, began time.Duration) (*Outcome, error) {
	o := &Outcome{
		Rows:        rows,
		Count:       l.ends.count,
		Interrupted: l.course.interrupted,
		Stopped:     l.course.reason(),
		FirstOnly:   l.canary.FirstDay() && l.canary.Begun() > 0,
		Doubles:     l.doubled,
		Results:     l.ends.results,
	}
	if held := l.course.stopped != nil && l.course.stopped.Held(); held || l.ends.count[csvimport.Unknown] > 0 {
		o.RetryFrom = l.now().Add(l.turnUp())
	}
	o.Seconds = (l.job.Machine.Elapsed() - began).Seconds()
	if n := l.ends.total(); n != rows {
		return o, fmt.Errorf("%w: %d rows, %d results", ErrBug, rows, n)
	}
	return o, nil
}

// ErrBug is a run whose results do not add up: never to be ignored.
var ErrBug = errors.New("bug: the results do not add up")
