package csvimport_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
)

func TestReasonsThatAreOne(t *testing.T) {
	for _, tt := range []struct {
		name, a, b, pattern string // pattern empty: two reasons
	}{
		{"the same", "no agreement", "no agreement", "no agreement"},
		{"numbers", "account 10 has no agreement", "account 12 has no agreement", "account … has no agreement"},
		{"words with digits", "order SO000123 failed", "order SO000124 failed", "order … failed"},
		{"names in quotes", `plan "A" is not for sale`, `plan "B c" is not for sale`, "plan … is not for sale"},
		{"names in other quotes", "“A” said no", "“B” said no", "… said no"},
		{"addresses", "mail chris@contoso.com bounced", "mail ben@fabrikam.example bounced", "mail … bounced"},
		{"host names", "see contoso.onmicrosoft.com", "see fabrikam.example", "see …"},
		{"in brackets", "no answer (502)", "no answer (504)", "no answer (…)"},
		{"other words", "no agreement", "no account", ""},
		{"nothing and something", "", "no account", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var reasons csvimport.Reasons
			reasons.Add(&csvimport.Result{Row: 2, Status: csvimport.Refused}, tt.a)
			reasons.Add(&csvimport.Result{Row: 3, Status: csvimport.Refused}, tt.b)
			list := reasons.List()
			if tt.pattern == "" {
				if len(list) != 2 {
					t.Errorf("one group: %+v", list[0])
				}
				return
			}
			want := []*csvimport.Reason{{
				Status: csvimport.Refused, Words: tt.a, Pattern: tt.pattern, Differ: tt.a != tt.b, Rows: 2, First: []int{2, 3},
			}}
			if diff := cmp.Diff(want, list); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReasonsAreToldApart(t *testing.T) {
	var reasons csvimport.Reasons
	for i, r := range []csvimport.Result{
		{Status: csvimport.Failed, OrderStatus: "PF", ErrorCode: "A"},
		{Status: csvimport.Failed, OrderStatus: "PF", ErrorCode: "B"},
		{Status: csvimport.Failed, OrderStatus: "CL", ErrorCode: "A"},
		{Status: csvimport.Refused, OrderStatus: "PF", ErrorCode: "A"},
		{Status: csvimport.Failed, OrderStatus: "CL", ErrorCode: "A"},
	} {
		r.Row = i + 2
		reasons.Add(&r, "no", r.ErrorCode)
	}
	var got []string
	for _, r := range reasons.List() {
		got = append(got, fmt.Sprintf("%d: %d %s %s %v", r.Index, r.Rows, r.Status, r.OrderStatus, r.First))
	}
	want := []string{"2: 2 failed CL [4 6]", "0: 1 failed PF [2]", "1: 1 failed PF [3]", "3: 1 refused PF [5]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("those with most rows first, else as they came (-want +got):\n%s", diff)
	}
}

// TestManyReasons shows that the groups do not grow without bound.
func TestManyReasons(t *testing.T) {
	reasons := csvimport.Reasons{Most: 3, Named: 2}
	for i := range 10 {
		r := csvimport.Result{Row: i, Status: []csvimport.Status{csvimport.Failed, csvimport.Refused}[i%2], OrderStatus: "PF"}
		reasons.Add(&r, strings.Repeat("x", i+1))
	}
	var got []string
	for _, r := range reasons.List() {
		got = append(got, fmt.Sprintf("%d: %d %s %q %q %v %v %v", r.Index, r.Rows, r.Status, r.Words, r.Pattern, r.Differ, r.Rest, r.First))
	}
	want := []string{
		`3: 4 refused "" "" false true [3 5]`, `4: 3 failed "" "" false true [4 6]`,
		`0: 1 failed "x" "x" false false [0]`, `1: 1 refused "xx" "xx" false false [1]`, `2: 1 failed "xxx" "xxx" false false [2]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
