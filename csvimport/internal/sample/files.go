package sample

import (
	"bytes"
	"iter"
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// Columns is the heading line of a file.
const Columns = "tenant,plan_id,sub_id,company_name,email,account_id\n"

// Mixed is a file with a row of most kinds.
var Mixed = Columns +
	"contoso.onmicrosoft.com," + PlanA + "," + SubID(1) + ",Contoso,chris@contoso.com,\n" + // by name and e-mail
	"contoso.onmicrosoft.com," + PlanB + "," + SubID(2) + ",Contoso,ben@contoso.com,1000002\n" + // to a second account
	"contoso.onmicrosoft.com," + PlanA + "," + SubID(3) + ",Contoso,chris@contoso.com,\n" + // imported already
	"fabrikam.onmicrosoft.com," + PlanA + "," + SubID(10) + ",Fabrikam,fay@fabrikam.com,\n" // no such account

// ResultColumns is what a results file adds to it.
const ResultColumns = "line,status,order_id,order_number,order_status,account,account_name,plan_name,cut_off,reference,http_status,error_code,error,attempts,submitted_at,finished_at"

// Results are the rows of a file with results, by Result.Index.
func Results(f *rows.File, list ...csvimport.Result) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for row := range f.Rows() {
			if len(list) == 0 {
				return
			}
			if row.Index != list[0].Index {
				continue
			}
			if !yield(csvimport.Reported{Row: row, Result: list[0]}, nil) {
				return
			}
			list = list[1:]
		}
	}
}

// WriteResults is the results file of a file with such results.
func WriteResults(t *testing.T, f *rows.File, list ...csvimport.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := rows.WriteResults(&b, rows.CSV, f, Results(f, list...), "nothing is recorded"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Today is when files are read.
var Today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Open opens a file with this text.
func Open(t testing.TB, text string) *rows.File {
	t.Helper()
	f, err := rows.Open(strings.NewReader(text), "accounts.csv", rows.ReadOptions{Now: Today})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
