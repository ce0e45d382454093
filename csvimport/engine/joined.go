package engine

import (
	"context"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// chunk is how many rows, or orders, are looked up in the ledger at once.
const chunk = 512

// joined is rows with what a ledger has of their subscriptions.
type joined struct {
	rows csvimport.Rows
	book *ledger.Book
}

// pair is a row and its entry, nil where the ledger has none.
type pair struct {
	row   csvimport.Row
	entry *ledger.Entry
}

// each yields the rows with their entries.
func (j joined) each(ctx context.Context) iter.Seq2[*pair, error] {
	return func(yield func(*pair, error) bool) {
		for pairs, err := range j.chunks(ctx, nil) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range pairs {
				if !yield(&pairs[i], nil) {
					return
				}
			}
		}
	}
}

// chunks yields the rows with their entries, some hundred at a time; with look,
// entries of those rows alone. The slice is the consumer's to keep.
func (j joined) chunks(ctx context.Context, look func(*csvimport.Row) bool) iter.Seq2[[]pair, error] {
	return ahead(func(yield func([]pair, error) bool) {
		pairs := make([]pair, 0, chunk)
		flush := func() bool {
			err := j.find(ctx, pairs, look)
			if !yield(pairs, err) || err != nil {
				return false
			}
			pairs = make([]pair, 0, chunk)
			return true
		}
		for row, err := range j.rows(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if pairs = append(pairs, pair{row: row}); len(pairs) == chunk && !flush() {
				return
			}
		}
		if len(pairs) > 0 {
			flush()
		}
	})
}

// find looks the rows up in the ledger.
func (j joined) find(ctx context.Context, pairs []pair, look func(*csvimport.Row) bool) error {
	subs := make([]string, 0, len(pairs))
	for i := range pairs {
		if row := &pairs[i].row; row.SubID != "" && row.Valid() && (look == nil || look(row)) {
			subs = append(subs, row.SubID)
		}
	}
	if len(subs) == 0 {
		return nil
	}
	entries, err := j.book.Find(ctx, subs)
	if err != nil {
		return err
	}
	for i := range pairs {
		if e, ok := entries[pairs[i].row.SubID]; ok && pairs[i].row.Valid() {
			pairs[i].entry = &e
		}
	}
	return nil
}

// ahead yields what seq does, which runs in a goroutine of its own and is one
// step ahead. The goroutine is gone when the range ends.
func ahead[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	type step struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		steps, stop := make(chan step, 1), make(chan struct{})
		defer func() {
			close(stop)
			for range steps {
			}
		}()
		go func() {
			defer close(steps)
			for v, err := range seq {
				select {
				case steps <- step{v, err}:
				case <-stop:
					return
				}
			}
		}()
		for s := range steps {
			if !yield(s.value, s.err) {
				return
			}
		}
	}
}
