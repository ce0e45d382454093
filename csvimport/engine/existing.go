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

// existing is a listing of the orders that exist, compared with the ledger. An
// order of ours the ledger does not know is adopted, and means that another
// ledger was, or is, at work.
type existing struct {
	foreign  int       // adopted orders that this ledger did not know
	youngest time.Time // when the youngest of them was placed
	doubled  []string  // subscriptions with two orders that both stand
	kept     ledger.Kept
	control  *ledger.Entry
}

// surveyAll lists what exists before anything is placed and holds placing back
// while orders this ledger does not know may still turn up: where one has been
// found, or the ledger may have lost its end, until the settle time has passed
// since the first listing and since the youngest of them, and a fresh listing
// shows nothing new. An order that does not show yet may be the youngest: what
// is seen alone bounds nothing.
func (im *importer) surveyAll(ctx context.Context, of accounts) error {
	began, since := time.Now(), im.job.Orders.Now()
	s, err := im.survey(ctx, of, time.Time{})
	if err != nil {
		return err
	}
	shaken := im.job.Run.Shaken()
	switch {
	case s.foreign > 0:
		im.say(Notice{Code: NoticeAdopted, Orders: s.foreign})
		since = earliest(since, s.youngest)
	case shaken:
		im.say(Notice{Code: NoticeShaken})
	}
	for s.foreign > 0 || shaken {
		shaken = false
		until := began.Add(im.opt.Settle)
		if young := time.Now().Add(im.opt.Settle - im.job.Orders.Now().Sub(s.youngest)); s.foreign > 0 && young.After(until) {
			until = young
		}
		if !im.hold(ctx, until) {
			return nil
		}
		if s, err = im.survey(ctx, of, since.Add(-10*time.Minute)); err != nil {
			return err
		}
	}
	return im.job.Run.Steady(ctx)
}

// hold waits for orders that may still turn up; false if it was interrupted.
func (im *importer) hold(ctx context.Context, until time.Time) bool {
	wait := time.Until(until)
	if wait <= 0 {
		return true
	}
	words := ordersToTurnUp(until)
	im.job.Progress.waiting.Store(&words)
	im.say(Notice{Code: NoticeHolding, Until: until})
	select {
	case <-time.After(wait):
		return true
	case <-ctx.Done():
		return false
	}
}

// survey lists the orders with our references and, unless the platform is
// known to keep those, all sales orders of accounts.
func (im *importer) survey(ctx context.Context, of accounts, since time.Time) (existing, error) {
	s := existing{kept: im.kept}
	if err := im.surveyList(ctx, &s, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Since: since}); err != nil {
		return s, err
	}
	if im.kept != ledger.KeptYes && (of.all || len(of.ids) > 0) {
		ids := slices.Sorted(maps.Keys(of.ids))
		if err := im.surveyList(ctx, &s, apsclient.OrderQuery{AccountIDs: ids, Since: since}); err != nil {
			return s, err
		}
	}
	if s.control != nil {
		im.control = cmpControl(im.control, s.control)
	}
	if err := im.findControl(ctx); err != nil {
		return s, err
	}
	for _, sub := range s.doubled {
		im.say(Notice{Code: NoticeDoubled, Sub: sub})
	}
	return s, nil
}

// findControl takes an order from the ledger as the one known to exist where
// the listing showed none.
func (im *importer) findControl(ctx context.Context) error {
	if im.control != nil {
		return nil
	}
	looked := 0
	for e, err := range im.job.Book.Entries(ctx, ledger.Accepted, ledger.Completed) {
		if err != nil {
			return err
		}
		im.control = cmpControl(im.control, &e)
		if looked++; looked == chunk {
			break
		}
	}
	return nil
}

func (im *importer) surveyList(ctx context.Context, s *existing, q apsclient.OrderQuery) error {
	var page []apsclient.Order
	flush := func() error {
		_, err := held(im.compare(ctx, s, page))
		page = page[:0]
		return err
	}
	for o, err := range im.job.Orders.List(ctx, q) {
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
func (im *importer) compare(ctx context.Context, s *existing, orders []apsclient.Order) error {
	if len(orders) == 0 {
		return nil
	}
	known, err := im.knownFor(ctx, orders)
	if err != nil {
		return err
	}
	adopted := make(map[string]ledger.Entry)
	var ended []ledger.Entry // that the ledger knew as open
	for i := range orders {
		o := &orders[i]
		if e, ok := known.orders[o.ID]; ok {
			s.control = cmpControl(s.control, &e)
			if e.Run == im.job.Run.ID() && e.State != ledger.Completed && state(o.Phase()) != e.State {
				take(&e, o)
				e.FinishedAt = im.job.Orders.Now()
				ended = append(ended, e)
			}
			continue
		}
		sub := subscriptionOf(o)
		have, ok := known.latest[sub]
		e, own := im.adoption(o, sub, have, ok)
		if e == nil {
			if ok && hasOrder(&have) && have.OrderID != o.ID && stands(&have) && o.Phase() != apsclient.Bad && !slices.Contains(s.doubled, sub) {
				s.doubled = append(s.doubled, sub)
			}
			continue
		}
		im.nameAccount(e)
		adopted[sub], known.latest[sub] = *e, *e
		im.adopted = true
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
	durable := context.WithoutCancel(ctx)
	if _, err := held(im.job.Run.RecordAll(durable, ended, "")); err != nil {
		return err
	}
	return im.job.Run.RecordAll(durable, list, "found on the platform")
}

// knownOrders is what the ledger has of the subscriptions of some orders.
type knownOrders struct {
	orders map[string]ledger.Entry // by order, of any generation
	latest map[string]ledger.Entry // by subscription
}

// knownFor looks up the subscriptions that orders are for, by reference and by
// content: someone may have changed an order's reference since.
func (im *importer) knownFor(ctx context.Context, orders []apsclient.Order) (knownOrders, error) {
	k := knownOrders{orders: make(map[string]ledger.Entry), latest: make(map[string]ledger.Entry)}
	subs := make([]string, 0, len(orders))
	for i := range orders {
		sub := subscriptionOf(&orders[i])
		subs = append(subs, sub)
		if other := orders[i].Subscription; other != "" && other != sub {
			subs = append(subs, other)
		}
	}
	found, err := im.job.Book.FindAll(ctx, subs)
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

func stands(e *ledger.Entry) bool {
	return e.State == ledger.Accepted || e.State == ledger.Completed
}

// adoption is the entry for an order no entry is bound to, nil if it is not to
// be adopted; own is true where it settles a doubt of this ledger.
func (im *importer) adoption(o *apsclient.Order, sub string, have ledger.Entry, ok bool) (e *ledger.Entry, own bool) {
	_, gen, ours := csvimport.ParseReference(o.Reference)
	if !ours {
		if gen = max(have.Gen, 1); gen > 1 {
			return nil, false // content alone can not tell the generations apart here
		}
	}
	switch {
	case !ok || gen > have.Gen:
		f := foreignEntry(o, sub, gen)
		return &f, false
	case gen < have.Gen:
		return nil, false
	case inDoubt(&have):
		if have.Run != im.job.Run.ID() && im.job.Book.Alive(have.Run) {
			return nil, false
		}
		if !ours && (o.AccountID != have.AccountID || o.PlanID != have.PlanID) {
			return nil, false
		}
		take(&have, o)
		return &have, true
	case hasOrder(&have):
		if have.State != ledger.Failed || o.Phase() == apsclient.Bad {
			return nil, false
		}
	}
	f := foreignEntry(o, sub, gen)
	f.Sends = have.Sends
	return &f, false
}

// nameAccount fills in what people call the account of an adopted order.
func (im *importer) nameAccount(e *ledger.Entry) {
	if im.job.Account == nil || e.AccountNo != "" {
		return
	}
	if a, ok := im.job.Account(e.AccountID); ok {
		e.AccountNo, e.AccountName = a.ID, a.Company
	}
}

func foreignEntry(o *apsclient.Order, sub string, gen int) ledger.Entry {
	e := ledger.Entry{
		Sub: sub, Gen: gen, Foreign: true,
		Tenant: o.Tenant, AccountID: o.AccountID, PlanID: o.PlanID, CutOff: o.CutOff,
	}
	take(&e, o)
	if e.State != ledger.Accepted {
		e.FinishedAt = o.Date
	}
	return e
}

// watch lists the newest orders from time to time: one with our reference that
// the ledger does not know means that another ledger is at work, and stops the
// run.
func (im *importer) watch(now time.Time, wake *alarm) {
	if im.watchAt.IsZero() {
		im.watchAt = now.Add(min(im.opt.Watch, 5*time.Second)) // early once: another may just have begun
	}
	if now.Before(im.watchAt) || im.watching {
		wake.at(im.watchAt)
		return
	}
	im.watching = true
	im.background(func() func() {
		foreign, err := im.strangers(im.readCtx)
		return func() {
			im.watching = false
			im.watchAt = time.Now().Add(im.opt.Watch)
			switch {
			case err != nil:
				im.log.Warn("newest orders not readable", "error", err)
			case foreign != "":
				im.stop(draining, &StopError{Code: StopStranger, Order: foreign})
			}
		}
	})
}

// strangers adopts those of the newest orders that have our reference and are
// not in the ledger, and returns the number of one of them.
func (im *importer) strangers(ctx context.Context) (string, error) {
	var orders []apsclient.Order
	for o, err := range im.job.Orders.List(ctx, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Limit: 100}) {
		if err != nil {
			return "", err
		}
		orders = append(orders, o)
	}
	var foreign []ledger.Entry
	first := ""
	for _, o := range orders {
		sub, gen, ours := csvimport.ParseReference(o.Reference)
		if !ours {
			continue
		}
		have, err := im.job.Book.Find(ctx, []string{sub})
		if err != nil {
			return "", err
		}
		if e, ok := have[sub]; !ok || gen > e.Gen || gen == e.Gen && (e.State == ledger.NotSent || e.State == ledger.Refused) {
			foreign = append(foreign, foreignEntry(&o, sub, gen))
			first = named(o.Number, o.ID)
		}
	}
	if len(foreign) == 0 {
		return "", nil
	}
	_, err := held(im.job.Run.RecordAll(context.WithoutCancel(ctx), foreign, "adopted: placed by somebody else during the run"))
	return first, err
}
