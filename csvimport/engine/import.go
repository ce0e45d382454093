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
	im := newImporter(job)
	defer im.begin(ctx)()
	began := time.Now()
	job.Progress = im.job.Progress
	job.Progress.started.Store(began.UnixMilli())

	plan, err := im.scan(ctx)
	if err != nil {
		return nil, err
	}
	job.Progress.total.Store(int64(plan.rows))
	im.rows = plan.rows
	if err := im.prepare(ctx, plan); err != nil && ctx.Err() == nil {
		return nil, err
	}
	switch {
	case ctx.Err() != nil:
		im.interrupt = true
	case !plan.unfinished && len(im.opt.Again) == 0 && job.Ended == nil:
		im.noteAll(plan.ends) // one pass was enough
	default:
		if plan.missing > 0 && !im.opt.Proved {
			im.stopNotImported(plan.missing) // the next orders would go the same way
		}
		feedCtx, stopFeed := context.WithCancel(ctx)
		feed, feedErr := im.feed(feedCtx)
		im.loop(ctx, feed)
		stopFeed()
		if err := <-feedErr; err != nil && ctx.Err() == nil && im.stopped == nil {
			im.stopped = &StopError{Code: StopRows, Err: err}
		}
	}
	im.checkImported(plan.missing)
	return im.outcome(began)
}

// scanned is what one pass over the rows tells before anything is asked of the
// platform.
type scanned struct {
	rows       int
	unfinished bool     // some row is not at its end
	accounts   accounts // of the rows the ledger does not know to be at their end
	ends       ends     // of the rows at their end
	missing    int      // of those: completed, and not shown as imported
}

// accounts is whose orders are listed: beyond some thousand everybody's.
type accounts struct {
	ids map[string]bool
	all bool
}

func (a *accounts) add(id string) {
	const most = 5000
	switch {
	case id == "" || a.all:
	case len(a.ids) == most:
		a.ids, a.all = nil, true
	case a.ids == nil:
		a.ids = map[string]bool{id: true}
	default:
		a.ids[id] = true
	}
}

func (im *importer) scan(ctx context.Context) (scanned, error) {
	var s scanned
	for r, err := range im.joined().each(ctx) {
		if err != nil {
			return s, err
		}
		s.rows++
		if r.entry != nil {
			im.known.add(r.row.Index)
		}
		if status, done := settled(&r.row, r.entry, im.conflicted(&r.row)); done {
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

func (im *importer) conflicted(row *csvimport.Row) bool {
	return im.job.Conflicted != nil && im.job.Conflicted(row.SubID)
}

// joined is the rows with their entries.
func (im *importer) joined() joined { return joined{im.job.Rows, im.job.Book} }

// prepare brings the ledger up to what the platform shows before anything is
// placed: rows of dead runs are taken over, new generations opened, existing
// orders listed.
func (im *importer) prepare(ctx context.Context, s scanned) error {
	var err error
	if im.kept, err = im.job.Book.References(ctx); err != nil {
		return err
	}
	if err := im.job.Run.TakeOver(ctx, im.job.Orders.Now()); err != nil {
		return err
	}
	if len(im.opt.Again) > 0 {
		if err := im.openAgain(ctx); err != nil {
			return err
		}
		s.unfinished = true
	}
	if !s.unfinished {
		return nil
	}
	if err := im.surveyAll(ctx, s.accounts); err != nil {
		return fmt.Errorf("the orders that exist could not be listed, so nothing was placed: %w", err)
	}
	return nil
}

// fed is some rows on their way from the file to the loop.
type fed []pair

// feed reads the rows in a goroutine of its own, a few chunks ahead.
func (im *importer) feed(ctx context.Context) (<-chan fed, <-chan error) {
	out := make(chan fed, 2)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		defer close(out)
		for rows, err := range im.joined().chunks(ctx, im.mayBeKnown) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case out <- rows:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, failed
}

// mayBeKnown reports whether the ledger may know the row's subscription. One
// that another run has come to know of since is found when its intent is not
// granted.
func (im *importer) mayBeKnown(row *csvimport.Row) bool { return im.adopted || im.known.has(row.Index) }

// admit takes rows from the feed: those at their end get their status, the
// others their place.
func (im *importer) admit(rows fed) {
	for i := range rows {
		r := &rows[i]
		if s, done := settled(&r.row, r.entry, im.conflicted(&r.row)); done {
			im.endRow(&r.row, r.entry, s)
			continue
		}
		it := &item{index: r.row.Index, line: r.row.Line, entry: wanted(&r.row)}
		switch e := r.entry; {
		case e == nil:
			im.enqueue(it, false)
		case e.State == ledger.NotSent, e.State == ledger.Refused && !im.otherIsOn(e):
			it.entry.Gen, it.entry.Sends, it.entry.Doubted = e.Gen, e.Sends, e.Doubted
			im.enqueue(it, false)
		default:
			im.found(it, *e)
		}
	}
}

// otherIsOn reports whether a live run other than this one wrote the entry: its
// refusal is then this row's as well.
func (im *importer) otherIsOn(e *ledger.Entry) bool {
	return e.Run != im.job.Run.ID() && im.job.Book.Alive(e.Run)
}

// openAgain opens a new generation for each subscription named, all or none:
// only where the platform, asked now, shows the latest order as cancelled.
func (im *importer) openAgain(ctx context.Context) error {
	entries, err := im.job.Book.Find(ctx, im.opt.Again)
	if err != nil {
		return err
	}
	var open []string
	for _, sub := range im.opt.Again {
		e, ok := entries[sub]
		if !ok {
			return &AgainError{Code: AgainUnknown, Sub: sub}
		}
		if e.Gen > 1 && (e.State == ledger.NotSent || e.State == ledger.Refused || inDoubt(&e)) {
			continue // opened already, by a run that did not come to its end
		}
		if !hasOrder(&e) {
			return &AgainError{Code: AgainNoOrder, Sub: sub}
		}
		if err := im.askCancelled(ctx, &e); err != nil {
			return err
		}
		open = append(open, sub)
	}
	if len(open) == 0 {
		return nil
	}
	return im.job.Run.OpenAgain(ctx, open)
}

// askCancelled asks the platform for the order of e and is nil only if it is
// cancelled now.
func (im *importer) askCancelled(ctx context.Context, e *ledger.Entry) error {
	for o, err := range im.job.Orders.List(ctx, apsclient.OrderQuery{IDs: []string{e.OrderID}}) {
		if err != nil {
			return fmt.Errorf("order %s of subscription %s could not be read: %w", named(e.OrderNumber, e.OrderID), e.Sub, err)
		}
		if o.ID != e.OrderID {
			continue
		}
		if o.Status == "CL" {
			if e.State != ledger.Accepted {
				return nil
			}
			take(e, &o)
			return im.job.Run.Record(ctx, *e, "cancelled, as the platform shows")
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

// checkImported compares, after the end, the orders that completed with what the
// tenant list shows: those of earlier runs as it was read at the start, missing
// of them, those of this run as it is read now.
func (im *importer) checkImported(missing int) {
	if im.job.Imported != nil && im.phase != ending && im.count[csvimport.Completed] > 0 {
		n, err := im.notImported(im.readCtx)
		if err != nil {
			im.log.Warn("tenants not readable after the end", "error", err)
			im.say(Notice{Code: NoticeTenantsUnread})
		}
		missing += n
	}
	if missing > 0 && im.phase != ending {
		im.stopped = nil
		im.stopNotImported(missing)
	}
}

// notImported counts the subscriptions whose order completed in this run and
// which the tenant list, read now, shows as not imported. Their entries say so.
func (im *importer) notImported(ctx context.Context) (int, error) {
	missing := 0
	batch := make(map[string]csvimport.Binding, chunk)
	flush := func() error {
		subs := make([]string, 0, len(batch))
		for sub := range batch {
			subs = append(subs, sub)
		}
		entries, err := im.job.Book.Find(ctx, subs)
		if err != nil {
			return err
		}
		var wrong []ledger.Entry
		for _, e := range entries {
			if e.Run == im.job.Run.ID() && e.State == ledger.Completed {
				e.Code, e.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
				wrong = append(wrong, e)
			}
		}
		missing += len(wrong)
		clear(batch)
		if len(wrong) == 0 {
			return nil
		}
		_, err = held(im.job.Run.RecordAll(context.WithoutCancel(ctx), wrong, "completed, but not shown as imported"))
		return err
	}
	for b, err := range im.job.Imported(ctx) {
		if err != nil {
			return missing, err
		}
		if b.Known && !b.Imported {
			if batch[b.Sub] = b; len(batch) == chunk {
				if err := flush(); err != nil {
					return missing, err
				}
			}
		}
	}
	return missing, flush()
}

// ErrBug is a run whose results do not add up: never to be ignored.
var ErrBug = errors.New("bug: the results do not add up")
