package main

import (
	"testing"

	"bulkimport/csvimport"
)

func TestNextStep(t *testing.T) {
	const person = "a person has to act in Billing; then bulkimport reconcile"
	const anew = "if it is to be ordered again: --again SUB_ID"
	for _, test := range []struct {
		status         csvimport.Status
		order          string
		line, sentence string
	}{
		{csvimport.Submitted, "NP", person, "In Billing, give the account a payment method; then run “bulkimport reconcile”."},
		{csvimport.Submitted, "WP", person, "In Billing, settle the payment of the order; then run “bulkimport reconcile”."},
		{csvimport.Submitted, "HL", person, "In Billing, release the order; then run “bulkimport reconcile”."},
		{csvimport.Submitted, "LO", "", "Nothing to mend. Run “bulkimport reconcile” later to see the end."},
		{csvimport.Submitted, "", "", "Nothing to mend. Run “bulkimport reconcile” later to see the end."},
		{csvimport.Differs, "CP", "an order exists and is not what the row asks for: correct one of the two (bulkimport help runbook)", "Compare both values and correct the row, or have the order looked at in Billing."},
		{csvimport.Invalid, "", "", "Mend the rows (“bulkimport validate” names each cell) and import the file again."},
		{csvimport.Refused, "", "", "Nothing was created. Mend the cause and import the file again."},
		{csvimport.Failed, "PF", "mend the cause, resubmit the order in Billing, then bulkimport reconcile", "Mend the cause, resubmit the order in Billing, then run “bulkimport reconcile”."},
		{csvimport.Failed, "CL", anew, "The order is cancelled. A new one is placed only with “--again” and the subscription."},
		{csvimport.Failed, "", anew, "Mend the cause, resubmit the order in Billing, then run “bulkimport reconcile”."},
		{csvimport.Unknown, "", "do not import these by hand before bulkimport reconcile has looked again", "Do not order by hand. Run “bulkimport reconcile”: it looks and places nothing."},
		{csvimport.Unsent, "", "", "Run the same import again: what is done stays done."},
		{"other", "", "", "Correct the status column, or write the results file again with the same import."},
	} {
		t.Run(string(test.status)+" "+test.order, func(t *testing.T) {
			line, sentence := nextStep(test.status, test.order)
			if line != test.line || sentence != test.sentence {
				t.Errorf("got %q and %q, want %q and %q", line, sentence, test.line, test.sentence)
			}
		})
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
		f := csvimport.NewFinding(csvimport.EEmpty, csvimport.Place{}, "", "", "").Then(tt.next)
		f.Hint = tt.hint
		got := advised(f)
		if got.Hint != tt.want || advised(got).Hint != tt.want {
			t.Errorf("%d %q: %q, again %q, want %q", tt.next, tt.hint, got.Hint, advised(got).Hint, tt.want)
		}
	}
	r := (&env{veil: new(veil)}).told(csvimport.Result{ErrorCode: csvimport.CodeUnrecorded, Error: "nothing is recorded of this row"})
	if want := "nothing is recorded of this row; look it up with status --row before importing it again"; r.Error != want {
		t.Errorf("%q, want %q", r.Error, want)
	}
}
