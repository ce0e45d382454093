package ledger

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"
)

// Event is something of note that happened to a subscription.
type Event struct {
	Time time.Time
	Run  int64
	Gen  int
	Note string
}

// chunk is how many keys one query looks up.
const chunk = 256

// in is a query for chunk keys, the rest of which follows begin.
func in(begin, end string) string {
	return begin + strings.Repeat("?, ", chunk-1) + "?" + end
}

// Find looks up the latest generation of each subscription, of any number of
// them. Those without an entry are not in the map.
func (b *Book) Find(ctx context.Context, subs []string) (map[string]Entry, error) {
	found := make(map[string]Entry, min(len(subs), 1<<16))
	err := b.lookUp(ctx, in(queryFind, queryFindEnd), subs, func(e Entry) { found[e.Sub] = e })
	return found, err
}

// FindOrders looks up the entries, of any generation, by their order's id. Those
// that the ledger does not know are not in the map.
func (b *Book) FindOrders(ctx context.Context, orderIDs []string) (map[string]Entry, error) {
	found := make(map[string]Entry, min(len(orderIDs), 1<<16))
	err := b.lookUp(ctx, in(queryFindOrders, ")"), orderIDs, func(e Entry) {
		if have, ok := found[e.OrderID]; !ok || have.Gen < e.Gen {
			found[e.OrderID] = e
		}
	})
	return found, err
}

// lookUp runs query, which takes the platform and chunk keys, for all keys.
func (b *Book) lookUp(ctx context.Context, query string, keys []string, each func(Entry)) error {
	if len(keys) == 0 {
		return nil
	}
	stmt, err := b.l.db.PrepareContext(ctx, query)
	if err != nil {
		return b.l.wrap(err)
	}
	defer stmt.Close()
	args := make([]any, chunk+1)
	var got []stored
	for part := range slices.Chunk(keys, chunk) {
		args[0] = b.n
		for i := range chunk { // a short last part is filled up with its last key
			args[i+1] = packed(part[min(i, len(part)-1)])
		}
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return b.l.wrap(err)
		}
		if got, err = scanAll(rows, got[:0]); err != nil {
			return b.l.wrap(err)
		}
		for i := range got {
			e, err := b.complete(ctx, &got[i])
			if err != nil {
				return err
			}
			each(e)
		}
	}
	return nil
}

// Story tells all there is of one subscription: its generations, oldest first,
// and what happened, in order.
func (b *Book) Story(ctx context.Context, sub string) ([]Entry, []Event, error) {
	entries, err := b.entries(ctx, queryStory, b.n, packed(sub))
	if err != nil {
		return nil, nil, err
	}
	rows, err := b.l.db.QueryContext(ctx, queryEvents, b.n, packed(sub))
	if err != nil {
		return nil, nil, b.l.wrap(err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		var e Event
		var at int64
		if err := rows.Scan(&at, &e.Run, &e.Gen, &e.Note); err != nil {
			return nil, nil, b.l.wrap(err)
		}
		e.Time = instant(at)
		events = append(events, e)
	}
	return entries, events, b.l.wrap(rows.Err())
}

// Unsettled goes over the entries, of all generations, that are intended, in
// doubt or accepted, in the order in which they were first intended. Writes may
// go on meanwhile: each entry comes at most once, as it is when its turn comes,
// unless it has been settled by then. Iteration ends with the first error.
func (b *Book) Unsettled(ctx context.Context) iter.Seq2[Entry, error] {
	return b.inStates(ctx, []int{0, 1}, []State{Intended, Doubt, Accepted})
}

// Entries goes over the latest generations in these states, of all if none is
// given, in the same way as Unsettled.
func (b *Book) Entries(ctx context.Context, states ...State) iter.Seq2[Entry, error] {
	if len(states) == 0 {
		states = States()
	}
	return b.inStates(ctx, []int{0}, states)
}

func (b *Book) inStates(ctx context.Context, olds []int, states []State) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		// The ids come first: a query left open for as long as the caller
		// takes would keep the WAL from being taken into the file.
		var ids []int64
		for _, old := range olds {
			for _, s := range states {
				some, err := b.l.numbers(ctx, queryIDs, b.n, old, int64(s))
				if err != nil {
					yield(Entry{}, b.l.wrap(err))
					return
				}
				ids = append(ids, some...)
			}
		}
		slices.Sort(ids)
		for e, err := range b.byID(ctx, slices.Compact(ids), states) {
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// byID reads entries by their row ids, leaving out those that are in none of the
// states by now, unless states is nil.
func (b *Book) byID(ctx context.Context, ids []int64, states []State) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		args := make([]any, chunk)
		for part := range slices.Chunk(ids, chunk) {
			for i := range chunk {
				args[i] = part[min(i, len(part)-1)]
			}
			some, err := b.entries(ctx, in(`SELECT `+entryColumns+` FROM entry WHERE id IN (`, ") ORDER BY id"), args...)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range some {
				if (states == nil || slices.Contains(states, e.State)) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// Totals counts the latest generations by state.
func (b *Book) Totals(ctx context.Context) (map[State]int, error) {
	rows, err := b.l.db.QueryContext(ctx, queryTotals, b.n)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	defer rows.Close()
	totals := make(map[State]int)
	for rows.Next() {
		var s State
		var n int
		if err := rows.Scan(&s, &n); err != nil {
			return nil, b.l.wrap(err)
		}
		totals[s] = n
	}
	return totals, b.l.wrap(rows.Err())
}

// entries runs a query for entryColumns.
func (b *Book) entries(ctx context.Context, query string, args ...any) ([]Entry, error) {
	rows, err := b.l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	got, err := scanAll(rows, nil)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	all := make([]Entry, len(got))
	for i := range got {
		if all[i], err = b.complete(ctx, &got[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete fills in the texts of an entry.
func (b *Book) complete(ctx context.Context, s *stored) (Entry, error) {
	e, err := s.entry(func(n int64) (string, error) { return b.l.text(ctx, n) })
	return e, b.l.wrap(err)
}
