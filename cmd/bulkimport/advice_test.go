package main

import "testing"

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
