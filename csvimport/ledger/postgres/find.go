package postgres

import (
	"context"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// chunk is how many rows one query returns, or how many keys it looks up, at most.
const chunk = 1000

// Find looks up the latest generation of each subscription, of any number of them.
// Those without an entry are not in the map.
func (b *Book) Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error) {
	found := make(map[string]ledger.Entry)
	// As a sum, since the server would take the index of all that is not old for this,
	// where it has not yet learned how many that are, and go through it for each chunk.
	err := b.lookUp(ctx, subs, ` AND old + 0 = 0`, func(e ledger.Entry) { found[e.Sub] = e })
	return found, err
}

// FindAll looks up all generations of each subscription, the oldest first. Those
// without an entry are not in the map.
func (b *Book) FindAll(ctx context.Context, subs []string) (map[string][]ledger.Entry, error) {
	found := make(map[string][]ledger.Entry)
	err := b.lookUp(ctx, subs, ` ORDER BY gen`, func(e ledger.Entry) { found[e.Sub] = append(found[e.Sub], e) })
	return found, err
}

func (b *Book) lookUp(ctx context.Context, subs []string, end string, each func(ledger.Entry)) error {
	for part := range slices.Chunk(subs, chunk) {
		some, err := query(ctx, b.l, entryOf, `SELECT `+entryColumns+` FROM import_ledger.entry WHERE platform = $1 AND sub = ANY($2::text[])`+end, b.n, escapedAll(part))
		if err != nil {
			return err
		}
		for _, e := range some {
			each(e)
		}
	}
	return ctx.Err()
}

// Entries goes over the latest generations in these states, of all if none is given:
// see [ledger.Book].
func (b *Book) Entries(ctx context.Context, states ...ledger.State) iter.Seq2[ledger.Entry, error] {
	if len(states) == 0 {
		states = ledger.States()
	}
	numbers := make([]int64, len(states))
	for i, s := range states {
		numbers[i] = int64(s)
	}
	return b.each(ctx, `old = 0 AND state = ANY($3::bigint[])`, numbers)
}

// OfRun goes over the entries, of all generations, that a run has sent last or has
// recorded last, in no order that means anything. It ends with the first error.
func (b *Book) OfRun(ctx context.Context, run int64) iter.Seq2[ledger.Entry, error] {
	return b.each(ctx, `(run = $3 OR sent_by = $3)`, run)
}

// each goes over entries of which something is true, a chunk at a time.
func (b *Book) each(ctx context.Context, which string, arg any) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for last := int64(0); ; {
			some, err := query(ctx, b.l, scanRow, `SELECT `+entryColumns+` FROM import_ledger.entry WHERE platform = $1 AND id > $2 AND `+which+` ORDER BY id LIMIT 1000`, b.n, last, arg)
			if err != nil {
				yield(ledger.Entry{}, err)
				return
			}
			for _, r := range some {
				last = r.id
				if !yield(r.Entry, nil) {
					return
				}
			}
			if len(some) < chunk {
				return
			}
		}
	}
}

// Story tells all there is of one subscription: its generations, oldest first, and
// what happened, in order.
func (b *Book) Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error) {
	all, err := b.FindAll(ctx, []string{sub})
	if err != nil {
		return nil, nil, err
	}
	scan := func(rows pgx.CollectableRow) (e ledger.Event, err error) {
		var at int64
		err = rows.Scan(&at, &e.Run, &e.Gen, &e.Note)
		e.Time, e.Note = instant(at), unescaped(e.Note)
		return e, err
	}
	events, err := query(ctx, b.l, scan, `SELECT at, run, gen, note FROM import_ledger.event WHERE platform = $1 AND sub = $2 ORDER BY id`, b.n, escaped(sub))
	return all[sub], events, err
}

// Totals counts the latest generations by state.
func (b *Book) Totals(ctx context.Context) (map[ledger.State]int, error) {
	totals := make(map[ledger.State]int)
	scan := func(rows pgx.CollectableRow) (_ struct{}, err error) {
		var state ledger.State
		var n int
		err = rows.Scan(&state, &n)
		totals[state] = n
		return struct{}{}, err
	}
	_, err := query(ctx, b.l, scan, `SELECT state, count(*) FROM import_ledger.entry WHERE platform = $1 AND old = 0 GROUP BY state`, b.n)
	return totals, err
}
