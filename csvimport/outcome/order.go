package outcome

import (
	"fmt"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
)

// Wanted is the entry a row asks for.
func Wanted(row *csvimport.Row) ledger.Entry {
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

// Request is the order that a row asks for.
func Request(row *csvimport.Row) apsclient.OrderRequest {
	want := Wanted(row)
	return RequestFor(&want)
}

func RequestFor(e *ledger.Entry) apsclient.OrderRequest {
	return apsclient.OrderRequest{
		AccountID: e.AccountID, AccountNumber: e.AccountNo, PlanID: e.PlanID, Reference: csvimport.Reference(e.Sub, e.Gen),
		Tenant: e.Tenant, Subscription: e.Sub, CutOff: e.CutOff,
	}
}

// Settled is the status of a row whose subscription was at its end when first
// looked at; ok is false for rows that still have something to be done. Row
// and ledger alone decide: the same answer for a row met while importing and
// for one only met while writing results.
func Settled(row *csvimport.Row, e *ledger.Entry, conflicted bool) (csvimport.Status, bool) {
	switch {
	case !row.Valid() || conflicted:
		return csvimport.Invalid, true
	case e != nil && e.State == ledger.Completed:
		if want := Wanted(row); Difference(&want, e) != "" || SoldAnew(row, e) {
			return csvimport.Differs, true
		}
		return csvimport.Existing, true
	case e != nil && e.State.Ordered():
		return "", false
	case row.Binding.Imported && (e == nil || !e.State.InDoubt()):
		want := Wanted(row)
		s, _ := ImportedAs(&row.Binding, &want)
		return s, true
	}
	return "", false
}

// SoldAnew reports whether the order completed, and yet the tenant list, which is
// known to follow, shows the subscription as not imported.
func SoldAnew(row *csvimport.Row, e *ledger.Entry) bool {
	return e != nil && e.State == ledger.Completed && e.Imported == ledger.ImportNo && row.Binding.Known && !row.Binding.Imported
}

// Abandoned is the status of a row the run did not come to, by the ledger.
func Abandoned(row *csvimport.Row, e *ledger.Entry) csvimport.Status {
	if e == nil {
		return csvimport.Unsent
	}
	switch s := StatusOf(e); s {
	case csvimport.Submitted:
		if want := Wanted(row); Difference(&want, e) != "" {
			return csvimport.Differs
		}
		return s
	case csvimport.Unknown, csvimport.Failed:
		return s
	}
	return csvimport.Unsent
}

// StatusOf is the status of a row whose order was followed or waited for.
func StatusOf(e *ledger.Entry) csvimport.Status {
	switch e.State {
	case ledger.Completed:
		return csvimport.Completed
	case ledger.Failed:
		return csvimport.Failed
	case ledger.Accepted:
		if e.Code == csvimport.CodeNotShown {
			return csvimport.Unknown
		}
		return csvimport.Submitted
	case ledger.Intended, ledger.Doubt, ledger.Denied:
		return csvimport.Unknown
	case ledger.Refused:
		return csvimport.Refused
	}
	return csvimport.Unsent
}

// Fits reports whether a row may have been told this status by its entry.
func Fits(s csvimport.Status, e *ledger.Entry) bool {
	switch s {
	case csvimport.Completed, csvimport.Existing:
		return e.State == ledger.Completed
	case csvimport.Submitted:
		return e.State == ledger.Accepted || e.State == ledger.Completed
	case csvimport.Failed:
		return e.State == ledger.Failed
	case csvimport.Refused:
		return e.State == ledger.Refused
	case csvimport.Differs:
		return e.State.Ordered()
	case csvimport.Unsent:
		return e.State.MaySend()
	case csvimport.Unknown:
		return e.State.InDoubt() || e.State.MaySend() || e.State == ledger.Accepted && e.Code == csvimport.CodeNotShown
	}
	return true
}

// After is the status of a row whose entry has changed since the row ended, which the
// run itself has sent or not.
func After(row *csvimport.Row, e *ledger.Entry, sent bool) csvimport.Status {
	s, ok := Settled(row, e, false)
	if !ok {
		s = Abandoned(row, e)
	}
	if s == csvimport.Existing && sent {
		return csvimport.Completed
	}
	return s
}

// StateOf is the ledger's word for the phase of an order.
func StateOf(p apsclient.Phase) ledger.State {
	switch p {
	case apsclient.Good:
		return ledger.Completed
	case apsclient.Bad:
		return ledger.Failed
	}
	return ledger.Accepted
}

// Take copies what an order told of itself when it was seen, by the platform's
// clock, into its entry: number, status, end. What the entry knows of the intent
// stays.
func Take(e *ledger.Entry, o *apsclient.Order, seen time.Time) {
	e.State = StateOf(o.Phase())
	e.ShownAt, e.FinishedAt = seen, seen
	if e.State == ledger.Accepted {
		e.FinishedAt = time.Time{}
	}
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

// Found is Take for an order that a look found and no answer has named. Another
// ledger may have placed it, for the row as that one was there: then what it tells
// counts, and not what was intended here.
func Found(e *ledger.Entry, o *apsclient.Order, seen time.Time) {
	Take(e, o, seen)
	told := ledger.Entry{Tenant: o.Tenant, AccountID: o.AccountID, PlanID: o.PlanID, CutOff: o.CutOff}
	if Difference(e, &told) == "" {
		return
	}
	e.Origin = ledger.OtherLedger
	if told.AccountID != "" && !sameOwner(e, told.AccountID) {
		e.AccountID, e.AccountNo, e.AccountName = told.AccountID, "", ""
	}
	if told.PlanID != "" && !strings.EqualFold(told.PlanID, e.PlanID) {
		e.PlanID, e.PlanName = told.PlanID, ""
	}
	if tellsParameters(&told) {
		e.CutOff = told.CutOff
	}
}

// Difference says in words how the order that exists is not what the row
// asks for; empty if it is. What the platform did not tell is not compared, and what
// a person has said to be put right is no difference.
func Difference(want, have *ledger.Entry) string {
	var out []string
	differ := func(what, have, want string) {
		out = append(out, fmt.Sprintf("%s: the order has %s, the row has %s", what, have, want))
	}
	if have.AccountID != "" && !sameOwner(want, have.AccountID) {
		differ("target account", Named(have.AccountNo, have.AccountName, have.AccountID), Named(want.AccountNo, want.AccountName, want.AccountID))
	}
	if have.PlanID != "" && !strings.EqualFold(have.PlanID, want.PlanID) {
		differ("service plan", Named(have.PlanID, have.PlanName), Named(want.PlanID, want.PlanName))
	}
	if tellsParameters(have) && !sameInstant(have.CutOff, want.CutOff) {
		differ("cut-off date", Named(have.CutOff), Named(want.CutOff))
	}
	if len(out) == 0 {
		return ""
	}
	words := bySource(have) + strings.Join(out, "; ")
	if have.Code == Corrected(words) {
		return ""
	}
	return words
}

// bySource names the order that a difference was read from.
func bySource(have *ledger.Entry) string {
	if have.OrderNumber == "" && have.OrderID == "" {
		return ""
	}
	return "by order " + Named(have.OrderNumber, have.OrderID) + ": "
}

// untold lists what the platform does not tell of an order that was found there.
func untold(have *ledger.Entry) string {
	if !have.Foreign() {
		return ""
	}
	var out []string
	for _, of := range []struct {
		what string
		told bool
	}{{"target account", have.AccountID != ""}, {"service plan", have.PlanID != ""}, {"cut-off date", tellsParameters(have)}} {
		if !of.told {
			out = append(out, of.what)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return bySource(have) + "the platform does not tell its " + strings.Join(out, ", ")
}

// tellsParameters reports whether an order's import parameters are known: each
// has a tenant.
func tellsParameters(e *ledger.Entry) bool { return e.Tenant != "" || e.CutOff != "" }

// sameOwner reports whether an order's account, told as aps.id or as number, is
// the one that is wanted.
func sameOwner(want *ledger.Entry, account string) bool {
	return strings.EqualFold(account, want.AccountID) ||
		want.AccountNo != "" && normal.Number(account) == normal.Number(want.AccountNo)
}

// sameInstant compares dates as values where both can be read.
func sameInstant(a, b string) bool {
	if a == b {
		return true
	}
	at, err := time.Parse(time.RFC3339, a)
	if err != nil {
		return false
	}
	bt, err := time.Parse(time.RFC3339, b)
	return err == nil && at.Equal(bt)
}

// Accord is how an order read back goes with the row it is said to be of.
type Accord uint8

const (
	Untellable  Accord = iota // the platform does not tell enough
	Agrees                    // it has the row's reference, or its content
	Contradicts               // it is another row's
)

// Agreement compares an order with what was placed: by our reference, else by
// subscription, account and plan. Staff may have changed the reference.
func Agreement(o *apsclient.Order, e *ledger.Entry) Accord {
	switch _, _, ours := csvimport.ParseReference(o.Reference); {
	case o.Reference == csvimport.Reference(e.Sub, e.Gen):
		return Agrees
	case ours:
		return Contradicts
	case o.PlanID != "" && !strings.EqualFold(o.PlanID, e.PlanID), o.AccountID != "" && !sameOwner(e, o.AccountID):
		return Contradicts
	case o.Subscription == "":
		return Untellable
	case o.Subscription != e.Sub:
		return Contradicts
	}
	return Agrees
}

// MayBe reports whether an order may be an entry's, of which the platform does not tell
// what it is for.
func MayBe(o *apsclient.Order, e *ledger.Entry) bool {
	const clocks = time.Hour // nodes' may be off by so much
	return Agreement(o, e) == Untellable && (o.Date.IsZero() || !o.Date.Before(e.SubmittedAt.Add(-clocks)))
}

// ImportedAs is the status of a row whose subscription the platform shows as imported, and
// how that is not where the row wants it; empty if it is, or if not told.
func ImportedAs(b *csvimport.Binding, want *ledger.Entry) (s csvimport.Status, differs string) {
	if b.AccountID == "" || want.AccountID == "" || normal.Number(b.AccountID) == normal.Number(want.AccountNo) {
		return csvimport.Existing, ""
	}
	return csvimport.Differs, fmt.Sprintf("target account: imported under %s, the row has %s", b.AccountID, Named(want.AccountNo, want.AccountName))
}

// Named joins an id with its first non-empty name for words.
func Named(id string, names ...string) string {
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

// Subscription is the one that an order is for: by our reference, else by its content;
// empty if neither tells.
func Subscription(o *apsclient.Order) string {
	if sub, _, ok := csvimport.ParseReference(o.Reference); ok {
		return sub
	}
	return o.Subscription
}

// ConcernsUs reports whether an order has our reference or is an import.
func ConcernsUs(o *apsclient.Order) bool {
	_, _, ours := csvimport.ParseReference(o.Reference)
	return ours || o.Subscription != ""
}

// Misnamed reports whether an order is another row's although an answer has named it
// as this entry's: nothing has shown it to be its own yet.
func Misnamed(o *apsclient.Order, e *ledger.Entry) bool {
	return Unshown(e) && Agreement(o, e) == Contradicts
}

// Unshown reports whether an answer alone has named an entry's order.
func Unshown(e *ledger.Entry) bool { return !e.Foreign() && e.ShownAt.IsZero() }

// KeptBy tells from one order read back whether references are kept. Orders not placed
// by us say nothing.
func KeptBy(o *apsclient.Order, e *ledger.Entry) ledger.Kept {
	switch {
	case e.Foreign() || e.OrderID != o.ID:
		return ledger.KeptUnknown
	case o.Reference == csvimport.Reference(e.Sub, e.Gen):
		return ledger.KeptYes
	}
	return ledger.KeptNo
}
