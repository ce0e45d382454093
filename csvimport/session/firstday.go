package session

import (
	"context"

	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/ledger"
)

// The first day: where no import of ours is known to have ended well, and the
// platform is not on this machine, one order is placed and a person looks at it.

// FirstDay reports whether nobody has said yet that an import was checked on the
// book's platform, and the order to look at, nil if none has been placed.
func FirstDay(ctx context.Context, book Book) (day bool, first *ledger.Entry, err error) {
	if proved, err := book.Proved(ctx); proved || err != nil {
		return false, nil, err
	}
	first, err = firstOrder(ctx, book)
	return true, first, err
}

// prove remembers a person's word that an order was looked at and is right. Where
// the tenant list shows it as imported by now, that list is known to follow.
func (s *session) prove(ctx context.Context) error {
	if s.Checked != "" {
		e, err := orderOf(ctx, s.Book, s.Checked)
		if err != nil {
			return err
		}
		if e == nil || e.State != ledger.Completed || e.Foreign() {
			if e == nil {
				if e, err = firstOrder(ctx, s.Book); err != nil {
					return err
				}
			}
			return &NotChecked{Said: s.Checked, First: e}
		}
		s.Options.Proved = true
		if err := s.learnFollows(ctx, e); err != nil {
			return err
		}
	}
	if !s.Options.Proved {
		return nil
	}
	return s.Book.SetProved(ctx)
}

// orderOf finds the entry with this order's number or id, nil if there is none.
func orderOf(ctx context.Context, book ledger.Book, number string) (*ledger.Entry, error) {
	for e, err := range book.Entries(ctx, ledger.Completed, ledger.Accepted, ledger.Failed) {
		if err != nil || e.OrderNumber == number || e.OrderID == number {
			return &e, err
		}
	}
	return nil, nil
}

// learnFollows looks whether the tenant list shows the subscription of a checked
// order as imported by now.
func (s *session) learnFollows(ctx context.Context, checked *ledger.Entry) error {
	if s.catalog.TenantsUnread() != nil {
		return nil
	}
	for b, err := range catalog.Bindings(ctx, s.Platform) {
		if err != nil {
			return err
		}
		if b.Sub == checked.Sub && b.Imported {
			after := s.Orders.Now().Sub(checked.SubmittedAt) // when it ended may have been seen late
			_, err := s.Book.Amend(ctx, func(e *ledger.Evidence) { e.SawImport(after) })
			return err
		}
	}
	return nil
}

// firstDay reports whether the first order alone goes. Where it has gone already,
// nothing more is sent before somebody has looked.
func (s *session) firstDay(ctx context.Context) (bool, error) {
	if s.Loopback && !s.Rehearsed {
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
func firstOrder(ctx context.Context, book ledger.Book) (*ledger.Entry, error) {
	for _, states := range [][]ledger.State{{ledger.Completed}, {ledger.Accepted, ledger.Doubt, ledger.Intended}} {
		for e, err := range book.Entries(ctx, states...) {
			if err != nil || !e.Foreign() { // those of others prove nothing of ours
				return &e, err
			}
		}
	}
	return nil, nil
}
