package engine

import (
	"context"
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// asker asks the platform and the ledger, apart from the loop. It is given what
// it needs by value and returns what it found: nothing here can see the loop's
// state. It is safe for concurrent use.
type asker struct{ *run }

// evidence is what reading back goes by.
type evidence struct {
	kept    ledger.Kept   // whether the platform keeps our references
	control *ledger.Entry // an order known to exist, nil if there is none; what it points to does not change
}

// saw takes an order that was seen to exist. The newer one is the better: look-ups
// by content reach back only as far as needed.
func (ev *evidence) saw(e *ledger.Entry) {
	if ev.control == nil || e.SubmittedAt.After(ev.control.SubmittedAt) {
		seen := *e
		ev.control = &seen
	}
}

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
	orders     map[int]apsclient.Order // by the index of the entry that was looked for
	controlled bool                    // an order known to exist was found the same way
	kept       ledger.Kept
	began      time.Time
}

// look asks the platform for the orders of entries: by reference, and by
// account and content where references may not be kept, and always before an
// absence counts, which is when final is true. An order known to exist is asked
// for in the same way: only where it shows is absence proof.
func (a asker) look(entries []ledger.Entry, ev evidence, final bool) (sight, error) {
	s := sight{orders: make(map[int]apsclient.Order), kept: ev.kept, began: a.now()}
	byReference := make(map[string]int, len(entries))
	q := apsclient.OrderQuery{}
	for i := range entries {
		ref := csvimport.Reference(entries[i].Sub, entries[i].Gen)
		byReference[ref] = i
		q.References = append(q.References, ref)
	}
	control := ev.control
	if control != nil {
		q.References = append(q.References, csvimport.Reference(control.Sub, control.Gen))
	}
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			return s, err
		}
		if i, ok := byReference[o.Reference]; ok {
			s.add(i, o)
		}
		if control != nil && o.ID == control.OrderID && o.Reference == csvimport.Reference(control.Sub, control.Gen) {
			s.controlled = true
			s.kept = max(s.kept, ledger.KeptYes)
		}
	}
	if s.kept == ledger.KeptYes && (!final || len(s.orders) == len(entries)) {
		return s, nil
	}
	controlled, err := a.lookByContent(&s, entries, control)
	if s.kept != ledger.KeptYes {
		s.controlled = controlled
	}
	return s, err
}

// lookByContent lists the accounts' orders and compares account, plan and
// subscription as the intents had them. Orders with a reference of ours, and
// orders bound to an entry already, are somebody else's. It reports whether the
// order known to exist was among them.
func (a asker) lookByContent(s *sight, entries []ledger.Entry, control *ledger.Entry) (controlled bool, err error) {
	type content struct{ account, plan, sub string }
	byContent := make(map[content]int, len(entries))
	accounts := make(map[string]bool)
	q := apsclient.OrderQuery{Since: entries[0].SubmittedAt}
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
		e := &entries[i]
		byContent[content{e.AccountID, e.PlanID, e.Sub}] = i
		include(e)
	}
	if control != nil {
		include(control)
	}
	if !q.Since.IsZero() {
		q.Since = q.Since.Add(-10 * time.Minute)
	}
	for o, err := range a.job.Orders.List(a.readCtx, q) {
		if err != nil {
			return false, err
		}
		if control != nil && o.ID == control.OrderID && o.Subscription == control.Sub && o.PlanID == control.PlanID && o.AccountID == control.AccountID {
			controlled = true
		}
		i, ok := byContent[content{o.AccountID, o.PlanID, o.Subscription}]
		if !ok {
			continue
		}
		if _, _, ours := csvimport.ParseReference(o.Reference); ours && o.Reference != csvimport.Reference(entries[i].Sub, entries[i].Gen) {
			continue
		}
		known, err := a.knownFor(a.readCtx, []apsclient.Order{o})
		if err != nil {
			return false, err
		}
		if e, ok := known.orders[o.ID]; ok && (e.Sub != entries[i].Sub || e.Gen != entries[i].Gen) {
			continue
		}
		s.add(i, o)
	}
	return controlled, nil
}

// add keeps o as the order of an entry; of several, one that has not ended badly.
func (s *sight) add(i int, o apsclient.Order) {
	if have, ok := s.orders[i]; ok && (have.Phase() != apsclient.Bad || o.Phase() == apsclient.Bad) {
		return
	}
	s.orders[i] = o
}

// knownOrders is what the ledger has of the subscriptions of some orders.
type knownOrders struct {
	orders map[string]ledger.Entry // by order, of any generation
	latest map[string]ledger.Entry // by subscription
}

// knownFor looks up the subscriptions that orders are for, by reference and by
// content: someone may have changed an order's reference since.
func (a asker) knownFor(ctx context.Context, orders []apsclient.Order) (knownOrders, error) {
	k := knownOrders{orders: make(map[string]ledger.Entry), latest: make(map[string]ledger.Entry)}
	subs := make([]string, 0, len(orders))
	for i := range orders {
		sub := subscriptionOf(&orders[i])
		subs = append(subs, sub)
		if other := orders[i].Subscription; other != "" && other != sub {
			subs = append(subs, other)
		}
	}
	found, err := a.job.Book.FindAll(ctx, subs)
	for sub, all := range found {
		for _, e := range all {
			if e.OrderID != "" {
				k.orders[e.OrderID] = e
			}
			k.latest[sub] = e
		}
	}
	return k, err
}

// subscriptionOf is the subscription an order is for: by our reference, else
// by its content.
func subscriptionOf(o *apsclient.Order) string {
	if sub, _, ok := csvimport.ParseReference(o.Reference); ok {
		return sub
	}
	return o.Subscription
}

// poll is what one request told of many orders.
type poll struct {
	orders map[string]apsclient.Order
	ended  map[string]ledger.Entry // those that changed, by order id, as written down
	kept   ledger.Kept
	theirs map[string]bool // subscriptions that are another run's by now
	err    error           // of the platform
	broken error           // of the ledger
}

// readBack asks for the orders of entries and writes down those that changed.
func (a asker) readBack(entries []ledger.Entry) poll {
	p := poll{orders: make(map[string]apsclient.Order, len(entries)), ended: make(map[string]ledger.Entry)}
	q := apsclient.OrderQuery{IDs: make([]string, len(entries))}
	for i := range entries {
		q.IDs[i] = entries[i].OrderID
	}
	for o, err := range a.job.Orders.List(a.readCtx, q) {
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
			e.FinishedAt = a.job.Orders.Now()
		}
		p.ended[o.ID] = e
		changed = append(changed, e)
	}
	if len(changed) > 0 {
		p.theirs, p.broken = a.record(a.readCtx, changed, "")
	}
	return p
}

// keptBy tells from one order read back whether references are kept. Orders
// not placed by us say nothing.
func keptBy(o *apsclient.Order, e *ledger.Entry) ledger.Kept {
	switch {
	case e.Foreign() || e.OrderID != o.ID:
		return ledger.KeptUnknown
	case o.Reference == csvimport.Reference(e.Sub, e.Gen):
		return ledger.KeptYes
	}
	return ledger.KeptNo
}

// readOthers reads the entries of other runs and takes over those whose run is
// dead.
func (a asker) readOthers(subs []string) (entries map[string]ledger.Entry, taken map[string]bool, err error) {
	entries, err = a.job.Book.Find(a.readCtx, subs)
	if err != nil {
		return nil, nil, err
	}
	taken = make(map[string]bool)
	for sub, e := range entries {
		if !e.State.InDoubt() && e.State != ledger.Accepted {
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
