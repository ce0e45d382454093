package check_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

// TestManyRows shows that rows are kept apart when many are gathered: in the
// results and in look-ups.
func TestManyRows(t *testing.T) {
	const n = 10_000
	s, text := sample.Crowd(n)
	f := sample.Open(t, text)
	c := &check.Checker{File: f, Catalog: sample.Load(t, s), Book: sample.Book(t)}
	i := 0
	for r, err := range c.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Index != i || r.SubID != sample.SubID(i) || r.Cells[2] != sample.SubID(i) || r.Account == nil || r.Account.APSID != fmt.Sprintf("aps-%d", i) {
			t.Fatalf("row %d is %+v", i, r)
		}
		i++
	}
	if tally := c.Tally(); tally.Valid != n || tally.Tenants != n || tally.ByID != n/2 || tally.ByBinding != n/2 {
		t.Errorf("tally is %+v", tally)
	}
	list := make([]csvimport.Result, n)
	for i := range list {
		list[i] = csvimport.Result{Index: i, Line: i + 2, SubID: sample.SubID(i), Status: csvimport.Completed, OrderID: fmt.Sprint(i)}
	}
	i = 0
	for r, err := range rows.ReadResults(sample.Open(t, sample.WriteResults(t, f, list...))) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Row.SubID != sample.SubID(i) || r.Result.OrderID != fmt.Sprint(i) {
			t.Fatalf("row %d is %+v", i, r)
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows read back, want %d", i, n)
	}
}

func TestResultsOfSelectedRows(t *testing.T) {
	file := "tenant,plan_id,sub_id,company_name,email,account_id\n"
	for n := 1; n <= 3; n++ {
		file += fmt.Sprintf("t.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,\n", sample.PlanA, sample.SubID(n))
	}
	result := func(i int, s csvimport.Status, message string) csvimport.Result {
		return csvimport.Result{Index: i, Line: i + 2, Row: i + 2, SubID: sample.SubID(i + 1), Status: s, Error: message, Attempts: 1}
	}
	first := sample.Open(t, sample.WriteResults(t, sample.Open(t, file), result(0, csvimport.Completed, ""), result(1, csvimport.Refused, "=no"), result(2, csvimport.Unknown, "?")))

	check := check.Checker{File: first, Only: map[csvimport.Status]bool{csvimport.Refused: true}}
	var picked []string
	for r, err := range check.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		picked = append(picked, r.SubID)
	}
	if diff := cmp.Diff([]string{sample.SubID(2)}, picked); diff != "" {
		t.Errorf("selected (-want +got):\n%s", diff)
	}
	second := sample.Open(t, sample.WriteResults(t, first, result(1, csvimport.Completed, "")))
	var got []csvimport.Result
	for r, err := range rows.ReadResults(second) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Result)
	}
	want := []csvimport.Result{result(0, csvimport.Completed, ""), result(1, csvimport.Completed, ""), result(2, csvimport.Unknown, "?")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows that were not selected keep what they had (-want +got):\n%s", diff)
	}
}
