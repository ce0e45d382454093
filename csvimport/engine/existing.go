package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// accounts is whose orders are listed: beyond some thousand everybody's.
type accounts struct {
	ids map[string]bool
	all bool
}

func (a *accounts) add(id string) {
	const most = 5000
	switch {
	case id == "" || a.all:
		return
	case a.ids == nil:
		a.ids = make(map[string]bool)
	}
	a.ids[id] = true
	if len(a.ids) > most {
		a.ids, a.all = nil, true
	}
}

// existing is a listing of the orders that exist, compared with the ledger. An
// order of ours the ledger does not know is adopted, and means that another
// ledger was, or is, at work.
type existing struct {
	evidence
	adopted  bool      // the ledger has come to know of orders
	foreign  int       // adopted orders that this ledger did not know
	youngest time.Time // when the youngest of them was placed
	doubled  []string  // subscriptions with two orders that both stand
}

// surveyAll lists what exists before anything is placed and holds placing back
// while orders this ledger does not know may still turn up: where one has been
// found, or the ledger may have lost its end, until the settle time has passed
// since the first listing and since the youngest of them, and a fresh listing
// shows nothing new. An order that does not show yet may be the youngest: what
// is seen alone bounds nothing.
func (a asker) surveyAll(ctx context.Context, of accounts, ev evidence) (existing, error) {
	began, since := a.now(), a.job.Orders.Now()
	s, err := a.survey(ctx, of, time.Time{}, ev)
	if err != nil {
		return s, err
	}
	tail, _ := a.job.Run.(ledger.Doubtful)
	shaken := tail != nil && tail.Loss() != ledger.Sound
	switch {
	case s.foreign > 0:
		a.say(Notice{Code: NoticeAdopted, Orders: s.foreign})
		since = earliest(since, s.youngest)
	case shaken:
		a.say(Notice{Code: NoticeShaken})
	}
	for s.foreign > 0 || shaken {
		shaken = false
		until := began.Add(a.opt.Settle)
		if young := a.now().Add(a.opt.Settle - a.job.Orders.Now().Sub(s.youngest)); s.foreign > 0 && young.After(until) {
			until = young
		}
		if !a.hold(ctx, until) {
			return s, nil
		}
		before := s
		if s, err = a.survey(ctx, of, since.Add(-10*time.Minute), before.evidence); err != nil {
			return s, err
		}
		s.adopted = s.adopted || before.adopted
	}
	if tail == nil {
		return s, nil
	}
	return s, tail.Trusted(ctx)
}

// hold waits for orders that may still turn up; false if it was interrupted.
func (a asker) hold(ctx context.Context, until time.Time) bool {
	wait := until.Sub(a.now())
	if wait <= 0 {
		return true
	}
	a.job.Progress.waits(ordersToTurnUp(until))
	a.say(Notice{Code: NoticeHolding, Until: until})
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// survey lists the orders with our references and, unless the platform is
// known to keep those, all sales orders of accounts.
func (a asker) survey(ctx context.Context, of accounts, since time.Time, ev evidence) (existing, error) {
	s := existing{evidence: ev}
	if err := a.surveyList(ctx, &s, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Since: since}); err != nil {
		return s, err
	}
	if s.kept != ledger.KeptYes && (of.all || len(of.ids) > 0) {
		ids := slices.Sorted(maps.Keys(of.ids))
		if err := a.surveyList(ctx, &s, apsclient.OrderQuery{AccountIDs: ids, Since: since}); err != nil {
			return s, err
		}
	}
	if s.control == nil {
		if err := a.findControl(ctx, &s.evidence); err != nil {
			return s, err
		}
	}
	for _, sub := range s.doubled {
		a.say(Notice{Code: NoticeDoubled, Sub: sub})
	}
	return s, nil
}

// findControl takes an order from the ledger as the one known to exist.
func (a asker) findControl(ctx context.Context, ev *evidence) error {
	looked := 0
	for e, err := range a.job.Book.Entries(ctx, ledger.Accepted, ledger.Completed) {
		if err != nil {
			return err
		}
		ev.saw(&e)
		if looked++; looked == chunk {
			break
		}
	}
	return nil
}

func (a asker) surveyList(ctx context.Context, s *existing, q apsclient.OrderQuery) error {
	var page []apsclient.Order
	flush := func() error {
		err := a.compare(ctx, s, page)
		page = page[:0]
		return err
	}
	for o, err := range a.job.Orders.List(ctx, q) {
		if err != nil {
			return err
		}
		if _, _, ours := csvimport.ParseReference(o.Reference); !ours && o.Subscription == "" {
			continue
		}
		if page = append(page, o); len(page) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// compare adopts those of orders that the ledger does not know.
func (a asker) compare(ctx context.Context, s *existing, orders []apsclient.Order) error {
	if len(orders) == 0 {
		return nil
	}
	known, err := a.knownFor(ctx, orders)
	if err != nil {
		return err
	}
	adopted := make(map[string]ledger.Entry)
	var ended []ledger.Entry // that the ledger knew as open
	for i := range orders {
		o := &orders[i]
		if e, ok := known.orders[o.ID]; ok {
			s.saw(&e)
			if e.Run == a.job.Run.ID() && e.State != ledger.Completed && state(o.Phase()) != e.State {
				take(&e, o)
				e.FinishedAt = a.job.Orders.Now()
				ended = append(ended, e)
			}
			continue
		}
		sub := subscriptionOf(o)
		have, ok := known.latest[sub]
		e, own := a.adoption(o, sub, have, ok)
		if e == nil {
			if ok && have.State.Ordered() && have.State != ledger.Failed && have.OrderID != o.ID && o.Phase() != apsclient.Bad && !slices.Contains(s.doubled, sub) {
				s.doubled = append(s.doubled, sub)
			}
			continue
		}
		a.nameAccount(e)
		adopted[sub], known.latest[sub] = *e, *e
		s.adopted = true
		if !own {
			s.foreign++
			if o.Date.After(s.youngest) {
				s.youngest = o.Date
			}
		}
	}
	list := make([]ledger.Entry, 0, len(adopted))
	for _, e := range adopted {
		list = append(list, e)
	}
	if _, err := a.record(ctx, ended, ""); err != nil {
		return err
	}
	_, err = a.record(ctx, list, "found on the platform")
	return err
}

// adoption is the entry for an order no entry is bound to, nil if it is not to
// be adopted; own is true where it settles a doubt of this ledger.
func (a asker) adoption(o *apsclient.Order, sub string, have ledger.Entry, ok bool) (e *ledger.Entry, own bool) {
	_, gen, ours := csvimport.ParseReference(o.Reference)
	if !ours {
		if gen = max(have.Gen, 1); gen > 1 {
			return nil, false // content alone cannot tell the generations apart here
		}
	}
	switch {
	case !ok || gen > have.Gen:
		f := foreignEntry(o, sub, gen)
		return &f, false
	case gen < have.Gen, have.State.Ordered() && (have.State != ledger.Failed || o.Phase() == apsclient.Bad):
		return nil, false
	case have.State.InDoubt():
		if a.theirs(&have) || !ours && (o.AccountID != have.AccountID || o.PlanID != have.PlanID) {
			return nil, false
		}
		take(&have, o)
		return &have, true
	}
	f := foreignEntry(o, sub, gen)
	f.Sends = have.Sends
	return &f, false
}

// nameAccount fills in what people call the account of an adopted order.
func (a asker) nameAccount(e *ledger.Entry) {
	if a.job.Account == nil || e.AccountNo != "" {
		return
	}
	if account, ok := a.job.Account(e.AccountID); ok {
		e.AccountNo, e.AccountName = account.ID, account.Company
	}
}

func foreignEntry(o *apsclient.Order, sub string, gen int) ledger.Entry {
	e := ledger.Entry{
		Sub: sub, Gen: gen, Origin: ledger.OtherLedger,
		Tenant: o.Tenant, AccountID: o.AccountID, PlanID: o.PlanID, CutOff: o.CutOff,
	}
	take(&e, o)
	if e.State != ledger.Accepted {
		e.FinishedAt = o.Date
	}
	return e
}

// strangers adopts those of the newest orders that have our reference and are
// not in the ledger, and returns the number of one of them.
func (a asker) strangers(ctx context.Context) (last string, err error) {
	var orders []apsclient.Order
	for o, err := range a.job.Orders.List(ctx, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Limit: 100}) {
		if err != nil {
			return "", err
		}
		if _, _, ours := csvimport.ParseReference(o.Reference); ours {
			orders = append(orders, o)
		}
	}
	known, err := a.knownFor(ctx, orders)
	if err != nil {
		return "", err
	}
	var foreign []ledger.Entry
	for i := range orders {
		sub, gen, _ := csvimport.ParseReference(orders[i].Reference)
		if e, ok := known.latest[sub]; !ok || gen > e.Gen || gen == e.Gen && e.State.MaySend() {
			foreign = append(foreign, foreignEntry(&orders[i], sub, gen))
			last = named(orders[i].Number, orders[i].ID)
		}
	}
	if len(foreign) > 0 {
		_, err = a.record(ctx, foreign, "adopted: placed by somebody else during the run")
	}
	return last, err
}

// notImported counts the subscriptions whose order completed in this run and
// which the tenant list, read now, shows as not imported. Their entries say so.
func (a asker) notImported(ctx context.Context) (int, error) {
	missing := 0
	subs := make([]string, 0, chunk)
	flush := func() error {
		entries, err := a.job.Book.Find(ctx, subs)
		if err != nil {
			return err
		}
		subs = subs[:0]
		var wrong []ledger.Entry
		for _, e := range entries {
			if e.Run == a.job.Run.ID() && e.State == ledger.Completed {
				e.Code, e.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
				wrong = append(wrong, e)
			}
		}
		missing += len(wrong)
		if len(wrong) == 0 {
			return nil
		}
		_, err = a.record(ctx, wrong, "completed, but not shown as imported")
		return err
	}
	for b, err := range a.job.Imported(ctx) {
		if err != nil {
			return missing, err
		}
		if !b.Known || b.Imported {
			continue
		}
		if subs = append(subs, b.Sub); len(subs) == chunk {
			if err := flush(); err != nil {
				return missing, err
			}
		}
	}
	return missing, flush()
}
