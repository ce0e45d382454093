package rows_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

const resultColumns = "line,row,status,imported,order_id,order_number,order_status,commerce_subscription,account,account_name,plan_name,cut_off,reference,placed_by,http_status,error_code,error,attempts,submitted_at,finished_at"

func TestWriteResults(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 15, 500e6, time.FixedZone("CET", 3600))
	done := csvimport.Result{
		Index: 0, Line: 2, Row: 2, SubID: sample.SubID(1), Status: csvimport.Completed, Imported: "yes", CommerceSub: "1000200", PlacedBy: "this run", OrderID: "o-1", OrderNumber: "SO000123", OrderStatus: "CP",
		Account: "1000001", AccountName: "+41 Telefonie AG", PlanName: "Azure NCE", CutOff: "2027-01-01T00:00:00.000Z",
		Reference: "azure-import/" + sample.SubID(1), HTTPStatus: 201, Attempts: 1, SubmittedAt: at, FinishedAt: at.Add(2 * time.Second),
	}
	refused := csvimport.Result{
		Index: 1, Line: 3, Row: 3, SubID: sample.SubID(2), Status: csvimport.Refused, HTTPStatus: 422, ErrorCode: "plan", Error: `plan "x", not
yours`, Attempts: 2,
	}
	const doneCells = "2,2,completed,yes,o-1,SO000123,CP,1000200,1000001,'+41 Telefonie AG,Azure NCE,2027-01-01T00:00:00.000Z,azure-import/5ab00000-0000-4000-8000-000000000001,this run,201,,,1,2026-11-22T09:30:15Z,2026-11-22T09:30:17Z\r\n"
	const refusedCells = "3,3,refused,,,,,,,,,,,,422,plan,\"plan \"\"x\"\", not\nyours\",2,,\r\n"
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
			six + "," + resultColumns + "\r\n" + cells(1, "1000001") + "," + doneCells + cells(2, "") + "," + refusedCells},
		{"own columns, their order and text", "Remark;sub_id;tenant;plan_id;company_name;email;account_id;status\n" +
			`=1+1;` + sample.SubID(1) + ";T1.onmicrosoft.com ;" + sample.PlanA + `;"Con;toso";chris@contoso.com;;mine` + "\n", []csvimport.Result{done},
			"Remark,sub_id,tenant,plan_id,company_name,email,account_id,status," + resultColumns + "\r\n" +
				`'=1+1,` + sample.SubID(1) + `,"T1.onmicrosoft.com ",` + sample.PlanA + `,Con;toso,chris@contoso.com,,mine,` + doneCells},
		{"surplus empty cells", six + "\n" + cells(1, "") + ",,\n", []csvimport.Result{done},
			six + "," + resultColumns + "\r\n" + cells(1, "") + "," + doneCells},
		{"surplus cells stay behind", six + "\n" + cells(1, "") + ",,note\n", []csvimport.Result{done},
			six + "," + resultColumns + "\r\n" + cells(1, "") + "," + strings.TrimSuffix(doneCells, "\r\n") + ",,note\r\n"},
		{"short record", six + "\n" + strings.TrimSuffix(cells(1, ""), ",") + "\n", []csvimport.Result{done},
			six + "," + resultColumns + "\r\n" + cells(1, "") + "," + doneCells},
		{"line breaks in cells stay as they are", six + "\r\n" + strings.Replace(cells(1, ""), "Contoso", "\"Con\ntoso\"", 1) + "\r\n", []csvimport.Result{done},
			six + "," + resultColumns + "\r\n" + strings.Replace(cells(1, ""), "Contoso", "\"Con\ntoso\"", 1) + "," + doneCells},
		{"a row nothing is known of", six + "\n" + cells(1, "") + "\n", nil,
			six + "," + resultColumns + "\r\n" + cells(1, "") + ",2,2,unknown,,,,,,,,,,,,,,nothing is recorded,0,,\r\n"},
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
		{Index: 0, Line: 2, Row: 2, SubID: sample.SubID(1), Status: csvimport.Completed, Imported: "not shown yet", PlacedBy: "other ledger", OrderID: "o-1", OrderNumber: "SO1", OrderStatus: "CP", Account: "1000001",
			AccountName: "=Sum AG", PlanName: "@plan", CutOff: "2027-01-01T00:00:00.000Z", Reference: "azure-import/x", HTTPStatus: 200, Attempts: 1, SubmittedAt: at, FinishedAt: at},
		{Index: 1, Line: 3, Row: 3, SubID: sample.SubID(2), Status: csvimport.Unknown, HTTPStatus: 504, ErrorCode: "E", Error: "-no answer", Attempts: 5},
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

// TestResultsOnPaper has the operator's columns first in a workbook, then what people
// want to know, and only that printed. Written as CSV again, all is in its usual order.
func TestResultsOnPaper(t *testing.T) {
	f := sample.Open(t, "Remark,"+strings.TrimSpace(sample.Columns)+",status,error\nmine,contoso.onmicrosoft.com,"+sample.PlanA+","+sample.SubID(1)+",Contoso,chris@contoso.com,,own,,behind\n")
	result := csvimport.Result{Line: 2, Row: 2, Status: csvimport.Failed, OrderID: "o-1", OrderNumber: "SO1", AccountName: "Contoso", PlanName: "Azure NCE", Error: "no"}
	var book bytes.Buffer
	must(t, rows.WriteResults(&book, rows.Workbook, f, sample.Results(f, result), ""))
	back, err := rows.Open(bytes.NewReader(book.Bytes()), "results.xlsx", rows.ReadOptions{})
	must(t, err)
	defer back.Close()
	const want = "Remark,tenant,plan_id,sub_id,company_name,email,account_id,status,error,status,imported,order_number,account_name,plan_name,error," +
		"line,row,order_id,order_status,commerce_subscription,account,cut_off,reference,placed_by,http_status,error_code,attempts,submitted_at,finished_at,"
	if diff := cmp.Diff(want, strings.Join(back.Header(), ",")+","); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
	z, err := zip.NewReader(bytes.NewReader(book.Bytes()), int64(book.Len()))
	must(t, err)
	list, err := fs.ReadFile(z, "xl/workbook.xml")
	must(t, err)
	if area := `"_xlnm.Print_Area" localSheetId="0">'Accounts'!$A$1:$O$2<`; !bytes.Contains(list, []byte(area)) {
		t.Errorf("%s is not in %s", area, list)
	}
	var text strings.Builder
	w := rows.NewWriter(&text, rows.CSV)
	must(t, w.Write(back.Header()))
	for row := range back.Rows() {
		must(t, w.Write(row.Cells))
	}
	must(t, w.Close())
	if diff := cmp.Diff(sample.WriteResults(t, f, result), text.String()); diff != "" {
		t.Errorf("as CSV (-want +got):\n%s", diff)
	}
}

// TestLongText: where a cell of a workbook cannot hold an operator's own text, the cell
// says that it is cut.
func TestLongText(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		cut  bool
	}{
		"fits":         {strings.Repeat("x", 32_767), false},
		"in two units": {strings.Repeat("🍕", 20_000), true},
	} {
		t.Run(name, func(t *testing.T) {
			f := sample.Open(t, "Remark,"+sample.Columns+tt.text+",contoso.onmicrosoft.com,"+sample.PlanA+","+sample.SubID(1)+",Contoso,chris@contoso.com,\n")
			var book bytes.Buffer
			must(t, rows.WriteResults(&book, rows.Workbook, f, sample.Results(f, csvimport.Result{Status: csvimport.Completed}), ""))
			z, err := zip.NewReader(bytes.NewReader(book.Bytes()), int64(book.Len()))
			must(t, err)
			notes, err := fs.ReadFile(z, "xl/comments1.xml")
			if said := err == nil && bytes.Contains(notes, []byte(`<comment ref="A2"`)) && bytes.Contains(notes, []byte("was left out")); said != tt.cut {
				t.Errorf("it is said that text was left out: %t, want %t", said, tt.cut)
			}
		})
	}
}

func TestWriteResultsErrors(t *testing.T) {
	f := sample.Open(t, "tenant,plan_id,sub_id,company_name,email,account_id\nt.onmicrosoft.com,"+sample.PlanA+","+sample.SubID(1)+",C,c@c.de,\n")
	broken := errors.New("ledger gone")
	if err := rows.WriteResults(&bytes.Buffer{}, rows.CSV, f, sample.List([]csvimport.Reported{}, broken), ""); !errors.Is(err, broken) {
		t.Errorf("error of the results: got %v", err)
	}
	full := errors.New("disk full")
	w := writerFunc(func([]byte) (int, error) { return 0, full })
	if err := rows.WriteResults(w, rows.CSV, f, sample.Results(f, csvimport.Result{}), ""); !errors.Is(err, full) {
		t.Errorf("error of the writer: got %v", err)
	}
}

// TestOwnColumns shows that an operator's columns never count as ours, whatever
// they are called, and that some of ours are enough.
func TestOwnColumns(t *testing.T) {
	six := "tenant,plan_id,sub_id,company_name,email,account_id"
	row := fmt.Sprintf("t.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,1000001", sample.PlanA, sample.SubID(1))
	block := "2,2,failed,no,o-1,SO1,PF,,1000001,Contoso,Azure NCE,,azure-import/x,this run,,,refused,1,2026-11-22T09:30:15Z,2026-11-22T09:30:17Z"
	for _, tt := range []struct {
		name, header, cells string
		own                 string // headings that stay when results are written again; empty: it is no results file
	}{
		{"as written", resultColumns, block, six},
		{"own ones on the right", resultColumns + ",Status,Comment", block + ",open,call them", six + ",Status,Comment"},
		{"own ones on the left", "Status,Error,Line," + resultColumns, "open,none,7," + block, six + ",Status,Error,Line"},
		{"own statuses that could be ours", resultColumns + ",Status", block + ",completed", six + ",Status"},
		{"a few of ours", "line,status,error", "2,failed,refused", six},
		{"a few of ours, and an own status", "Status,line,status,error", "open,2,failed,refused", six + ",Status"},
		{"own ones alone", "Line,Status,Error", "2,open,none", ""},
		{"own rows and lines", "line,row,status,error", "A,B,closed,none", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sample.Open(t, six+","+tt.header+"\n"+row+","+tt.cells+"\n")
			if got := rows.IsResults(f); got != (tt.own != "") {
				t.Fatalf("is results: %v", got)
			}
			if tt.own == "" {
				return
			}
			for r, err := range rows.ReadResults(f) {
				if err != nil || r.Result.Status != csvimport.Failed || r.Result.Error != "refused" {
					t.Errorf("read %+v, %v", r.Result, err)
				}
				if got := rows.StatusIn(f)(r.Row.Cells); got != csvimport.Failed {
					t.Errorf("the status is %q", got)
				}
			}
			got, _, _ := strings.Cut(sample.WriteResults(t, f, csvimport.Result{Line: 2, Row: 2, SubID: sample.SubID(1), Status: csvimport.Completed}), "\r\n")
			if diff := cmp.Diff("\ufeff"+tt.own+","+resultColumns, got); diff != "" {
				t.Errorf("written again (-want +got):\n%s", diff)
			}
		})
	}
}
