package outcome

import (
	"context"
	"slices"

	"bulkimport/csvimport/ledger"
)

// NamedTwice finds the ids that belong, or have belonged, to more than one row, by the
// ledger and by entries that it may not have, of orders that no list has shown and that
// are untold: that do not tell whose they are. None of these rows has such an order: not
// the first that is read back, and not the last. What is found is remembered; the errors
// are the book's, and what was found by then is told beside them.
func NamedTwice(ctx context.Context, book interface {
	ledger.Book
	ledger.Memory
}, entries []ledger.Entry, untold func(*ledger.Entry) bool) (map[string]bool, error) {
	rows := make(map[string]map[string]bool) // by id
	for i := range entries {
		if e := &entries[i]; e.OrderID != "" && Unshown(e) && untold(e) {
			rows[e.OrderID] = make(map[string]bool)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	names := func(e *ledger.Entry) {
		if subs, ok := rows[e.OrderID]; ok {
			subs[e.Sub] = true
		}
	}
	for i := range entries {
		names(&entries[i])
	}
	memory, err := book.Evidence(ctx)
	if err != nil {
		return nil, err
	}
	for e, err := range book.Entries(ctx, ledger.Accepted, ledger.Completed, ledger.Failed) {
		if err != nil {
			return nil, err
		}
		names(&e)
	}
	twice := make(map[string]bool)
	var first []string
	for id, subs := range rows {
		before := slices.Contains(memory.Twice, id)
		if len(subs) > 1 && !before {
			first = append(first, id)
		}
		twice[id] = len(subs) > 1 || before
	}
	if len(first) == 0 {
		return twice, nil
	}
	_, err = book.Amend(ctx, func(e *ledger.Evidence) { e.NamedTwice(first...) })
	return twice, err
}
