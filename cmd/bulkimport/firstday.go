package main

import (
	"context"
	"fmt"
	"io"

	"bulkimport/csvimport/ledger"
)

// The first day: where no import of ours is known to have ended well, and the
// platform is not on this machine, one order is placed and a person looks at it.

// firstDay reports whether nobody has said yet that an import was checked.
func (s *session) firstDay(ctx context.Context) (bool, error) {
	if s.settings.loopback() {
		return false, nil
	}
	proved, err := s.book.Proved(ctx)
	return !proved, err
}

// firstOrder is the order to look at on the first day: the first that is at
// its good end, else the first that may exist. Nil if there is none.
func firstOrder(ctx context.Context, book *ledger.Book) (*ledger.Entry, error) {
	for _, states := range [][]ledger.State{{ledger.Completed}, {ledger.Accepted, ledger.Doubt, ledger.Intended}} {
		for e, err := range book.Entries(ctx, states...) {
			return &e, err
		}
	}
	return nil, nil
}

// lookAt says what is to be looked at on the first day, and how it goes on.
func lookAt(w io.Writer, p pen, first *ledger.Entry, command string) error {
	fmt.Fprintln(w, p.bold("first day: look at the first order before the rest follows (bulkimport help first-day)"))
	order := first.OrderNumber
	if order == "" {
		order = first.OrderID
	}
	end := "completed"
	if first.State != ledger.Completed {
		end = stateWord(first.State) + " " + first.OrderStatus
	}
	rows := factRow(nil, "order", order, "("+end+")")
	rows = factRow(rows, "subscription", first.Sub)
	rows = factRow(rows, "tenant", first.Tenant)
	rows = factRow(rows, "target account", first.AccountNo, first.AccountName)
	rows = factRow(rows, "service plan", first.PlanName, first.PlanID)
	if err := table(w, "  ", rows); err != nil {
		return err
	}
	if first.State != ledger.Completed {
		_, err := fmt.Fprintln(w, "the order is not at its end: bulkimport reconcile first, then look")
		return err
	}
	_, err := fmt.Fprintf(w, `in Billing: is the order completed, the price right, and no new subscription sold?
in the panel: does the subscription show as imported, under this account?
if both are right: %s
`, command)
	return err
}
