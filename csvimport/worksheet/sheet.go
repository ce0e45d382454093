package worksheet

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/sheet"
)

// The columns. What a person fills in comes last, where it is seen.
const (
	colReference    = "reference"
	colTenant       = "tenant"
	colSubscription = "subscription"
	colAccountID    = "account_id"
	colAccountName  = "account_name"
	colPlan         = "plan"
	colSent         = "sent_at"
	colKnown        = "known"
	colOrderNumber  = "order_number"
	colOrderID      = "order_id"
	colFound        = "found"
	colNote         = "note"
)

var headings = []string{
	colReference, colTenant, colSubscription, colAccountID, colAccountName, colPlan, colSent, colKnown, colOrderNumber, colOrderID, colFound, colNote,
}

// Row is what the sheet tells of one order.
type Row struct {
	Reference   string // to be searched for
	Tenant      string
	Sub         string
	AccountNo   string
	AccountName string
	Plan        string
	Sent        string // when, for people; empty if that is not known
	Known       string // in words
	OrderNumber string
	OrderID     string
}

// OfResult is the row of a row of a results file.
func OfResult(r *csvimport.Reported, sent string) Row {
	res := &r.Result
	return Row{
		Reference: cmp.Or(res.Reference, csvimport.Reference(r.Row.SubID, 1)), Tenant: r.Row.Tenant, Sub: r.Row.SubID,
		AccountNo: cmp.Or(res.Account, r.Row.AccountID), AccountName: cmp.Or(res.AccountName, r.Row.Company),
		Plan: outcome.Named(res.PlanName, r.Row.PlanID), Sent: sent, Known: res.Error, OrderNumber: res.OrderNumber, OrderID: res.OrderID,
	}
}

// Write writes the sheet to out, closes it, and returns how many rows it has. The error is that of
// out or of rows.
func Write(out sheet.Writer, rows iter.Seq2[Row, error]) (n int, err error) {
	if err := out.Write(headings); err != nil {
		return 0, err
	}
	for r, err := range rows {
		if err != nil {
			return n, err
		}
		if err := out.Write([]string{
			r.Reference, r.Tenant, r.Sub, r.AccountNo, r.AccountName, r.Plan, r.Sent, r.Known, r.OrderNumber, r.OrderID, "", "",
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, out.Close()
}

// columnsOf finds the columns by their headings; -1 is one that is not there.
func columnsOf(header []string) map[string]int {
	at := make(map[string]int, len(headings))
	for _, name := range headings {
		at[name] = slices.IndexFunc(header, func(h string) bool { return sheet.Fold(h) == sheet.Fold(name) })
	}
	for _, other := range []string{"sub_id", "subscription_id"} {
		if at[colSubscription] < 0 {
			at[colSubscription] = slices.IndexFunc(header, func(h string) bool { return sheet.Fold(h) == sheet.Fold(other) })
		}
	}
	return at
}

// cellOf is a cell without what spreadsheets put around it.
func cellOf(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(sheet.Plain(strings.TrimSpace(cells[i])))
}
