package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// double is a subscription with a second order that stands.
type double struct {
	ours   ledger.Entry
	second []ledger.Sighting // not known to a person yet, unless known are asked for
}

// doublesOf finds the second orders that stand, as they were last seen, of some
// subscriptions or of all: those that no person has said to know of.
func doublesOf(ctx context.Context, book ledgerBook, subs ...string) ([]double, error) {
	seen, err := book.Sightings(ctx, subs...)
	if err != nil || len(seen) == 0 {
		return nil, err
	}
	for sub, orders := range seen {
		seen[sub] = slices.DeleteFunc(orders, func(s ledger.Sighting) bool { return s.Acknowledged || !csvimport.OrderStands(s.OrderStatus) })
	}
	maps.DeleteFunc(seen, func(_ string, orders []ledger.Sighting) bool { return len(orders) == 0 })
	list := slices.Sorted(maps.Keys(seen))
	entries, err := book.Find(ctx, list)
	if err != nil {
		return nil, err
	}
	var found []double
	for _, sub := range list {
		e := entries[sub]
		e.Sub = sub
		if len(seen[sub]) == 1 && (e.OrderID == "" || !csvimport.OrderStands(e.OrderStatus)) {
			continue // it is the only one that stands
		}
		found = append(found, double{ours: e, second: seen[sub]})
	}
	return found, nil
}

// known finds the second orders that a person has said to know of, by id.
func knownDoubles(ctx context.Context, book ledgerBook) (map[string]bool, error) {
	seen, err := book.Sightings(ctx)
	known := make(map[string]bool)
	for _, orders := range seen {
		for i := range orders {
			if orders[i].Acknowledged {
				known[orders[i].OrderID] = true
			}
		}
	}
	return known, err
}

// words names the orders of a double.
func (d *double) words() string {
	words := ""
	for i := range d.second {
		if i > 0 {
			words += " and "
		}
		s := &d.second[i]
		words += cmp.Or(s.OrderNumber, s.OrderID) + " (" + s.OrderStatus + ")"
	}
	if d.ours.OrderID == "" {
		return "orders " + words
	}
	return "second order " + words + " beside ours, " + orderName(&d.ours) + " (" + d.ours.OrderStatus + ")"
}

// tellDoubles names doubles, and what to do about them.
func tellDoubles(w io.Writer, p pen, doubles []double) {
	for i := range doubles {
		d := &doubles[i]
		fmt.Fprintf(w, "\n%s: subscription %s: %s\n", p.bold("double"), d.ours.Sub, clean(d.words()))
	}
	if len(doubles) > 0 {
		fmt.Fprintln(w, "the customer pays twice until one is cancelled in Billing (bulkimport help runbook); where both are meant: bulkimport reconcile --known-double "+doubles[0].ours.Sub)
	}
}
