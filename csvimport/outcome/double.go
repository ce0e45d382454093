package outcome

import (
	"context"
	"maps"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Double is a subscription with more than one order that stands.
type Double struct {
	Ours   ledger.Entry      // its latest; nothing but the subscription where the ledger has none
	Second []ledger.Sighting // the others that stand, and that no person has said to know of
}

// Doubles finds those of some subscriptions, or of all if none is given, that have more
// than one order that stands, as the ledger has last seen them. The errors are the book's.
func Doubles(ctx context.Context, book ledger.Book, subs ...string) ([]Double, error) {
	seen, entries, err := Seconds(ctx, book, subs...)
	if err != nil {
		return nil, err
	}
	var found []Double
	for _, sub := range slices.Sorted(maps.Keys(seen)) {
		d := Double{Ours: entries[sub]}
		d.Ours.Sub = sub
		standing := 0
		if Stands(&d.Ours) {
			standing++
		}
		for _, s := range seen[sub] {
			if !csvimport.OrderStands(s.OrderStatus) {
				continue
			}
			if standing++; !s.Acknowledged {
				d.Second = append(d.Second, s)
			}
		}
		if standing > 1 && len(d.Second) > 0 {
			found = append(found, d)
		}
	}
	return found, nil
}

// Stands reports whether an entry has an order that stands. One that an answer alone has
// named may be another row's: it counts once something has shown it.
func Stands(e *ledger.Entry) bool {
	return e.OrderID != "" && csvimport.OrderStands(e.OrderStatus) && !(e.State == ledger.Accepted && Unshown(e))
}

// Seconds are the sightings of some subscriptions, or of all if none is given, with their
// latest entries. One that has become an entry's order since it was seen is none any more.
func Seconds(ctx context.Context, book ledger.Book, subs ...string) (seen map[string][]ledger.Sighting, latest map[string]ledger.Entry, err error) {
	seen, err = book.Sightings(ctx, subs...)
	if err != nil || len(seen) == 0 {
		return nil, nil, err
	}
	entries, err := book.FindAll(ctx, slices.Collect(maps.Keys(seen)))
	if err != nil {
		return nil, nil, err
	}
	latest = make(map[string]ledger.Entry, len(entries))
	for sub, all := range entries {
		latest[sub] = all[len(all)-1]
		seen[sub] = slices.DeleteFunc(seen[sub], func(s ledger.Sighting) bool {
			return slices.ContainsFunc(all, func(e ledger.Entry) bool { return e.OrderID == s.OrderID })
		})
	}
	maps.DeleteFunc(seen, func(_ string, left []ledger.Sighting) bool { return len(left) == 0 })
	return seen, latest, nil
}
