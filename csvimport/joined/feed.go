package joined

import (
	"context"

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

// Feed reads the rows in a goroutine of its own, a few chunks ahead: from the one at
// offset on, then those before it. look tells which of them the ledger may know; one
// that another run has come to know of since is found when its intent is not
// granted.
func (j Rows) Feed(ctx context.Context, look func(*csvimport.Row) bool, offset int) (<-chan []Pair, <-chan error) {
	out := make(chan []Pair, 2)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		defer close(out)
		later := func(row *csvimport.Row) bool { return row.Index >= offset }
		sooner := func(row *csvimport.Row) bool { return row.Index < offset }
		for _, part := range []func(*csvimport.Row) bool{later, sooner} {
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
			if offset == 0 {
				return
			}
		}
	}()
	return out, failed
}
