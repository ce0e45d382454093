package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// listing is what a look at many orders found beside what was known.
type listing struct {
	began    evidence.Moment
	foreign  []apsclient.Order // with our reference, placed by somebody else, first seen now
	doubles  []ledger.Sighting // second orders that stand beside another one, first seen now
	held     []string          // ids of orders that may be those of rows on their way
	controls map[string]bool   // whether each control was listed, by order id
	known    []ledger.Entry    // the newest controls that were listed
	adopted  bool              // the ledger has come to know of orders
	start    bool              // nothing of this run is on its way yet
	newest   string            // the id of the first order that the last list told
}

// youngest is when the youngest of the foreign orders was placed, at the latest: now
// where one does not tell, or tells a time to come.
func (s *listing) youngest(now time.Time) (at time.Time) {
	for i := range s.foreign {
		date := s.foreign[i].Date
		if date.IsZero() || date.After(now) {
			return now
		}
		if date.After(at) {
			at = date
		}
	}
	return at
}

// missing is how many of the controls were not listed.
func (s *listing) missing() (n int) {
	for _, listed := range s.controls {
		if !listed {
			n++
		}
	}
	return n
}

const (
	mostControls = 100
	controlAge   = 7 * 24 * time.Hour
	overlap      = 48 * time.Hour // of a listing by content with the one before it
)

// survey lists the orders that exist before anything is placed, and takes into the
// ledger those it does not know: once all there are, whatever their reference;
// after that those with our reference, and all since the last time.
func (a asker) survey(ctx context.Context, ev *ledger.Evidence) (listing, error) {
	s := listing{began: a.moment(), start: true}
	now := a.job.Orders.Now()
	controls, err := a.controls(ctx, ev.LoginSince)
	if err != nil {
		return s, err
	}
	s.controls = make(map[string]bool, len(controls))
	for i := range controls {
		s.controls[controls[i].OrderID] = false
	}
	if !ev.Watermark.IsZero() {
		if err := a.surveyList(ctx, &s, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Whole: true}); err != nil {
			return s, err
		}
	}
	q := apsclient.OrderQuery{Whole: true}
	if !ev.Watermark.IsZero() {
		q.Since = ev.Watermark.Add(-overlap)
	}
	if err := a.surveyList(ctx, &s, q); err != nil {
		return s, err
	}
	for _, c := range controls[max(0, len(controls)-lookControls):] {
		if s.controls[c.OrderID] {
			s.known = append(s.known, c)
		}
	}
	*ev, err = a.job.Book.Amend(ctx, func(e *ledger.Evidence) { e.Watermark = now })
	return s, err
}

// controls are the newest orders that this ledger saw listed, of the last days.
func (a asker) controls(ctx context.Context, since time.Time) (newest []ledger.Entry, err error) {
	oldest := a.job.Orders.Now().Add(-controlAge)
	if since.After(oldest) {
		oldest = since
	}
	for e, err := range a.job.Book.Entries(ctx, ledger.Accepted, ledger.Completed) {
		if err != nil {
			return nil, err
		}
		if e.ShownAt.Before(oldest) || e.OrderID == "" {
			continue
		}
		if newest = append(newest, e); len(newest) > 2*mostControls {
			newest = slices.Delete(newest, 0, len(newest)-mostControls)
		}
	}
	return newest[max(0, len(newest)-mostControls):], nil
}

func (a asker) surveyList(ctx context.Context, s *listing, q apsclient.OrderQuery) error {
	var page []apsclient.Order
	flush := func() error {
		err := a.compare(ctx, s, page)
		page = page[:0]
		return err
	}
	s.newest = ""
	for o, err := range a.job.Orders.List(ctx, q) {
		if err != nil {
			return err
		}
		s.newest = cmp.Or(s.newest, o.ID)
		if _, ok := s.controls[o.ID]; ok {
			s.controls[o.ID] = true
		}
		if !outcome.ConcernsUs(&o) {
			continue
		}
		if page = append(page, o); len(page) == joined.Chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// compare takes orders that were listed into the ledger: changes of those it knows,
// those of its own that had no id yet, those of others, and second ones.
func (a asker) compare(ctx context.Context, s *listing, orders []apsclient.Order) error {
	if len(orders) == 0 {
		return nil
	}
	known, err := outcome.KnownOf(ctx, a.job.Book, orders)
	if err != nil {
		return err
	}
	c := comparison{asker: a, known: known, start: s.start}
	c.unbind()
	for i := range orders {
		c.compare(&orders[i])
	}
	s.foreign = append(s.foreign, c.foreign...)
	s.held = append(s.held, c.held...)
	s.adopted = s.adopted || len(c.adopted) > 0
	s.doubles = append(s.doubles, c.doubles...)
	if len(c.sightings) > 0 {
		if err := a.job.Run.Sighted(ctx, c.sightings...); err != nil {
			return err
		}
	}
	if _, err := a.record(ctx, c.moved, ""); err != nil {
		return err
	}
	_, err = a.record(ctx, c.adopted, "found on the platform")
	return err
}

// comparison sorts listed orders by what they mean for the ledger.
type comparison struct {
	asker
	start     bool
	known     outcome.Known
	moved     []ledger.Entry    // known, and otherwise than the ledger has them
	adopted   []ledger.Entry    // to be added, or to be given their order
	foreign   []apsclient.Order // of those with our reference: placed by others
	sightings []ledger.Sighting
	doubles   []ledger.Sighting // those that stand beside a row's own order, first seen now
	held      []string
}

func (c *comparison) compare(o *apsclient.Order) {
	if e, ok := c.known.Orders[o.ID]; ok {
		c.moves(e, o)
		return
	}
	sub := outcome.Subscription(o)
	_, gen, ours := csvimport.ParseReference(o.Reference)
	latest, have := c.known.Of(sub, gen)
	if !ours {
		if have = latest; have != nil {
			gen = have.Gen
		} else {
			gen = 1
		}
	}
	if s, ok := c.known.Sightings[o.ID]; ok {
		s.OrderNumber, s.OrderStatus = o.Number, o.Status
		c.sightings = append(c.sightings, s)
		return
	}
	switch {
	case have == nil && latest != nil && gen < latest.Gen:
		c.second(o, nil, sub, gen, ours)
	case have == nil:
		c.adopt(o, sub, gen, ours, 0)
	case have.OrderID != "" && have.OrderID != o.ID:
		c.another(o, have, ours)
	case have.Sends > 0:
		c.candidate(o, have, ours)
	case have.Gen > 1 && !ours: // content alone cannot tell the generations apart
	default:
		c.adopt(o, sub, gen, ours, have.Sends)
	}
}

// unbind parts entries from the orders of other rows that answers have named. The row of
// one of this run is followed: who follows it does.
func (c *comparison) unbind() {
	for e, number := range c.known.Misnamed {
		if !c.atWork(e) && !(e.Run == c.job.Run.ID() && c.unshown.Waits(e.OrderID)) {
			*e = c.unbound(*e, number)
			c.moved = append(c.moved, *e)
		}
	}
}

// atWork reports whether another live run holds the entry. What such a run has let go of,
// to be sent again, is anybody's.
func (c *comparison) atWork(e *ledger.Entry) bool { return e.State.Holds() && c.theirs(e) }

// moves takes how an order that an entry is bound to stands now. A completed one
// may have been cancelled since.
func (c *comparison) moves(e ledger.Entry, o *apsclient.Order) {
	if e.State == outcome.StateOf(o.Phase()) && (o.Phase() == apsclient.Waiting || o.Phase() == apsclient.Person || o.Status == e.OrderStatus) {
		return
	}
	if c.atWork(&e) || e.State == ledger.Accepted && e.Run == c.job.Run.ID() && c.unshown.Waits(o.ID) {
		return // whoever follows it takes it
	}
	cancelled := e.State == ledger.Completed && o.Phase() == apsclient.Bad
	if e.State == ledger.Completed && !cancelled {
		return
	}
	outcome.Take(&e, o, c.job.Orders.Now())
	c.moved = append(c.moved, e)
}

// candidate takes an order of a row that was written and has no order's id. That
// of a row on its way is left until its answer has come.
func (c *comparison) candidate(o *apsclient.Order, have *ledger.Entry, ours bool) {
	if !ours && outcome.Agreement(o, have) != outcome.Agrees {
		c.second(o, have, have.Sub, have.Gen, ours)
		return
	}
	if c.atWork(have) || !c.start && have.Run == c.job.Run.ID() && have.State.InDoubt() {
		c.held = append(c.held, o.ID)
		return
	}
	e := *have
	outcome.Found(&e, o, c.job.Orders.Now())
	c.nameAccount(&e)
	*have = e
	c.known.Orders[o.ID] = e
	c.adopted = append(c.adopted, e)
}

// another takes an order of a subscription whose entry has another one.
func (c *comparison) another(o *apsclient.Order, have *ledger.Entry, ours bool) {
	switch {
	case have.Run == c.job.Run.ID() && have.State == ledger.Accepted && have.ShownAt.IsZero() && c.unshown.Waits(have.OrderID):
		c.held = append(c.held, o.ID) // the answer may have named another's order
	case have.State == ledger.Failed && csvimport.OrderStands(o.Status) && !c.atWork(have):
		c.adopt(o, have.Sub, have.Gen, ours, have.Sends)
	case c.mark(o) && have.Sends <= 1 && csvimport.OrderStands(o.Status):
		c.foreign = append(c.foreign, *o)
		fallthrough
	default:
		c.second(o, have, have.Sub, have.Gen, ours)
	}
}

// mark reports whether an order may have been placed by a ledger: it has our
// reference or, on a platform that may not keep those, none at all.
func (c *comparison) mark(o *apsclient.Order) bool {
	_, _, ours := csvimport.ParseReference(o.Reference)
	return ours || o.Reference == "" && c.references() != ledger.KeptYes
}

// second notes an order that no entry is bound to, beside what the ledger has of its
// row.
func (c *comparison) second(o *apsclient.Order, have *ledger.Entry, sub string, gen int, ours bool) {
	if !ours {
		gen = 0
	}
	s := ledger.Sighting{
		Sub: sub, Gen: gen, OrderID: o.ID, OrderNumber: o.Number, OrderStatus: o.Status,
		FirstSeen: c.job.Orders.Now(), Run: c.job.Run.ID(),
	}
	c.sightings = append(c.sightings, s)
	if have != nil && outcome.Stands(have) && csvimport.OrderStands(o.Status) {
		c.doubles = append(c.doubles, s)
	}
}

// adopt takes an order in that this ledger did not place.
func (c *comparison) adopt(o *apsclient.Order, sub string, gen int, ours bool, sends int) {
	e := ledger.Entry{
		Sub: sub, Gen: gen, Origin: ledger.NotOurs, Sends: sends,
		Tenant: o.Tenant, AccountID: o.AccountID, PlanID: o.PlanID, CutOff: o.CutOff,
	}
	if ours {
		e.Origin = ledger.OtherLedger
	}
	if c.mark(o) {
		c.foreign = append(c.foreign, *o)
	}
	outcome.Take(&e, o, c.job.Orders.Now())
	c.nameAccount(&e)
	c.known.Orders[o.ID] = e
	c.known.Entries[sub] = append(c.known.Entries[sub], e)
	c.adopted = append(c.adopted, e)
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
