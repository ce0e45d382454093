package joined

import (
	"context"
	"math/bits"

	"bulkimport/csvimport"
)

// Offset is with which row placing begins: another one for each ledger, so that two
// that do not know of each other do not begin with the same row.
func Offset(ledger string, rows int) int {
	if rows == 0 {
		return 0
	}
	return int(hashOf(ledger) % uint64(rows))
}

// Order is the order in which rows are placed: those of a part before those of the next.
// Each row is in one of them.
type Order []func(*csvimport.Row) bool

// shares is how many parts there are for several hands: two to the power of shareBits.
const (
	shareBits = 3
	shares    = 1 << shareBits
)

// Placing is the order of a run with so many rows. Where hands share them, from 1 on, a
// part has all rows of its accounts, and each hand begins as far from the others as can be.
func Placing(ledger string, rows, hand int) Order {
	if hand == 0 {
		offset := Offset(ledger, rows)
		o := Order{func(row *csvimport.Row) bool { return row.Index >= offset }}
		if offset > 0 {
			o = append(o, func(row *csvimport.Row) bool { return row.Index < offset })
		}
		return o
	}
	var o Order
	first := bits.Reverse8(uint8(hand-1)) >> (8 - shareBits)
	for i := range uint64(shares) {
		part := (uint64(first) + i) % shares
		o = append(o, func(row *csvimport.Row) bool { return shareOf(ledger, row) == part })
	}
	return o
}

// shareOf is the part of a row among shares.
func shareOf(ledger string, row *csvimport.Row) uint64 {
	if row.Account == nil {
		return 0
	}
	return hashOf(ledger+row.Account.APSID) >> (64 - shareBits)
}

// handsChunk is Chunk where hands share the rows: what was looked up long ago others have
// by then.
const handsChunk = 64

// Feed reads the rows in a goroutine of its own, a few chunks ahead. look tells which
// of them the ledger may know; one that another run has come to know of since is found
// when its intent is not granted.
func (j Rows) Feed(ctx context.Context, look func(*csvimport.Row) bool, order Order) (<-chan []Pair, <-chan error) {
	out := make(chan []Pair, 2)
	if len(order) == shares {
		out, j.chunk = make(chan []Pair), handsChunk
	}
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		defer close(out)
		for _, part := range order {
			for pairs, err := range j.Only(part).Chunks(ctx, look) {
				if err != nil {
					failed <- err
					return
				}
				select {
				case out <- pairs:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, failed
}
