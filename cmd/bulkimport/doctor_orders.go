package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

const (
	tracesRead   = 100                 // orders of ours, the newest
	tracesKnown  = 50                  // orders the ledger knows
	tracesWithin = 30 * 24 * time.Hour // old enough to be somebody else's worry
	tracesWait   = 30 * time.Second
)

// traces are what earlier orders of ours tell of the platform: what strikes
// orders alone cannot be seen before there are some.
type traces struct {
	orders   map[string]apsclient.Order // by id
	wanted   map[string]bool            // their subscriptions
	imported map[string]bool            // by subscription: whether it shows as imported, where that is told
	seen     ledger.Evidence            // what the ledger remembers of the platform
	bare     []apsclient.Order          // ours by the ledger, told without a reference
	hidden   []ledger.Entry             // the ledger knows them, the platform does not show them
	sample   string                     // a reference of ours that the platform shows, empty if there is none
	err      error                      // why they could not be read
}

// readTraces reads the newest orders that carry our references, and some that
// the ledger knows.
func (o *doctor) readTraces(ctx context.Context, orders *apsclient.Orders, book ledgerBook) *traces {
	t := &traces{orders: make(map[string]apsclient.Order), imported: make(map[string]bool)}
	ctx, cancel := context.WithTimeout(ctx, tracesWait)
	defer cancel()
	q := apsclient.OrderQuery{ReferencePrefix: csvimport.Reference("", 1), Since: orders.Now().Add(-tracesWithin), Limit: tracesRead}
	for order, err := range orders.List(ctx, q) {
		if err != nil {
			t.err = err
			return t
		}
		if order.HasReference && order.ID != "" {
			t.orders[order.ID] = order
			t.takeSample(&order)
		}
	}
	if book != nil {
		t.err = t.readKnown(ctx, orders, book)
	}
	t.wanted = make(map[string]bool, len(t.orders))
	for _, order := range t.orders {
		t.wanted[order.Subscription] = true
	}
	return t
}

// readKnown reads orders that the ledger knows, whatever reference they have.
func (t *traces) readKnown(ctx context.Context, orders *apsclient.Orders, book ledgerBook) (err error) {
	seen, err := book.Evidence(ctx)
	if err != nil {
		return err
	}
	t.seen = seen
	known := make(map[string]ledger.Entry)
	for _, state := range []ledger.State{ledger.Accepted, ledger.Completed} {
		for e, err := range book.Entries(ctx, state) {
			if err != nil {
				return err
			}
			if len(known) >= tracesKnown {
				break
			}
			if e.OrderID != "" && !e.Foreign() {
				known[e.OrderID] = e
			}
		}
	}
	if len(known) == 0 {
		return nil
	}
	for order, err := range orders.List(ctx, apsclient.OrderQuery{IDs: slices.Sorted(maps.Keys(known))}) {
		if err != nil {
			return err
		}
		e, ok := known[order.ID]
		if !ok {
			continue
		}
		delete(known, order.ID)
		if order.Subscription == "" {
			order.Subscription = e.Sub
		}
		if _, ours := t.orders[order.ID]; !ours && order.Reference == "" {
			t.bare = append(t.bare, order)
		}
		t.orders[order.ID] = order
		t.takeSample(&order)
	}
	for _, e := range known {
		t.hidden = append(t.hidden, e)
	}
	return t.confirm(ctx, orders)
}

// takeSample takes the first reference of ours.
func (t *traces) takeSample(order *apsclient.Order) {
	if _, _, ours := csvimport.ParseReference(order.Reference); ours && t.sample == "" {
		t.sample = order.Reference
	}
}

// confirm asks for one order itself where a list left something out: a list may
// tell less.
func (t *traces) confirm(ctx context.Context, orders *apsclient.Orders) error {
	if len(t.bare) > 0 {
		order, err := orders.Get(ctx, t.bare[0].ID)
		if err != nil {
			return err
		}
		if order.Reference != "" {
			t.bare = nil
		}
	}
	if len(t.hidden) > 0 {
		_, err := orders.Get(ctx, t.hidden[0].OrderID)
		if refusal, ok := errors.AsType[*apsclient.Error](err); !ok || refusal.Kind != apsclient.Refused {
			t.hidden = nil
			return err
		}
	}
	return nil
}

// sees notes what the tenant list shows of a subscription that we have ordered.
func (t *traces) sees(s apsclient.TenantSubscription) {
	if t == nil || !s.ImportedKnown {
		return
	}
	if t.wanted[s.ID] {
		t.imported[s.ID] = s.Imported
	}
}

// group is orders that share an end.
type group struct {
	n     int
	first apsclient.Order
}

func (g *group) add(order apsclient.Order) {
	if g.n++; g.n == 1 || order.Number < g.first.Number {
		g.first = order
	}
}

func (g *group) example() string { return "for example " + clean(g.first.Number) }

// tellTraces says what earlier orders tell, or that there are none to tell it.
func (o *doctor) tellTraces(t *traces) {
	const name = "our orders"
	if t.err != nil {
		words, hint := o.explain(t.err)
		o.note(name, warned, "could not be read: "+words, hint)
		return
	}
	if len(t.orders)+len(t.hidden) == 0 {
		o.note(name, healthy, "none yet: that orders show late, lose our reference, wait for payment (WP), end badly (PF) or import nothing can show itself only in orders",
			o.hint("nothing to mend yet: place a first one, look at it in Billing (bulkimport help first-day), and run doctor again",
				"nothing to mend yet: place a first one, look at it in Billing, and look again here"))
		return
	}
	before := len(o.checks)
	var open, bad, sold, done group
	person := make(map[string]int)
	for _, order := range t.orders {
		switch order.Phase() {
		case apsclient.Person:
			open.add(order)
			person[order.Status]++
		case apsclient.Bad:
			bad.add(order)
		case apsclient.Good:
			imported, told := t.imported[order.Subscription]
			if told && !imported {
				sold.add(order)
			} else {
				done.add(order)
			}
			o.imported = o.imported || imported
		}
	}
	if o.sold = sold.n > 0; o.sold {
		o.note(name, faulty, fmt.Sprintf("%s completed, but the tenant list shows the subscription as not imported, %s", count(sold.n, "order"), sold.example()),
			"import no further: the platform may have ignored the import's parameters and sold new subscriptions. Look at the order in Billing, and compare one made in the panel: bulkimport doctor --compare ORDER_NUMBER")
	}
	if bad.n > 0 {
		o.note(name, warned, fmt.Sprintf("%s ended badly (%s), %s: %s", count(bad.n, "order"), bad.first.Status, bad.example(), orNothing(bad.first.Reason)),
			"mend what the platform names and resubmit the orders in Billing, then "+o.hint("bulkimport reconcile", goOnLater))
	}
	if open.n > 0 {
		o.note(name, warned, fmt.Sprintf("%s: %s, %s", waits(open.n), reasons(person), open.example()),
			"act in Billing (WP: register the payment; NP: choose a payment method; HL: release it), then "+o.hint("bulkimport reconcile", goOnLater))
	}
	o.tellHidden(name, t)
	if len(o.checks) == before {
		o.note(name, healthy, fmt.Sprintf("%s read, %s completed, nothing amiss", number(len(t.orders)), number(done.n)), "")
	}
}

// tellHidden says that the platform does not show orders of ours.
func (o *doctor) tellHidden(name string, t *traces) {
	if len(t.hidden) > 0 {
		o.note(name, warned, fmt.Sprintf("the platform does not show %s that the ledger knows, for example %s", count(len(t.hidden), "order"), clean(t.hidden[0].OrderID)),
			o.hint("orders may show late: run bulkimport reconcile later; the vendor's support knows how late (bulkimport help runbook)",
				"orders may show late: look again later; the vendor's support knows how late"))
	}
}

// references says whether orders are found again by ours.
func (o *doctor) references(t *traces) {
	const name = "references"
	switch {
	case len(t.bare) > 0:
		o.kept = ledger.KeptNo
	case t.sample != "":
		o.kept = max(t.seen.References, ledger.KeptYes)
	default:
		o.kept = t.seen.References
	}
	switch o.kept {
	case ledger.KeptYes:
		o.note(name, healthy, "orders keep them, in "+o.referenceField, "")
	case ledger.KeptNo:
		what := "orders do not keep our references"
		if len(t.bare) > 0 {
			what += ", for example " + clean(t.bare[0].Number)
		}
		o.note(name, warned, what, "name the field that keeps them in the profile: order.reference, for example attributes.ID"+o.hint(" (--assumptions)", "")+". "+
			"Until then an order whose answer was lost is found again by account, plan and subscription: keep the ledger"+o.hint(", and --per-account at 1", ""))
	default:
		o.note(name, healthy, "whether orders keep them, in "+o.referenceField+", shows with the first order", "")
	}
}

func waits(n int) string {
	if n == 1 {
		return "1 order waits for a person"
	}
	return number(n) + " orders wait for a person"
}

// reasons says what orders wait for, by their statuses.
func reasons(counts map[string]int) string {
	var words []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		s, _ := csvimport.OrderStatusOf(status)
		words = append(words, fmt.Sprintf("%s for %s (%s)", number(counts[status]), s.For, status))
	}
	return strings.Join(words, ", ")
}

func orNothing(reason string) string {
	if reason == "" {
		return "the platform gives no reason"
	}
	return csvimport.Shorten(clean(reason), 200)
}
