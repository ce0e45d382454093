package engine

import (
	"context"
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// asker asks the platform and the ledger, apart from the loop. It is given what
// it needs by value and returns what it found: nothing here can see the loop's
// state. It is safe for concurrent use.
type asker struct{ *run }

// write makes entries durable, all that are ours to change. Those that another run
// holds, or that have an order the new state would forget, are in a
// *ledger.Conflict.
func (a asker) write(ctx context.Context, entries []ledger.Entry, note string) error {
	return a.job.Run.Record(ctx, note, entries...)
}

// record is write for what must be kept even if ctx ends. Conflicts with other
// runs, which are no failures, come as the subscriptions that are theirs.
func (a asker) record(ctx context.Context, entries []ledger.Entry, note string) (theirs map[string]bool, err error) {
	err = a.write(context.WithoutCancel(ctx), entries, note)
	c, ok := errors.AsType[*ledger.Conflict](err)
	if !ok || len(c.Unknown) > 0 {
		return nil, err
	}
	theirs = make(map[string]bool)
	for _, sub := range append(c.Held, c.Ordered...) {
		theirs[sub] = true
	}
	return theirs, nil
}

// sight is what one look found.
type sight struct {
	orders   map[int]apsclient.Order // by the index of the entry that was looked for
	controls map[string]bool         // ids of the controls that were listed, and that are told to be
	unclear  map[int]bool            // by the index of an entry: an order was listed that may be its own
	kept     ledger.Kept
	began    evidence.Moment
	any      bool      // some order was listed, asked for without a condition
	date     time.Time // the earliest time that an answer told, zero if none told any
}

// hear takes the time that an answer told.
func (s *sight) hear(date time.Time) {
	if !date.IsZero() && (s.date.IsZero() || date.Before(s.date)) {
		s.date = date
	}
}

// look asks the platform for the orders of entries, by reference and by account
// and content: references may not be kept, or have been edited. While absence does
// not count yet, which is when final is false, reference is enough where they are
// kept. Orders known to exist are asked for in the same way: only where one shows
// is absence proof. It has to show in the list by account, too: a reference that was
// edited hides an order from the other one, which may be the newer of the two.
func (a asker) look(entries []ledger.Entry, kept ledger.Kept, controls []ledger.Entry, final bool) (sight, error) {
	s := sight{orders: make(map[int]apsclient.Order), controls: make(map[string]bool), unclear: make(map[int]bool), kept: kept, began: a.moment()}
	byReference := make(map[string]int, len(entries))
	told := make(map[string]bool) // controls, by their reference
	q := apsclient.OrderQuery{Heard: s.hear}
	for i := range entries {
		ref := csvimport.Reference(entries[i].Sub, entries[i].Gen)
		byReference[ref] = i
		q.References = append(q.References, ref)
	}
	for i := range controls {
		q.References = append(q.References, csvimport.Reference(controls[i].Sub, controls[i].Gen))
	}
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			return s, err
		}
		if i, ok := byReference[o.Reference]; ok {
			s.add(i, o)
		}
		for i := range controls {
			if c := &controls[i]; o.ID == c.OrderID && o.Reference == csvimport.Reference(c.Sub, c.Gen) {
				told[o.ID] = true
				s.kept = max(s.kept, ledger.KeptYes)
			}
		}
	}
	if len(s.orders) == len(entries) || s.kept == ledger.KeptYes && !final {
		return s, nil
	}
	if err := a.lookByContent(&s, entries, controls, told); err != nil || len(controls) > 0 || !final {
		return s, err
	}
	for _, err := range a.job.Orders.List(a.readCtx, apsclient.OrderQuery{Limit: 1}) {
		s.any = err == nil
		return s, err
	}
	return s, nil
}

// lookByContent lists the accounts' orders and compares them with the intents; told
// are the controls that another list has shown by their references. Orders with a
// reference of another row, and orders bound to an entry already, are somebody else's.
// The list has all that the one by reference has, and proves absence only if it is whole.
func (a asker) lookByContent(s *sight, entries, controls []ledger.Entry, told map[string]bool) error {
	bySub := make(map[string]int, len(entries))
	accounts := make(map[string]bool)
	q := apsclient.OrderQuery{Since: entries[0].SubmittedAt, Whole: true, Heard: s.hear}
	include := func(e *ledger.Entry) {
		if !accounts[e.AccountID] {
			accounts[e.AccountID] = true
			q.AccountIDs = append(q.AccountIDs, e.AccountID)
		}
		if e.SubmittedAt.Before(q.Since) {
			q.Since = e.SubmittedAt
		}
	}
	for i := range entries {
		bySub[entries[i].Sub] = i
		include(&entries[i])
	}
	for i := range controls {
		include(&controls[i])
	}
	if !q.Since.IsZero() {
		q.Since = q.Since.Add(-time.Hour) // nodes' clocks differ
	}
	var found []apsclient.Order
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			return errors.Join(err, a.addUnbound(s, entries, bySub, found))
		}
		for i := range controls {
			if c := &controls[i]; o.ID == c.OrderID && (told[o.ID] || outcome.Agreement(&o, c) == outcome.Agrees) {
				s.controls[o.ID] = true
			}
		}
		for i := range entries {
			if o.Subscription == "" && outcome.MayBe(&o, &entries[i]) {
				s.unclear[i] = true
			}
		}
		i, ok := bySub[outcome.Subscription(&o)]
		if !ok || outcome.Agreement(&o, &entries[i]) != outcome.Agrees {
			continue
		}
		found = append(found, o)
	}
	return a.addUnbound(s, entries, bySub, found)
}

// addUnbound keeps those orders that no other entry is bound to.
func (a asker) addUnbound(s *sight, entries []ledger.Entry, bySub map[string]int, found []apsclient.Order) error {
	if len(found) == 0 {
		return nil
	}
	known, err := outcome.KnownOf(a.readCtx, a.job.Book, found)
	if err != nil {
		return err
	}
	for _, o := range found {
		i := bySub[outcome.Subscription(&o)]
		if e, ok := known.Orders[o.ID]; ok && (e.Sub != entries[i].Sub || e.Gen != entries[i].Gen) {
			continue
		}
		s.add(i, o)
	}
	return nil
}

// add keeps o as the order of an entry; of several, one that has not ended badly.
func (s *sight) add(i int, o apsclient.Order) {
	if have, ok := s.orders[i]; ok && (have.Phase() != apsclient.Bad || o.Phase() == apsclient.Bad) {
		return
	}
	s.orders[i] = o
}

// poll is what one request told of the orders of several rows, by subscription: an
// answer may have named one order to two of them.
type poll struct {
	orders map[string]apsclient.Order
	ended  map[string]ledger.Entry // those that changed, as written down
	lags   []time.Duration         // of orders that showed for the first time
	kept   ledger.Kept
	theirs map[string]bool // subscriptions that are another run's by now
	err    error           // of the platform
	broken error           // of the ledger
}

// readBack asks for the orders of entries and writes down those that changed. An
// order that is another row's is no answer to this one: the row is in doubt, its
// order unknown.
func (a asker) readBack(entries []ledger.Entry) poll {
	p := poll{orders: make(map[string]apsclient.Order, len(entries)), ended: make(map[string]ledger.Entry)}
	q := apsclient.OrderQuery{IDs: make([]string, len(entries))}
	for i := range entries {
		q.IDs[i] = entries[i].OrderID
	}
	began := a.elapsed()
	listed := make(map[string]apsclient.Order, len(entries))
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			p.err = err
			break
		}
		listed[o.ID] = o
	}
	twice, err := outcome.NamedTwice(context.WithoutCancel(a.readCtx), a.job.Book, entries, func(e *ledger.Entry) bool {
		o, ok := listed[e.OrderID]
		return ok && outcome.Agreement(&o, e) == outcome.Untellable
	})
	if err != nil {
		p.broken = err
		return p
	}
	var changed []ledger.Entry
	for _, e := range entries {
		o, ok := listed[e.OrderID]
		if !ok {
			if p.err == nil {
				a.unshown.NotListed(e.OrderID, began)
			}
			continue
		}
		after, change := a.readBackOne(&p, e, &o, twice[o.ID])
		if change {
			p.ended[e.Sub] = after
			changed = append(changed, after)
		}
	}
	if len(changed) > 0 {
		p.theirs, p.broken = a.record(a.readCtx, changed, "")
	}
	return p
}

// readBackOne compares one order that was read back with its entry; twice tells that
// it may as well be another row's.
func (a asker) readBackOne(p *poll, e ledger.Entry, o *apsclient.Order, twice bool) (after ledger.Entry, change bool) {
	if outcome.Misnamed(o, &e) || twice && outcome.Unshown(&e) {
		return a.unbound(e, o.Number), true
	}
	p.orders[e.Sub] = *o
	p.kept = max(p.kept, outcome.KeptBy(o, &e))
	if lag, ok := a.unshown.Listed(o.ID, e.Sub, a.elapsed()); ok {
		p.lags = append(p.lags, lag)
	}
	shows := outcome.Unshown(&e) && outcome.Agreement(o, &e) == outcome.Agrees
	if !shows && e.State == outcome.StateOf(o.Phase()) && e.Code != csvimport.CodeNotShown && (o.Phase() == apsclient.Waiting || o.Status == e.OrderStatus) {
		return e, false
	}
	outcome.Take(&e, o, a.job.Orders.Now())
	return e, true
}

// unbound is an entry whose order, of that number if it is known, is another row's: it
// is in doubt, since the answer has named a wrong one.
func (a asker) unbound(e ledger.Entry, number string) ledger.Entry {
	e.Code, e.Message = "OTHER_ORDER", "the answer named order "+outcome.Named(number, e.OrderID)+", which is not for this row"
	e.State, e.Doubted = ledger.Doubt, true
	a.doubtfulFromNow(&e)
	e.OrderID, e.OrderNumber, e.OrderStatus = "", "", ""
	return e
}

// readOthers reads the entries of other runs and takes over those whose run is
// dead.
func (a asker) readOthers(subs []string) (entries map[string]ledger.Entry, taken map[string]bool, err error) {
	entries, err = a.job.Book.Find(a.readCtx, subs)
	if err != nil {
		return nil, nil, err
	}
	taken = make(map[string]bool)
	alive := make(map[int64]bool)
	for sub, e := range entries {
		if !e.State.Holds() {
			continue
		}
		if _, asked := alive[e.Run]; !asked {
			alive[e.Run] = a.job.Run.Alive(e.Run)
		}
		if e.Run != a.job.Run.ID() && alive[e.Run] {
			continue
		}
		got, ok, err := a.job.Run.Take(a.readCtx, sub, a.job.Orders.Now())
		if err != nil {
			return nil, nil, err
		}
		if ok {
			entries[sub], taken[sub] = got, true
		}
	}
	return entries, taken, nil
}
