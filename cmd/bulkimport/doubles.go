package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"bulkimport/csvimport/outcome"
)

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

// doubleWords names the orders of a double.
func doubleWords(d *outcome.Double) string {
	words := ""
	for i := range d.Second {
		if i > 0 {
			words += " and "
		}
		s := &d.Second[i]
		words += cmp.Or(s.OrderNumber, s.OrderID) + " (" + s.OrderStatus + ")"
	}
	if d.Ours.OrderID == "" {
		return "orders " + words
	}
	return "second order " + words + " beside ours, " + orderName(&d.Ours) + " (" + d.Ours.OrderStatus + ")"
}

// tellDoubles names doubles, and what to do about them.
func tellDoubles(w io.Writer, p pen, doubles []outcome.Double) {
	for i := range doubles {
		d := &doubles[i]
		fmt.Fprintf(w, "\n%s: subscription %s: %s\n", p.bold("double"), d.Ours.Sub, clean(doubleWords(d)))
	}
	if len(doubles) > 0 {
		fmt.Fprintln(w, "the customer pays twice until one is cancelled in Billing (bulkimport help runbook); where both are meant: bulkimport reconcile --known-double "+doubles[0].Ours.Sub)
	}
}
