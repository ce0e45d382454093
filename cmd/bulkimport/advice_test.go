package main

import (
	"testing"

	"bulkimport/csvimport"
)

func TestRowAdvice(t *testing.T) {
	tests := []struct{ status, order, want string }{
		{"submitted", "WP", "In Billing, settle the payment of the order; then run “bulkimport reconcile”."},
		{"submitted", "LO", "Nothing to mend. Run “bulkimport reconcile” later to see the end."},
		{"invalid", "", "Mend the rows (“bulkimport validate” names each cell) and import the file again."},
		{"failed", "PF", "Mend the cause, resubmit the order in Billing, then run “bulkimport reconcile”."},
		{"failed", "CL", "The order is cancelled. A new one is placed only with “--again” and the subscription."},
		{"unknown", "", "Do not order by hand. Run “bulkimport reconcile”: it looks and places nothing."},
		{"other", "", "Correct the status column, or write the results file again with the same import."},
	}
	for _, tt := range tests {
		if got := rowAdvice(tt.status, tt.order); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.status, tt.order, got, tt.want)
		}
	}
}

func TestAdvised(t *testing.T) {
	tests := []struct {
		next       csvimport.Action
		hint, want string
	}{
		{0, "look", "look"},
		{csvimport.ListPlans, "", "bulkimport plans lists the service plans with their ids"},
		{csvimport.ListPlans, `the export had "x"`, `bulkimport plans lists the service plans with their ids; the export had "x"`},
		{csvimport.AllPlans, "there are 7 service plans, among them a, b, c", "there are 7 service plans, among them a, b, c (bulkimport plans lists all)"},
		{csvimport.FindAccount, "take the number from the panel", "take the number from the panel (bulkimport accounts --find lists them)"},
		{csvimport.KeepZeros, "", "--no-restore leaves them as they are in the file"},
		{csvimport.OrderAgain, "mend it, or cancel it there", "mend it, or cancel it there and import with --again"},
		{csvimport.LookAgain, "import the file again", "run reconcile, then import the file again"},
	}
	for _, tt := range tests {
		got := advised(csvimport.NewFinding(csvimport.EEmpty, csvimport.Place{}, "", "", tt.hint).Then(tt.next))
		if got.Hint != tt.want || advised(got).Hint != tt.want {
			t.Errorf("%d %q: %q, again %q, want %q", tt.next, tt.hint, got.Hint, advised(got).Hint, tt.want)
		}
	}
	r := told(csvimport.Result{ErrorCode: csvimport.CodeUnrecorded, Error: "nothing is recorded of this row"})
	if want := "nothing is recorded of this row; look it up with status --row before importing it again"; r.Error != want {
		t.Errorf("%q, want %q", r.Error, want)
	}
}
