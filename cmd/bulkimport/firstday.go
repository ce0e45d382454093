package main

import (
	"cmp"
	"fmt"
	"io"

	"bulkimport/csvimport/ledger"
)

// The first day: where no import of ours is known to have ended well, and the
// platform is not on this machine, one order is placed and a person looks at it.

// orderName is the number of an order, or its id where it has none.
func orderName(e *ledger.Entry) string { return cmp.Or(e.OrderNumber, e.OrderID) }

// lookAt says what is to be looked at on the first day, and how it goes on.
func lookAt(w io.Writer, p pen, first *ledger.Entry, command string) error {
	fmt.Fprintln(w, p.bold("first day: look at the first order before the rest follows (bulkimport help first-day)"))
	order := orderName(first)
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
