package engine

import (
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
)

// difference says in words how the order that exists is not what the row
// asks for; empty if it is. What the platform did not tell is not compared.
func difference(want, have *ledger.Entry) string {
	var out []string
	differ := func(what, have, want string) {
		out = append(out, fmt.Sprintf("%s: the order has %s, the row has %s", what, have, want))
	}
	if have.AccountID != "" && have.AccountID != want.AccountID {
		differ("target account", named(have.AccountNo, have.AccountName, have.AccountID), named(want.AccountNo, want.AccountName, want.AccountID))
	}
	if have.PlanID != "" && have.PlanID != want.PlanID {
		differ("service plan", named(have.PlanID, have.PlanName), named(want.PlanID, want.PlanName))
	}
	if have.PlanID != "" && have.CutOff != want.CutOff {
		differ("cut-off date", named(have.CutOff), named(want.CutOff))
	}
	return strings.Join(out, "; ")
}

// misbound says how a subscription that the platform already shows as
// imported is not where the row wants it; empty if it is, or if not told.
func misbound(row *csvimport.Row) string {
	if row.Binding.AccountID == "" || row.Account == nil || normal.Number(row.Binding.AccountID) == normal.Number(row.Account.ID) {
		return ""
	}
	return fmt.Sprintf("target account: imported under %s, the row has %s", row.Binding.AccountID, named(row.Account.ID, row.Account.Company))
}

// named joins an id with its first non-empty name for words.
func named(id string, names ...string) string {
	for _, n := range names {
		switch {
		case n == "" || n == id:
		case id == "":
			return n
		default:
			return id + " (" + n + ")"
		}
	}
	if id == "" {
		return "none"
	}
	return id
}
