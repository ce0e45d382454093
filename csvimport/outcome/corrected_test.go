package outcome_test

import (
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// TestCorrected shows that a difference is closed for the row as it was, through
// what spreadsheets do to letters, and that another one is none of it.
func TestCorrected(t *testing.T) {
	want := ledger.Entry{Sub: "sub", AccountID: "b", AccountNo: "1000002", AccountName: "Müller", PlanID: "plan"}
	have := ledger.Entry{Sub: "sub", State: ledger.Completed, OrderID: "order", OrderNumber: "SO1", AccountID: "a", AccountNo: "1000001", PlanID: "plan"}
	words := outcome.Difference(&want, &have)
	if words == "" {
		t.Fatal("there is no difference")
	}
	have.Code = outcome.Corrected("BY ORDER SO1 (order): target account: the order has 1000001 (a), the row has 1000002 (MÃ¼ller)")
	if got := outcome.Difference(&want, &have); got != "" {
		t.Errorf("still differs: %s", got)
	}
	want.PlanID = "another"
	if outcome.Difference(&want, &have) == "" {
		t.Error("a row that was edited since does not differ")
	}
}
