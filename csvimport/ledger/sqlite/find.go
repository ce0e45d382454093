package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"bulkimport/csvimport/ledger"
)

// chunk is how many keys one query looks up at most.
const chunk = 256

// Find looks up the latest generation of each subscription, of any number of
// them. Those without an entry are not in the map.
func (b *Book) Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error) {
	found := make(map[string]ledger.Entry, min(len(subs), 1<<16))
	err := b.lookUp(ctx, queryFind, queryFindEnd, subs, func(e ledger.Entry) { found[e.Sub] = e })
	return found, err
}

// FindAll looks up all generations of each subscription, the oldest first.
// Those without an entry are not in the map.
func (b *Book) FindAll(ctx context.Context, subs []string) (map[string][]ledger.Entry, error) {
	found := make(map[string][]ledger.Entry, min(len(subs), 1<<16))
	err := b.lookUp(ctx, queryAllOf, ")", subs, func(e ledger.Entry) { found[e.Sub] = append(found[e.Sub], e) })
	for _, all := range found {
		slices.SortFunc(all, func(a, b ledger.Entry) int { return a.Gen - b.Gen })
	}
	return found, err
}

// lookUp runs the query that takes the platform and, between begin and end, keys,
// for all keys, on several cores. It gives the entries to each, one at a time.
func (b *part) lookUp(ctx context.Context, begin, end string, keys []string, each func(ledger.Entry)) error {
	unfolded, err := b.unfolded(ctx)
	if err != nil {
		return err
	}
	for e := range among(unfolded, keys) {
		each(e)
	}
	parts := make(chan []string)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(parts)
		for part := range slices.Chunk(keys, chunk) {
			select {
			case parts <- part:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	var mu sync.Mutex
	for range min(runtime.GOMAXPROCS(0), readers, len(keys)/chunk+1) {
		work.Go(func() error {
			for part := range parts {
				query, args := in(begin, end, packedAll(part), b.n)
				got, err := b.entries(ctx, query, args...)
				if err != nil {
					return err
				}
				mu.Lock()
				for i := range got {
					each(got[i])
				}
				mu.Unlock()
			}
			return nil
		})
	}
	return work.Wait()
}

// among yields those of entries that are of the subscriptions, each once.
func among(entries []ledger.Entry, subs []string) iter.Seq[ledger.Entry] {
	return func(yield func(ledger.Entry) bool) {
		if len(entries) == 0 {
			return
		}
		wanted := make(map[string]bool, len(subs))
		for _, sub := range subs {
			wanted[sub] = true
		}
		for _, e := range entries {
			if wanted[e.Sub] && !yield(e) {
				return
			}
		}
	}
}

// Story tells all there is of one subscription: its generations, oldest first,
// and what happened, in order.
func (b *Book) Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error) {
	unfolded, err := b.unfolded(ctx)
	if err != nil {
		return nil, nil, err
	}
	entries, err := b.entries(ctx, queryStory, b.n, packed(sub))
	if err != nil {
		return nil, nil, err
	}
	entries = slices.AppendSeq(entries, among(unfolded, []string{sub}))
	rows, err := b.l.query(ctx, queryEvents, b.n, packed(sub))
	if err != nil {
		return nil, nil, b.l.wrap(err)
	}
	defer rows.Close()
	var events []ledger.Event
	for rows.Next() {
		var e ledger.Event
		var at int64
		if err := rows.Scan(&at, &e.Run, &e.Gen, &e.Note); err != nil {
			return nil, nil, b.l.wrap(err)
		}
		e.Time = instant(at)
		events = append(events, e)
	}
	return entries, events, b.l.wrap(rows.Err())
}

// Entries goes over the latest generations in these states, of all if none is
// given: see [ledger.Book].
func (b *Book) Entries(ctx context.Context, states ...ledger.State) iter.Seq2[ledger.Entry, error] {
	if len(states) == 0 {
		states = ledger.States()
	}
	return func(yield func(ledger.Entry, error) bool) {
		// The ids come first: a query left open for as long as the caller
		// takes would keep the WAL from being taken into the file.
		var ids []int64
		add := func(query string, args ...any) error {
			some, err := b.l.numbers(ctx, query, args...)
			ids = append(ids, some...)
			return b.l.wrap(err)
		}
		unfolded, err := b.unfolded(ctx)
		if err == nil && slices.ContainsFunc(states, ledger.State.Holds) {
			err = add(queryHeld, b.n)
		}
		for _, s := range states {
			if !s.Holds() && err == nil {
				err = add(queryEnded, b.n, int64(s))
			}
			if s == ledger.Completed && err == nil {
				err = add(queryEnded, b.n, oldImported)
			}
		}
		if err != nil {
			yield(ledger.Entry{}, err)
			return
		}
		slices.Sort(ids)
		for e, err := range b.byID(ctx, ids, states) {
			if !yield(e, err) || err != nil {
				return
			}
		}
		for _, e := range unfolded {
			if slices.Contains(states, e.State) && !yield(e, nil) {
				return
			}
		}
	}
}

// byID reads entries by their row ids, leaving out those that are in none of the
// states by now, if there are any.
func (b *part) byID(ctx context.Context, ids []int64, states []ledger.State) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for part := range slices.Chunk(ids, chunk) {
			keys := make([]any, len(part))
			for i, id := range part {
				keys[i] = id
			}
			query, args := in(queryByIDs, ") ORDER BY id", keys)
			some, err := b.entries(ctx, query, args...)
			if err != nil {
				yield(ledger.Entry{}, err)
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

// OfRun goes over the entries, of all generations, that a run has sent last or has
// recorded last, in no order that means anything. It ends with the first error.
func (b *Book) OfRun(ctx context.Context, run int64) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		unfolded, err := b.unfolded(ctx)
		var ids []int64
		if err == nil {
			ids, err = b.l.numbers(ctx, queryOfRun, b.n, run)
		}
		if err != nil {
			yield(ledger.Entry{}, b.l.wrap(err))
			return
		}
		for e, err := range b.byID(ctx, ids, nil) {
			if !yield(e, err) || err != nil {
				return
			}
		}
		for _, e := range unfolded {
			if (e.Run == run || e.SentBy == run) && !yield(e, nil) {
				return
			}
		}
	}
}

// Totals counts the latest generations by state.
func (b *Book) Totals(ctx context.Context) (map[ledger.State]int, error) {
	unfolded, err := b.unfolded(ctx)
	if err != nil {
		return nil, err
	}
	totals := make(map[ledger.State]int)
	for _, e := range unfolded {
		totals[e.State]++
	}
	for _, query := range []string{queryHeldTotals, queryEndTotals} {
		if err := b.total(ctx, query, totals); err != nil {
			return nil, b.l.wrap(err)
		}
	}
	return totals, nil
}

func (b *part) total(ctx context.Context, query string, totals map[ledger.State]int) error {
	rows, err := b.l.query(ctx, query, b.n)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s ledger.State
		var n int
		if err := rows.Scan(&s, &n); err != nil {
			return err
		}
		totals[stateOf(s)] += n
	}
	return rows.Err()
}

// entries runs a query for entryColumns.
func (b *part) entries(ctx context.Context, query string, args ...any) ([]ledger.Entry, error) {
	rows, err := b.l.query(ctx, query, args...)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	got, err := collect(rows, scanStored)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	all := make([]ledger.Entry, len(got))
	for i := range got {
		if all[i], err = b.complete(ctx, &got[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete fills in the texts of an entry.
func (b *part) complete(ctx context.Context, s *stored) (ledger.Entry, error) {
	e, err := s.entry(func(n int64) (string, error) { return b.l.text(ctx, n) })
	return e, b.l.wrap(err)
}

// unfolded folds the journal before entries are read. Where nothing can be
// written any more, on a full disk, it returns what the journal has, in the
// order of the intents.
func (b *part) unfolded(ctx context.Context) ([]ledger.Entry, error) {
	all, err := b.l.unfolded(ctx)
	return all[b.n], err
}

func (l *Ledger) unfolded(ctx context.Context) (map[int64][]ledger.Entry, error) {
	var some bool
	if _, err := l.row(ctx, journalAny, nil, &some); err != nil || !some {
		return nil, err
	}
	if err := l.w.write(ctx, (*tx).fold); err == nil || ctx.Err() != nil {
		return nil, err
	}
	all := make(map[int64][]ledger.Entry)
	place := make(map[entryKey]int)
	query := func(query string, args ...any) (*sql.Rows, error) { return l.query(ctx, query, args...) }
	err := eachRecord(l.path, query, func(platform int64, e *ledger.Entry) error {
		key := entryKey{platform, e.Sub}
		i, ok := place[key]
		if !ok {
			i = len(all[platform])
			place[key] = i
			all[platform] = append(all[platform], ledger.Entry{})
		}
		all[platform][i] = *e
		return nil
	})
	return all, l.wrap(err)
}
