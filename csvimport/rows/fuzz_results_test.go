package rows_test

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// resultHeadings are those that an import writes.
const resultHeadings = "line,row,status,imported,order_id,order_number,order_status,commerce_subscription,account,account_name,plan_name,cut_off,reference,placed_by,http_status,error_code,error,attempts,submitted_at,finished_at"

// FuzzResults reads results that anybody may have edited. Each record is told once and
// in order, in text that is fit to be shown; written again without a word from an
// import they read as before.
func FuzzResults(f *testing.F) {
	own := soundLine + ","
	for _, body := range []string{
		own + "2,2,completed,yes,o-1,SO000001,CP,100,1000001,Contoso,Azure,,azure-import/x,this run,201,,,1,2026-11-28T10:00:00Z,2026-11-28T10:00:09Z",
		own + "2,2,unknown,,,,,,,,,,,,,E,\"a, b\",2,,", own + "x,-1,done,maybe,,,,,,,,,,,999999999999,,'=1+1,1e9,yesterday,2026", own, own + strings.Repeat(",", 40), "",
		own + "2,2,COMPLETED ,,,,,,,,,,,,,,,,,\n\n" + own + "3,3,not-sent,,,,,,,,,,,,,,\"open",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		file := openText(t, sixHeadings+","+resultHeadings+"\n"+string(body))
		first, err := readResults(file)
		if err != nil {
			if !errors.Is(err, rows.ErrNotResults) && err.Error() == "" {
				t.Errorf("error %#v", err)
			}
			return
		}
		records := 0
		for row := range file.Rows() {
			if records < len(first) && first[records].Row.Index != row.Index {
				t.Fatalf("result %d is of record %d, want %d", records, first[records].Row.Index, row.Index)
			}
			records++
		}
		if records != len(first) {
			t.Fatalf("%d results of %d records", len(first), records)
		}
		for i := range first {
			r := &first[i].Result
			for _, text := range []string{string(r.Status), r.OrderID, r.OrderNumber, r.Error, r.Reference} {
				if !utf8.ValidString(text) {
					t.Errorf("%q is not UTF-8", text)
				}
			}
		}
		var out bytes.Buffer
		must(t, rows.WriteResults(&out, rows.CSV, file, none, "nothing is recorded"))
		again, err := readResults(openText(t, out.String()))
		if err != nil {
			t.Fatalf("written again: %v\n%s", err, out.String())
		}
		if diff := cmp.Diff(statusesOf(first), statusesOf(again)); diff != "" {
			t.Errorf("statuses (-first +written again):\n%s\n%s", diff, out.String())
		}
	})
}

func none(func(csvimport.Reported, error) bool) {}

func readResults(f *rows.File) (all []csvimport.Reported, err error) {
	for r, err := range rows.ReadResults(f) {
		if err != nil {
			return nil, err
		}
		r.Row.Cells = slices.Clone(r.Row.Cells)
		all = append(all, r)
	}
	return all, nil
}

// statusesOf are the statuses that mean something; the others may be told as unknown.
func statusesOf(all []csvimport.Reported) []csvimport.Status {
	var list []csvimport.Status
	for _, r := range all {
		if s := r.Result.Status; slices.Contains(csvimport.Statuses(), s) {
			list = append(list, s)
		} else {
			list = append(list, csvimport.Unknown)
		}
	}
	return list
}

// FuzzTemplate writes what download writes, and reads it as somebody has edited it: not
// edited, the row is as it was; edited anyhow, all that is found is complete.
func FuzzTemplate(f *testing.F) {
	f.Add("Contoso", "chris@contoso.com", "1000001", uint(60), []byte("x"))
	f.Add("=cmd|' /C calc'!A0", "a@b.example", "", uint(0), []byte("\xef\xbb\xbf\"\n;"))
	f.Add("Müller \"& Söhne\", 株式会社", "", "007", uint(100), []byte{0xff, 0, '\r'})
	f.Add("'quoted'", "x@y.example", "1", uint(54), []byte("\n\n,,,,,\n"))
	f.Add("\x99\xfc", "0@0", "1", uint(106), []byte("\n\n%!\x85\x85!\n")) // quoted as it stands
	f.Add("0", "0", "0", uint(0), []byte("@\n%!('' "))
	f.Fuzz(func(t *testing.T, company, email, account string, at uint, edit []byte) {
		row := csvimport.TemplateRow{Tenant: "contoso.onmicrosoft.com", PlanID: planA, SubID: "5f2b7c1e-9a3d-4b8e-8c6f-0d1e2f3a4b5c", Company: company, Email: email, AccountID: account}
		for _, pipe := range []bool{false, true} {
			var out bytes.Buffer
			one := iter.Seq2[csvimport.TemplateRow, error](func(yield func(csvimport.TemplateRow, error) bool) { yield(row, nil) })
			must(t, rows.WriteTemplate(&out, one, rows.TemplateOptions{Pipe: pipe}))
			read := readAll(openText(t, out.String()))
			checkWords(t, read.findings)
			if n := len(read.good); n > 1 || n == 1 && (read.good[0].Tenant != row.Tenant || read.good[0].Plan != row.PlanID || read.good[0].Sub != row.SubID) {
				t.Errorf("one row reads as %+v:\n%s", read.good, out.String())
			}
			text := out.Bytes()
			cut := int(at % uint(len(text)))
			edited := slices.Concat(text[:cut], edit, text[cut:])
			again := openText(t, string(edited))
			found := readAll(again)
			checkWords(t, found.findings)
			if diff := cmp.Diff(found, readAll(again), cmp.AllowUnexported(outcome{})); diff != "" {
				t.Errorf("edited, and read again (-first +second):\n%s", diff)
			}
		}
	})
}
