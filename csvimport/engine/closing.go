package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// unshown is a row whose order was accepted and that nothing has shown.
type unshown struct {
	row   csvimport.Row
	entry ledger.Entry
}

// closeUnshown reads orders back, once, that were accepted and that nothing has shown:
// their rows were not waited for, or not for long enough, in this run or an earlier one.
func (l *loop) closeUnshown() {
	var batch []unshown
	flush := func() {
		if len(batch) > 0 {
			l.readLast(batch)
		}
		batch = batch[:0]
	}
	for r, err := range l.joined().Each(context.WithoutCancel(l.readCtx)) {
		if err != nil {
			l.course.unwritten(err)
			return
		}
		s, e := l.ends.statusFor(r), r.Entry
		if u, ok := l.ends.unrecorded[r.Row.Index]; ok {
			e = &u
		}
		if s != csvimport.Submitted && s != csvimport.Unknown || e == nil || e.State != ledger.Accepted || !outcome.Unshown(e) {
			continue
		}
		if batch = append(batch, unshown{r.Row, *e}); len(batch) == pollBatch {
			flush()
		}
	}
	flush()
}

// readLast reads the orders of rows back for the last time in this run, or holds them
// against the ledger alone where nothing is asked any more.
func (l *loop) readLast(rows []unshown) {
	rows, theirs, err := l.ours(rows)
	if err != nil {
		l.course.unwritten(err)
		return
	}
	entries := make([]ledger.Entry, len(rows))
	for i := range rows {
		entries[i] = rows[i].entry
	}
	var p poll
	if l.asks() {
		p = l.ask.readBack(entries)
	}
	if p.broken != nil {
		l.course.unwritten(p.broken)
		return
	}
	if p.err != nil {
		l.log.Warn("orders not readable after the end", "error", p.err)
	}
	all := slices.Clone(entries)
	for i := range theirs {
		all = append(all, theirs[i].entry)
	}
	all = slices.AppendSeq(all, maps.Values(l.ends.unrecorded))
	twice, err := outcome.NamedTwice(context.WithoutCancel(l.readCtx), l.job.Book, all, func(e *ledger.Entry) bool {
		_, told := p.orders[e.Sub]
		return !told
	})
	if err != nil {
		l.course.unwritten(err)
	}
	lag, _ := l.measured()
	now := l.job.Orders.Now()
	for i, e := range entries {
		after, ok := p.ended[e.Sub]
		_, seen := p.orders[e.Sub]
		switch {
		case ok:
			l.endShown(&rows[i].row, &after)
		case twice[e.OrderID]:
			l.endUnknown(&rows[i].row, l.ask.unbound(e, ""), "")
		case !seen && e.Code != csvimport.CodeNotShown && now.Sub(e.SubmittedAt) >= l.rules.Unseen(lag):
			e.Code, e.Message = csvimport.CodeNotShown, notShownWords
			l.endUnknown(&rows[i].row, e, "accepted, and not shown since")
		}
	}
	for i := range theirs {
		if e := theirs[i].entry; twice[e.OrderID] {
			l.ends.disbelieve(&theirs[i].row, l.ask.unbound(e, ""))
		}
	}
}

// asks reports whether the platform is still asked.
func (l *loop) asks() bool { return l.course.phase != ending }

// ours are the rows of this run and, where the platform is asked, those of runs that
// are dead, which this one takes over; theirs are the others, and what the ledger does
// not have.
func (l *loop) ours(rows []unshown) (ours, theirs []unshown, err error) {
	var entries map[string]ledger.Entry
	var taken map[string]bool
	if l.asks() {
		var others []string
		for i := range rows {
			if rows[i].entry.Run != l.job.Run.ID() {
				others = append(others, rows[i].entry.Sub)
			}
		}
		if entries, taken, err = l.ask.readOthers(others); err != nil {
			return nil, nil, err
		}
	}
	for i := range rows {
		_, unwritten := l.ends.unrecorded[rows[i].row.Index]
		switch e := entries[rows[i].entry.Sub]; {
		case !unwritten && rows[i].entry.Run == l.job.Run.ID():
			ours = append(ours, rows[i])
		case !taken[e.Sub]:
			theirs = append(theirs, rows[i])
		case e.State == ledger.Accepted:
			ours = append(ours, unshown{rows[i].row, e})
		}
	}
	return ours, theirs, nil
}

// endShown gives a row the status of its order, as it was seen after the end. An order
// of this run that came to its good end unawaited stays submitted.
func (l *loop) endShown(row *csvimport.Row, e *ledger.Entry) {
	switch {
	case !l.sentHere(e.SentBy):
		l.ends.change(row.Index, outcome.After(row, e, false))
	case e.State != ledger.Completed:
		l.ends.change(row.Index, outcome.StatusOf(e))
	}
}

// endUnknown has the ledger keep what is left of a row whose order nobody has seen.
func (l *loop) endUnknown(row *csvimport.Row, e ledger.Entry, note string) {
	if _, err := l.ask.record(context.WithoutCancel(l.readCtx), []ledger.Entry{e}, note); err != nil {
		l.course.unwritten(err)
		l.ends.disbelieve(row, e)
		return
	}
	l.ends.change(row.Index, csvimport.Unknown)
}

// reread looks again at the rows as they have ended: a look after that may have found an
// order, and another run may have placed one, or one in place of one that staff cancelled.
// What another run was told of an order, and nothing has shown, may have come since such
// orders were read back.
func (l *loop) reread() {
	again := func(s csvimport.Status, latest *ledger.Entry) bool {
		switch s {
		case csvimport.Refused, csvimport.Failed, csvimport.Unsent, csvimport.Unknown:
			return true
		}
		return latest.Gen > 1 && !latest.State.MaySend()
	}
	var late []unshown
	for r, err := range l.joined().Each(context.WithoutCancel(l.readCtx)) {
		if err != nil {
			l.course.unwritten(err)
			return
		}
		s, latest := l.ends.rows.Of(r.Row.Index), r.Entry
		if _, unwritten := l.ends.unrecorded[r.Row.Index]; unwritten || latest == nil {
			continue
		}
		ok, err := l.ends.told(context.WithoutCancel(l.readCtx), r, s)
		if err != nil {
			l.course.unwritten(err)
			return
		}
		if !ok && again(s, latest) {
			s = outcome.After(&r.Row, latest, l.sentHere(latest.SentBy))
			l.ends.change(r.Row.Index, s)
		}
		if s == csvimport.Submitted && latest.State == ledger.Accepted && latest.Run != l.job.Run.ID() && outcome.Unshown(latest) {
			late = append(late, unshown{r.Row, *latest})
		}
	}
	for part := range slices.Chunk(late, pollBatch) {
		l.readLast(part)
	}
}

// shownImports is what the tenant list shows of the orders that completed in a run.
type shownImports struct {
	outcome.Imports
	subs joined.SubSet // of the missing
}

// imported reads the tenant list and notes, for each order that completed in this
// run, what it shows. follows is how soon after an order's end the list has been
// seen to show it, zero if it has not: then what it does not show may still come.
// Where that is decided soon, it is waited for.
// timely are the orders whose ends were seen when they came.
func (a asker) imported(ctx context.Context, follows time.Duration, timely joined.SubSet) (shownImports, error) {
	for {
		found, err := a.readImported(ctx, follows, timely)
		if err != nil || found.NotYet == 0 || follows == 0 {
			return found, err
		}
		wait, ok := a.rules.ImportWait(follows, found.Youngest)
		if !ok {
			return found, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return found, nil
		}
	}
}

func (a asker) readImported(ctx context.Context, follows time.Duration, timely joined.SubSet) (shownImports, error) {
	found := shownImports{subs: make(joined.SubSet)}
	shown := make(map[string]csvimport.Binding, joined.Chunk)
	flush := func() error {
		subs := make([]string, 0, len(shown))
		for sub := range shown {
			subs = append(subs, sub)
		}
		entries, err := a.job.Book.Find(ctx, subs)
		if err != nil {
			return err
		}
		now := a.job.Orders.Now()
		var list []ledger.Entry
		for sub, e := range entries {
			if a.sentHere(e.SentBy) && e.State == ledger.Completed && e.SentBy == e.Run {
				age := now.Sub(e.FinishedAt)
				if found.Take(&e, shown[sub].Imported, age, timely.Has(sub), follows > 0 && age >= a.rules.ImportDue(follows)); e.Imported == ledger.ImportNo {
					found.subs.Add(e.Sub)
				}
				list = append(list, e)
			}
		}
		clear(shown)
		_, err = a.record(ctx, list, "")
		return err
	}
	for b, err := range a.job.Imported(ctx) {
		if err != nil {
			return found, err
		}
		if !b.Known {
			continue
		}
		if shown[b.Sub] = b; len(shown) == joined.Chunk {
			if err := flush(); err != nil {
				return found, err
			}
		}
	}
	return found, flush()
}

// doubles looks once more at the newest orders and returns the second orders that
// stand, of rows of the file or first seen in this run, and that nobody has said
// to know of. Those that are known are returned with an error too.
func (a asker) doubles(w *watcher, inFile joined.SubSet) ([]ledger.Sighting, error) {
	_, unread := w.look(nil, 0, false)
	all, err := outcome.Doubles(a.readCtx, a.job.Book)
	var second []ledger.Sighting
	for i := range all {
		for _, s := range all[i].Second {
			if s.Run == a.job.Run.ID() || inFile.Has(s.Sub) {
				second = append(second, s)
			}
		}
	}
	return second, errors.Join(unread, err)
}
