package session

import (
	"context"

	"bulkimport/csvimport/ledger"
)

// The first day: where no import of ours is known to have ended well, and the
// platform is not on this machine, one order is placed and a person looks at it.

// FirstDay reports whether nobody has said yet that an import was checked on the
// book's platform, and the order to look at, nil if none has been placed.
func FirstDay(ctx context.Context, book *ledger.Book) (day bool, first *ledger.Entry, err error) {
	if proved, err := book.Proved(ctx); proved || err != nil {
		return false, nil, err
	}
	first, err = firstOrder(ctx, book)
	return true, first, err
}

// firstDay reports whether the first row alone goes. Where it has gone already,
// nothing more is sent before somebody has looked.
func (s *session) firstDay(ctx context.Context) (bool, error) {
	if s.Options.Proved || s.Loopback {
		return false, nil
	}
	day, first, err := FirstDay(ctx, s.Book)
	if first == nil || err != nil {
		return day, err
	}
	return false, &LookFirst{First: *first, Tally: s.checker.Tally()}
}

// firstOrder is the order to look at on the first day: the first that is at its
// good end, else the first that may exist. Nil if there is none.
func firstOrder(ctx context.Context, book *ledger.Book) (*ledger.Entry, error) {
	for _, states := range [][]ledger.State{{ledger.Completed}, {ledger.Accepted, ledger.Doubt, ledger.Intended}} {
		for e, err := range book.Entries(ctx, states...) {
			return &e, err
		}
	}
	return nil, nil
}
