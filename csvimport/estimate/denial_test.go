package estimate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/estimate"
	"bulkimport/csvimport/internal/sample"
)

// What denies an order is told apart: Allowed Operations, the service plan, and the
// staff member.
func TestDenial(t *testing.T) {
	billing := &apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500, Message: "BillingAPIFault: Access Denied"}
	operations := &apsclient.Error{Kind: apsclient.Permission, Status: 403, Code: "APS::Util::AccessViolation"}
	reason := &apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "not for this account"}
	for _, test := range []struct {
		name string
		a, b error
		rows []csvimport.Row
		want []string // the beginning of each plan's hint; none: the run cannot go on
	}{
		{"the plan", billing, nil, []csvimport.Row{orderRow(0, sample.PlanA), orderRow(1, sample.PlanB)}, []string{"it is this service plan", ""}},
		{"the plan, another being refused for a reason", billing, reason, []csvimport.Row{orderRow(0, sample.PlanA), orderRow(1, sample.PlanB)},
			[]string{"it is this service plan", "have a look at the service plan"}},
		{"the staff member", billing, billing, []csvimport.Row{orderRow(0, sample.PlanA), orderRow(1, sample.PlanB)},
			[]string{"it is most likely the staff member", "it is most likely the staff member"}},
		{"either", billing, nil, []csvimport.Row{orderRow(0, sample.PlanA)}, []string{"it is either the service plan or the staff member"}},
		{"the Allowed Operations", operations, operations, []csvimport.Row{orderRow(0, sample.PlanA)}, nil},
	} {
		k := &till{answers: map[string][]error{}}
		for i, err := range []error{test.a, test.b} {
			if err != nil {
				k.answers[sample.SubID(i)] = []error{err, err, err}
			}
		}
		plans, err := estimate.OfPlans(t.Context(), rowsOf(test.rows), k)
		if test.want == nil {
			if !errors.Is(err, operations) || !strings.Contains(operations.Hint(), "Allowed Operations") || estimate.Denies(err) {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil || len(plans) != len(test.want) {
			t.Errorf("%s: %d plans, error %v", test.name, len(plans), err)
			continue
		}
		for i, want := range test.want {
			got := ""
			for _, f := range plans[i].Row.Findings {
				got += f.Hint
			}
			if !strings.HasPrefix(got, want) || (got == "") != (want == "") {
				t.Errorf("%s: plan %d: %q, want %q", test.name, i, got, want)
			}
		}
	}
	if !estimate.Denies(fmt.Errorf("estimate: %w", billing)) || estimate.Denies(reason) || estimate.Denies(nil) {
		t.Error("Billing's word is not known from others")
	}
}
