package engine

import (
	"fmt"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
)

// item is one row on its way through an import.
type item struct {
	index, line int
	entry       ledger.Entry  // as this row wants it, or as the ledger has it
	want        *ledger.Entry // what the row asks for, where the ledger had an entry already
	differs     string        // how the order that exists is not this row's; empty if it is
	earlier     bool          // its order was at an end when the row was first looked at
	sends       int           // in this run
	tries       int           // delays so far, for the backoff
	canary      bool          // one of the first rows on which the rest depends
}

// wanted is the entry a row asks for.
func wanted(row *csvimport.Row) ledger.Entry {
	e := ledger.Entry{Sub: row.SubID, Gen: 1, Tenant: row.Tenant, PlanID: row.PlanID, CutOff: row.CutOff}
	if row.Account != nil {
		e.AccountID, e.AccountNo, e.AccountName = row.Account.APSID, row.Account.ID, row.Account.Company
	}
	if row.AccountID == "" {
		e.Email = row.Email
	}
	if row.Plan != nil {
		e.PlanName = row.Plan.Name
	}
	return e
}

// compare notes how the order the item has differs from what its row asks for.
func (it *item) compare() {
	if it.want != nil && it.entry.State.Ordered() {
		it.differs = difference(it.want, &it.entry)
	}
}

// mend makes the entry what the row asks for, once it is sure that nothing was
// ordered by the intent it had.
func (it *item) mend() {
	if it.want == nil {
		return
	}
	e := *it.want
	e.Gen, e.State, e.Sends, e.Doubted = it.entry.Gen, it.entry.State, it.entry.Sends, it.entry.Doubted
	it.entry = e
}

func request(e *ledger.Entry) apsclient.OrderRequest {
	return apsclient.OrderRequest{
		AccountID: e.AccountID, PlanID: e.PlanID, Reference: csvimport.Reference(e.Sub, e.Gen),
		Tenant: e.Tenant, Subscription: e.Sub, CutOff: e.CutOff,
	}
}

// settled is the status of a row whose subscription was at its end when first
// looked at; ok is false for rows that still have something to be done. Row
// and ledger alone decide: the same answer for a row met while importing and
// for one only met while writing results.
func settled(row *csvimport.Row, e *ledger.Entry, conflicted bool) (csvimport.Status, bool) {
	switch {
	case !row.Valid() || conflicted:
		return csvimport.Invalid, true
	case e != nil && e.State == ledger.Completed:
		if want := wanted(row); difference(&want, e) != "" {
			return csvimport.Differs, true
		}
		return csvimport.Existing, true
	case e != nil && e.State.Ordered():
		return "", false
	case row.Binding.Imported && (e == nil || !e.State.InDoubt()):
		if misbound(row) != "" {
			return csvimport.Differs, true
		}
		return csvimport.Existing, true
	}
	return "", false
}

// soldAnew reports whether the order completed, and yet the tenant list shows
// the subscription as not imported.
func soldAnew(row *csvimport.Row, e *ledger.Entry) bool {
	return e != nil && e.State == ledger.Completed && row.Binding.Known && !row.Binding.Imported
}

// abandoned is the status of a row the run did not come to, by the ledger.
func abandoned(row *csvimport.Row, e *ledger.Entry) csvimport.Status {
	if e == nil {
		return csvimport.Unsent
	}
	switch s := statusOf(e); s {
	case csvimport.Submitted:
		if want := wanted(row); difference(&want, e) != "" {
			return csvimport.Differs
		}
		return s
	case csvimport.Unknown, csvimport.Failed:
		return s
	}
	return csvimport.Unsent
}

// statusOf is the status of a row whose order was followed or waited for.
func statusOf(e *ledger.Entry) csvimport.Status {
	switch e.State {
	case ledger.Completed:
		return csvimport.Completed
	case ledger.Failed:
		return csvimport.Failed
	case ledger.Accepted:
		return csvimport.Submitted
	case ledger.Intended, ledger.Doubt:
		return csvimport.Unknown
	case ledger.Refused:
		return csvimport.Refused
	}
	return csvimport.Unsent
}

// state is the ledger's word for the phase of an order.
func state(p apsclient.Phase) ledger.State {
	switch p {
	case apsclient.Good:
		return ledger.Completed
	case apsclient.Bad:
		return ledger.Failed
	}
	return ledger.Accepted
}

// take copies what an order tells of itself into its entry: number, status,
// end. What the entry knows of the intent stays.
func take(e *ledger.Entry, o *apsclient.Order) {
	e.State = state(o.Phase())
	e.OrderID, e.OrderNumber, e.OrderStatus = o.ID, o.Number, o.Status
	e.Doubted = false
	if e.SubmittedAt.IsZero() {
		e.SubmittedAt = o.Date
	}
	e.Code, e.Message = "", ""
	if e.State == ledger.Failed {
		e.Code, e.Message = "ORDER_"+o.Status, o.Reason
	}
}

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
