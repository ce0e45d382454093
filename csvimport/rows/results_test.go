package rows_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

func TestWriteResults(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 15, 500e6, time.FixedZone("CET", 3600))
	done := csvimport.Result{
		Index: 0, Line: 2, SubID: sample.SubID(1), Status: csvimport.Completed, OrderID: "o-1", OrderNumber: "SO000123", OrderStatus: "CP",
		Account: "1000001", AccountName: "+41 Telefonie AG", PlanName: "Azure NCE", CutOff: "2027-01-01T00:00:00.000Z",
		Reference: "azure-import/" + sample.SubID(1), HTTPStatus: 201, Attempts: 1, SubmittedAt: at, FinishedAt: at.Add(2 * time.Second),
	}
	refused := csvimport.Result{
		Index: 1, Line: 3, SubID: sample.SubID(2), Status: csvimport.Refused, HTTPStatus: 422, ErrorCode: "plan", Error: `plan "x", not
yours`, Attempts: 2,
	}
	const doneCells = "2,completed,o-1,SO000123,CP,1000001,'+41 Telefonie AG,Azure NCE,2027-01-01T00:00:00.000Z,azure-import/5ab00000-0000-4000-8000-000000000001,201,,,1,2026-11-22T09:30:15Z,2026-11-22T09:30:17Z\r\n"
	const refusedCells = "3,refused,,,,,,,,,422,plan,\"plan \"\"x\"\", not\nyours\",2,,\r\n"
	six := "tenant,plan_id,sub_id,company_name,email,account_id"
	cells := func(n int, more string) string {
		return fmt.Sprintf("t%d.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,%s", n, sample.PlanA, sample.SubID(n), more)
	}
	for _, tt := range []struct {
		name, file string
		results    []csvimport.Result
		want       string
	}{
		{"six columns", six + "\n" + cells(1, "1000001") + "\n" + cells(2, "") + "\n", []csvimport.Result{done, refused},
			six + "," + sample.ResultColumns + "\r\n" + cells(1, "1000001") + "," + doneCells + cells(2, "") + "," + refusedCells},
		{"own columns, their order and text", "Remark;sub_id;tenant;plan_id;company_name;email;account_id;status\n" +
			`=1+1;` + sample.SubID(1) + ";T1.onmicrosoft.com ;" + sample.PlanA + `;"Con;toso";chris@contoso.com;;mine` + "\n", []csvimport.Result{done},
			"Remark,sub_id,tenant,plan_id,company_name,email,account_id,status," + sample.ResultColumns + "\r\n" +
				`'=1+1,` + sample.SubID(1) + `,"T1.onmicrosoft.com ",` + sample.PlanA + `,Con;toso,chris@contoso.com,,mine,` + doneCells},
		{"surplus empty cells", six + "\n" + cells(1, "") + ",,\n", []csvimport.Result{done},
			six + "," + sample.ResultColumns + "\r\n" + cells(1, "") + "," + doneCells},
		{"surplus cells stay behind", six + "\n" + cells(1, "") + ",,note\n", []csvimport.Result{done},
			six + "," + sample.ResultColumns + "\r\n" + cells(1, "") + "," + strings.TrimSuffix(doneCells, "\r\n") + ",,note\r\n"},
		{"short record", six + "\n" + strings.TrimSuffix(cells(1, ""), ",") + "\n", []csvimport.Result{done},
			six + "," + sample.ResultColumns + "\r\n" + cells(1, "") + "," + doneCells},
		{"line breaks in cells stay as they are", six + "\r\n" + strings.Replace(cells(1, ""), "Contoso", "\"Con\ntoso\"", 1) + "\r\n", []csvimport.Result{done},
			six + "," + sample.ResultColumns + "\r\n" + strings.Replace(cells(1, ""), "Contoso", "\"Con\ntoso\"", 1) + "," + doneCells},
		{"a row nothing is known of", six + "\n" + cells(1, "") + "\n", nil,
			six + "," + sample.ResultColumns + "\r\n" + cells(1, "") + ",2,unknown,,,,,,,,,,,nothing is recorded,0,,\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := sample.WriteResults(t, sample.Open(t, tt.file), tt.results...)
			if diff := cmp.Diff("\ufeff"+tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// What was written is valid input; with the same results it is
			// written again as it is.
			if again := sample.WriteResults(t, sample.Open(t, got), tt.results...); len(tt.results) > 0 {
				if diff := cmp.Diff(got, again); diff != "" {
					t.Errorf("written again (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestResultsReadBack(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 30, 15, 0, time.UTC)
	want := []csvimport.Result{
		{Index: 0, Line: 2, SubID: sample.SubID(1), Status: csvimport.Completed, OrderID: "o-1", OrderNumber: "SO1", OrderStatus: "CP", Account: "1000001",
			AccountName: "=Sum AG", PlanName: "@plan", CutOff: "2027-01-01T00:00:00.000Z", Reference: "azure-import/x", HTTPStatus: 200, Attempts: 1, SubmittedAt: at, FinishedAt: at},
		{Index: 1, Line: 3, SubID: sample.SubID(2), Status: csvimport.Unknown, HTTPStatus: 504, ErrorCode: "E", Error: "-no answer", Attempts: 5},
	}
	file := "status,sub_id,tenant,plan_id,company_name,email,account_id\n"
	for n := 1; n <= 2; n++ {
		file += fmt.Sprintf("=mine,%s,t.onmicrosoft.com,%s,Contoso,chris@contoso.com,\n", sample.SubID(n), sample.PlanA)
	}
	f := sample.Open(t, file)
	if rows.IsResults(f) {
		t.Error("a column called status does not make a results file")
	}
	for _, err := range rows.ReadResults(f) {
		if !errors.Is(err, rows.ErrNotResults) {
			t.Errorf("got error %v, want ErrNotResults", err)
		}
	}
	back := sample.Open(t, sample.WriteResults(t, f, want...))
	if !rows.IsResults(back) {
		t.Fatal("what was written is not a results file")
	}
	var got []csvimport.Result
	for r, err := range rows.ReadResults(back) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Result)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResultsOfSelectedRows(t *testing.T) {
	file := "tenant,plan_id,sub_id,company_name,email,account_id\n"
	for n := 1; n <= 3; n++ {
		file += fmt.Sprintf("t.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,\n", sample.PlanA, sample.SubID(n))
	}
	result := func(i int, s csvimport.Status, message string) csvimport.Result {
		return csvimport.Result{Index: i, Line: i + 2, SubID: sample.SubID(i + 1), Status: s, Error: message, Attempts: 1}
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

func TestWriteResultsErrors(t *testing.T) {
	f := sample.Open(t, "tenant,plan_id,sub_id,company_name,email,account_id\nt.onmicrosoft.com,"+sample.PlanA+","+sample.SubID(1)+",C,c@c.de,\n")
	broken := errors.New("ledger gone")
	if err := rows.WriteResults(&bytes.Buffer{}, f, sample.List([]csvimport.Reported{}, broken), ""); !errors.Is(err, broken) {
		t.Errorf("error of the results: got %v", err)
	}
	full := errors.New("disk full")
	w := writerFunc(func([]byte) (int, error) { return 0, full })
	if err := rows.WriteResults(w, f, sample.Results(f, csvimport.Result{}), ""); !errors.Is(err, full) {
		t.Errorf("error of the writer: got %v", err)
	}
}
