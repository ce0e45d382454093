package joined

import (
	"cmp"
	"context"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Chunk is how many rows, or orders, are looked up in the ledger at once.
const Chunk = 512

// Rows is rows with what a ledger has of their subscriptions.
type Rows struct {
	Rows csvimport.Rows
	Book ledger.Book

	chunk int // rows looked up at once; 0: Chunk
}

// Only is those of the rows that are wanted.
func (j Rows) Only(want func(*csvimport.Row) bool) Rows {
	return Rows{Book: j.Book, chunk: j.chunk, Rows: func(ctx context.Context) iter.Seq2[csvimport.Row, error] {
		return func(yield func(csvimport.Row, error) bool) {
			for row, err := range j.Rows(ctx) {
				if (err != nil || want(&row)) && !yield(row, err) {
					return
				}
			}
		}
	}}
}

// Pair is a row and its entry, nil where the ledger has none.
type Pair struct {
	Row   csvimport.Row
	Entry *ledger.Entry
}

// Each yields the rows with their entries.
func (j Rows) Each(ctx context.Context) iter.Seq2[*Pair, error] {
	return func(yield func(*Pair, error) bool) {
		for pairs, err := range j.Chunks(ctx, nil) {
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

// Chunks yields the rows with their entries, some hundred at a time; with look,
// entries of those rows alone. The slice is the consumer's to keep.
func (j Rows) Chunks(ctx context.Context, look func(*csvimport.Row) bool) iter.Seq2[[]Pair, error] {
	most := cmp.Or(j.chunk, Chunk)
	return ahead(func(yield func([]Pair, error) bool) {
		pairs := make([]Pair, 0, most)
		flush := func() bool {
			err := j.find(ctx, pairs, look)
			if !yield(pairs, err) || err != nil {
				return false
			}
			pairs = make([]Pair, 0, most)
			return true
		}
		for row, err := range j.Rows(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			if pairs = append(pairs, Pair{Row: row}); len(pairs) == most && !flush() {
				return
			}
		}
		if len(pairs) > 0 {
			flush()
		}
	})
}

// find looks the rows up in the ledger.
func (j Rows) find(ctx context.Context, pairs []Pair, look func(*csvimport.Row) bool) error {
	subs := make([]string, 0, len(pairs))
	for i := range pairs {
		if row := &pairs[i].Row; row.SubID != "" && row.Valid() && (look == nil || look(row)) {
			subs = append(subs, row.SubID)
		}
	}
	if len(subs) == 0 {
		return nil
	}
	entries, err := j.Book.Find(ctx, subs)
	if err != nil {
		return err
	}
	for i := range pairs {
		if e, ok := entries[pairs[i].Row.SubID]; ok && pairs[i].Row.Valid() {
			pairs[i].Entry = &e
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
