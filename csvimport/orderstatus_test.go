package csvimport_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
)

// TestOrderStatuses shows that every known status has words, and which of them say
// what a person has to do.
func TestOrderStatuses(t *testing.T) {
	var waiting []string
	for _, code := range slices.Sorted(maps.Keys(csvimport.OrderStatusWords())) {
		s, ok := csvimport.OrderStatusOf(code)
		if !ok || s.Words == "" || s.Words != csvimport.OrderStatusWords()[code] || (s.Waits == "") != (s.For == "") {
			t.Errorf("%s: %v, known %v", code, s, ok)
		}
		if s.Waits != "" {
			waiting = append(waiting, code)
		}
	}
	if diff := cmp.Diff([]string{csvimport.OrderOnHold, csvimport.OrderNoPayment, csvimport.OrderUnpaid}, waiting); diff != "" {
		t.Errorf("statuses that wait for a person (-want +got):\n%s", diff)
	}
	if s, ok := csvimport.OrderStatusOf("RB"); ok || s != (csvimport.OrderStatus{}) {
		t.Errorf("a status not known: %v, known %v", s, ok)
	}
}
