package outcome

import (
	"context"

	"bulkimport/apsclient"
	"bulkimport/csvimport/ledger"
)

// Known is what a ledger has of the subscriptions of some orders.
type Known struct {
	Orders    map[string]ledger.Entry    // by order, of any generation
	Entries   map[string][]ledger.Entry  // by subscription, the oldest generation first
	Sightings map[string]ledger.Sighting // by order
	Misnamed  map[*ledger.Entry]string   // of Entries: an answer alone has named an order, which is one of these and another row's; with its number
}

// KnownOf looks up the subscriptions that orders are for, by reference and by content:
// someone may have changed an order's reference since. The errors are the book's.
func KnownOf(ctx context.Context, book ledger.Book, orders []apsclient.Order) (Known, error) {
	k := Known{Orders: make(map[string]ledger.Entry), Sightings: make(map[string]ledger.Sighting), Misnamed: make(map[*ledger.Entry]string)}
	subs := make([]string, 0, len(orders))
	listed := make(map[string]*apsclient.Order, len(orders))
	for i := range orders {
		sub := Subscription(&orders[i])
		subs = append(subs, sub)
		if other := orders[i].Subscription; other != "" && other != sub {
			subs = append(subs, other)
		}
		listed[orders[i].ID] = &orders[i]
	}
	var err error
	if k.Entries, err = book.FindAll(ctx, subs); err != nil {
		return k, err
	}
	for _, all := range k.Entries {
		for i := range all {
			e := &all[i]
			switch o := listed[e.OrderID]; {
			case e.OrderID == "":
			case o != nil && Misnamed(o, e):
				k.Misnamed[e] = o.Number
			default:
				k.Orders[e.OrderID] = *e
			}
		}
	}
	seen, err := book.Sightings(ctx, subs...)
	for _, all := range seen {
		for _, s := range all {
			k.Sightings[s.OrderID] = s
		}
	}
	return k, err
}

// Of is the latest generation of a subscription, and the one asked for; each nil if
// there is none.
func (k *Known) Of(sub string, gen int) (latest, have *ledger.Entry) {
	all := k.Entries[sub]
	for i := range all {
		latest = &all[i]
		if all[i].Gen == gen {
			have = &all[i]
		}
	}
	return latest, have
}
