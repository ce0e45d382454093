package simulation_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"maps"
	"slices"
)

// tableRow is a row of an operator's file.
type tableRow struct {
	tenant, sub int    // by position on the platform
	account     int    // position of the tenant whose account it is bound to
	plan        int    // by position
	byName      bool   // the account by company and e-mail, and not by its number
	cutOff      string // as written
}

// sub names the subscription of a row.
func (w *world) sub(r tableRow) string { return w.tenants[r.tenant].Subscriptions[r.sub] }

// text is a table as a file.
func (w *world) text(table []tableRow) string {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.Write([]string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id", "cut_off_date"})
	for _, r := range table {
		t, payer := w.tenants[r.tenant], w.tenants[r.account]
		number := payer.AccountNumber
		if r.byName {
			number = ""
		}
		out.Write([]string{t.Domain, w.plans[r.plan].ID, w.sub(r), payer.Company, payer.Email, number, r.cutOff})
	}
	out.Flush()
	return b.String()
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
