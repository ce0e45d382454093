// Package listed sorts orders that the platform lists by what they mean for the
// ledger. It asks nobody, and writes nothing.
package listed

import (
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// Run is what a comparison has to know of the run that looks.
type Run interface {
	ID() int64
	Theirs(*ledger.Entry) bool   // another live run wrote the entry
	Awaits(orderID string) bool  // this run was told of the order, and nothing has shown it yet
	NameAccount(e *ledger.Entry) // fills in what people call its account

	// Unbound is the entry without the order that an answer named, which is another
	// row's: in doubt since now.
	Unbound(e ledger.Entry, number string) ledger.Entry
}

// Comparison sorts the orders that it is given, with what the ledger knows of them and
// their rows. It is used by one goroutine.
type Comparison struct {
	Run   Run
	Known outcome.Known // grows by what is adopted
	Now   time.Time     // the platform's
	Start bool          // nothing of the run is on its way yet
	Kept  bool          // the platform keeps references

	Moved     []ledger.Entry    // known, and otherwise than the ledger has them
	Adopted   []ledger.Entry    // to be added, or to be given their order
	Foreign   []apsclient.Order // of those with our reference: placed by others
	Sightings []ledger.Sighting
	Doubles   []ledger.Sighting // those that stand beside a row's own order, first seen now
	Held      []string          // ids of orders that may be those of rows on their way
}

// Compare takes an order that was listed and concerns us ([outcome.ConcernsUs]): for a
// row of this ledger, of another one, or of none.
func (c *Comparison) Compare(o *apsclient.Order) {
	if e, ok := c.Known.Orders[o.ID]; ok {
		c.moves(e, o)
		return
	}
	sub := outcome.Subscription(o)
	_, gen, ours := csvimport.ParseReference(o.Reference)
	latest, have := c.Known.Of(sub, gen)
	if !ours {
		if have = latest; have != nil {
			gen = have.Gen
		} else {
			gen = 1
		}
	}
	if s, ok := c.Known.Sightings[o.ID]; ok {
		s.OrderNumber, s.OrderStatus = o.Number, o.Status
		c.Sightings = append(c.Sightings, s)
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

// Unbind parts entries from the orders of other rows that answers have named. The row of
// one of this run is followed: who follows it does.
func (c *Comparison) Unbind() {
	for e, number := range c.Known.Misnamed {
		if !c.atWork(e) && !(e.Run == c.Run.ID() && c.Run.Awaits(e.OrderID)) {
			*e = c.Run.Unbound(*e, number)
			c.Moved = append(c.Moved, *e)
		}
	}
}

// atWork reports whether another live run holds the entry. What such a run has let go of,
// to be sent again, is anybody's.
func (c *Comparison) atWork(e *ledger.Entry) bool { return e.State.Holds() && c.Run.Theirs(e) }

// moves takes how an order that an entry is bound to stands now. A completed one
// may have been cancelled since.
func (c *Comparison) moves(e ledger.Entry, o *apsclient.Order) {
	if e.State == outcome.StateOf(o.Phase()) && (o.Phase() == apsclient.Waiting || o.Phase() == apsclient.Person || o.Status == e.OrderStatus) {
		return
	}
	if c.atWork(&e) || e.State == ledger.Accepted && e.Run == c.Run.ID() && c.Run.Awaits(o.ID) {
		return // whoever follows it takes it
	}
	cancelled := e.State == ledger.Completed && o.Phase() == apsclient.Bad
	if e.State == ledger.Completed && !cancelled {
		return
	}
	outcome.Take(&e, o, c.Now)
	c.Moved = append(c.Moved, e)
}

// candidate takes an order of a row that was written and has no order's id. That
// of a row on its way is left until its answer has come.
func (c *Comparison) candidate(o *apsclient.Order, have *ledger.Entry, ours bool) {
	if !ours && outcome.Agreement(o, have) != outcome.Agrees {
		c.second(o, have, have.Sub, have.Gen, ours)
		return
	}
	if c.atWork(have) || !c.Start && have.Run == c.Run.ID() && have.State.InDoubt() {
		c.Held = append(c.Held, o.ID)
		return
	}
	e := *have
	outcome.Found(&e, o, c.Now)
	c.Run.NameAccount(&e)
	*have = e
	c.Known.Orders[o.ID] = e
	c.Adopted = append(c.Adopted, e)
}

// another takes an order of a subscription whose entry has another one.
func (c *Comparison) another(o *apsclient.Order, have *ledger.Entry, ours bool) {
	switch {
	case have.Run == c.Run.ID() && have.State == ledger.Accepted && have.ShownAt.IsZero() && c.Run.Awaits(have.OrderID):
		c.Held = append(c.Held, o.ID) // the answer may have named another's order
	case have.State == ledger.Failed && csvimport.OrderStands(o.Status) && !c.atWork(have):
		c.adopt(o, have.Sub, have.Gen, ours, have.Sends)
	case c.mark(o) && have.Sends <= 1 && csvimport.OrderStands(o.Status):
		c.Foreign = append(c.Foreign, *o)
		fallthrough
	default:
		c.second(o, have, have.Sub, have.Gen, ours)
	}
}

// mark reports whether an order may have been placed by a ledger: it has our
// reference or, on a platform that may not keep those, none at all.
func (c *Comparison) mark(o *apsclient.Order) bool {
	_, _, ours := csvimport.ParseReference(o.Reference)
	return ours || o.Reference == "" && !c.Kept
}

// second notes an order that no entry is bound to, beside what the ledger has of its
// row.
func (c *Comparison) second(o *apsclient.Order, have *ledger.Entry, sub string, gen int, ours bool) {
	if !ours {
		gen = 0
	}
	s := ledger.Sighting{
		Sub: sub, Gen: gen, OrderID: o.ID, OrderNumber: o.Number, OrderStatus: o.Status,
		FirstSeen: c.Now, Run: c.Run.ID(),
	}
	c.Sightings = append(c.Sightings, s)
	if have != nil && outcome.Stands(have) && csvimport.OrderStands(o.Status) {
		c.Doubles = append(c.Doubles, s)
	}
}

// adopt takes an order in that this ledger did not place.
func (c *Comparison) adopt(o *apsclient.Order, sub string, gen int, ours bool, sends int) {
	e := ledger.Entry{
		Sub: sub, Gen: gen, Origin: ledger.NotOurs, Sends: sends,
		Tenant: o.Tenant, AccountID: o.AccountID, PlanID: o.PlanID, CutOff: o.CutOff,
	}
	if ours {
		e.Origin = ledger.OtherLedger
	}
	if c.mark(o) {
		c.Foreign = append(c.Foreign, *o)
	}
	outcome.Take(&e, o, c.Now)
	c.Run.NameAccount(&e)
	c.Known.Orders[o.ID] = e
	c.Known.Entries[sub] = append(c.Known.Entries[sub], e)
	c.Adopted = append(c.Adopted, e)
}
