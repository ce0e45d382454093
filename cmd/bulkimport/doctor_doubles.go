package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// doubles looks for subscriptions with two orders that stand, and of which no person
// has said to know: as the ledger last saw them, and among the newest orders. Without
// a ledger these alone tell.
func (o *doctor) doubles(ctx context.Context, book ledgerBook, past *traces) {
	var found []outcome.Double
	known := make(map[string]bool)
	if book != nil {
		var err error
		if found, err = outcome.Doubles(ctx, book); err == nil {
			known, err = knownDoubles(ctx, book)
		}
		if err != nil {
			o.fails("doubles", err)
			return
		}
	}
	told := make(map[string]bool)
	for i := range found {
		d := &found[i]
		d.Second = slices.DeleteFunc(d.Second, func(s ledger.Sighting) bool {
			now, read := past.orders[s.OrderID]
			return read && !csvimport.OrderStands(now.Status)
		})
		if len(d.Second) > 0 {
			told[d.Ours.Sub] = true
			o.double(d.Ours.Sub, doubleWords(d))
		}
	}
	read := past.doubles(known)
	for _, sub := range slices.Sorted(maps.Keys(read)) {
		if !told[sub] {
			o.double(sub, read[sub])
		}
	}
}

func (o *doctor) double(sub, words string) {
	o.doubled = true
	o.note("doubles", faulty, "subscription "+sub+": "+words,
		"cancel one of them in Billing"+o.hint(" (bulkimport help runbook); where both are meant: ", "; where both are meant, in a terminal: ")+"bulkimport reconcile --known-double "+sub)
}

// doubles finds the references that several of the orders read carry and that stand,
// leaving out those that are known, and names the orders, by subscription.
func (t *traces) doubles(known map[string]bool) map[string]string {
	standing := make(map[string][]string)
	for _, id := range slices.SortedFunc(maps.Keys(t.orders), func(a, b string) int {
		return strings.Compare(orderWord(t.orders[a]), orderWord(t.orders[b]))
	}) {
		order := t.orders[id]
		if sub, _, ours := csvimport.ParseReference(order.Reference); ours && csvimport.OrderStands(order.Status) && !known[id] {
			standing[sub] = append(standing[sub], orderWord(order)+" ("+order.Status+")")
		}
	}
	doubles := make(map[string]string)
	for sub, orders := range standing {
		if len(orders) > 1 {
			doubles[sub] = "orders " + strings.Join(orders, " and ") + " both stand"
		}
	}
	return doubles
}

func orderWord(o apsclient.Order) string { return cmp.Or(o.Number, o.ID) }
