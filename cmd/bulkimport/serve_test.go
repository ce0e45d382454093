package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

func parseTable(t *testing.T, text []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// TestServe does the whole job in a browser, once with CSV and once with a workbook:
// what is wrong is mended there, each order is placed once, and all that was done is
// kept with who did it.
func TestServe(t *testing.T) {
	for _, form := range []string{"csv", "xlsx"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, apstest.Config{Tenants: 12, Provisioning: 50 * time.Millisecond})
			d.serve()
			where := get[whereAnswer](d.browser, "/api/where")
			if where.Ready == nil || *where.Ready != 12 || where.FirstDay {
				t.Errorf("where: %+v", where)
			}
			f := d.handIn("accounts."+form, d.table("/api/template?form="+form))
			if f.State != "checked" || f.Rows != 12 || f.Invalid != 12 || len(f.Faults) != 1 || f.Faults[0].Count != 12 || f.Faults[0].Whole || len(f.Faults[0].Offers) != 3 {
				t.Fatalf("the template, handed in as it is: %+v", f)
			}
			edits := "/api/files/" + f.ID + "/edits"
			f = post[fileAnswer](d.browser, edits, map[string]any{"fault": f.Faults[0].Key, "value": d.platform.Plans()[0].ID})
			if f.Valid != 12 || len(f.Faults) != 0 {
				t.Fatalf("after one mend for all: %+v", f)
			}
			f = post[fileAnswer](d.browser, edits, map[string]any{"edits": []map[string]any{{"row": 5, "column": "account_id", "value": "999"}}})
			if f.Invalid != 1 || f.Edits != 13 {
				t.Fatalf("after a bad edit: %+v", f)
			}
			page := get[rowsAnswer](d.browser, "/api/files/"+f.ID+"/rows?only=errors")
			var row struct {
				Row   int
				Marks []struct {
					Column int
					Fault  string
				}
			}
			if err := json.Unmarshal(page.Rows[0], &row); err != nil || page.Total != 1 || row.Row != 5 || row.Marks[0].Column != 5 || row.Marks[0].Fault != f.Faults[0].Key {
				t.Fatalf("the row at fault: %s, %v", page.Rows, err)
			}
			if said := d.refused(http.StatusConflict, http.MethodGet, "/api/files/"+f.ID+"/preview", ""); !strings.Contains(said.What, "1 error") {
				t.Errorf("a file with an error: %+v", said)
			}
			offered := f.Faults[0].Offers
			if len(offered) == 0 {
				t.Fatalf("nothing is offered for %+v", f.Faults[0])
			}
			f = post[fileAnswer](d.browser, edits, map[string]any{"edits": []map[string]any{{"row": 5, "column": "F", "value": offered[0].Value}}})
			if f.Valid != 12 {
				t.Fatalf("after what was offered: %+v", f)
			}
			if mended := parseTable(t, d.table("/api/files/"+f.ID+"/mended?form=csv")); len(mended) != 13 || mended[4][5] != offered[0].Value {
				t.Errorf("the mended file: %q", mended)
			}
			if will := get[previewAnswer](d.browser, "/api/files/"+f.ID+"/preview"); will.Ask != "12" || len(will.Charges) != 1 || will.FirstDay != nil {
				t.Errorf("preview: %+v", will)
			}
			d.refused(http.StatusConflict, http.MethodPost, "/api/files/"+f.ID+"/import", `{"typed":"11"}`)
			end := d.imports(f.ID, nil)
			if diff := cmp.Diff(map[string]int{"completed": 12}, end.Outcome.Counts); diff != "" || end.State != importEnded || end.Outcome.Level != "good" {
				t.Fatalf("%+v %+v (-want +got):\n%s", end, end.Outcome, diff)
			}
			results := parseTable(t, d.table("/api/imports/"+end.ID+"/results?form=csv"))
			if len(results) != 13 || d.platform.OrderCount() != 12 || len(d.platform.Doubles()) > 0 {
				t.Errorf("%d results, %d orders, doubles %v", len(results)-1, d.platform.OrderCount(), d.platform.Doubles())
			}
			if book := d.table("/api/imports/" + end.ID + "/results?form=xlsx"); !bytes.HasPrefix(book, []byte("PK")) {
				t.Error("the results are no workbook")
			}
			if report := d.table("/api/imports/" + end.ID + "/report"); !bytes.Contains(report, []byte("Import report")) {
				t.Error("the report is none")
			}
			if a := post[audited](d.browser, "/api/audit", map[string]string{"file": end.ID}); a.Good != 12 || a.Errors != 0 {
				t.Errorf("audit: %+v", a)
			}
			if history := get[[]importShort](d.browser, "/api/imports"); len(history) != 1 || history[0].Who == "" || history[0].Done != 12 {
				t.Errorf("history: %+v", history)
			}
			if status := d.end(); status != statusInterrupted {
				t.Errorf("exit status %d: %s", status, d.err)
			}
			want := []string{
				"sign in", "download template", "upload", "edit", "edit", "edit", "download mended file", "import", "download results", "download results",
				"look at report", "audit",
			}
			if diff := cmp.Diff(want, d.acts()); diff != "" {
				t.Errorf("journal (-want +got):\n%s", diff)
			}
		})
	}
}

// TestServeFirstDay places the first order alone, has its number typed, and only then
// places the rest.
func TestServeFirstDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 6, Provisioning: 50 * time.Millisecond})
	d.variables["BULKIMPORT_FIRST_DAY"] = "1"
	d.serve()
	if !get[whereAnswer](d.browser, "/api/where").FirstDay {
		t.Error("it is not the first day")
	}
	f := d.handIn("a.csv", d.planned(nil))
	will := get[previewAnswer](d.browser, "/api/files/"+f.ID+"/preview")
	if will.Ask != "1" || will.FirstDay == nil || will.FirstDay.First != nil {
		t.Fatalf("preview: %+v", will)
	}
	if want := (previewFact{"orders to place", "1: the first one alone; 5 more when it was looked at"}); !slices.Contains(will.Facts, want) {
		t.Errorf("the number to be typed is not beside the words that a refusal names: %+v", will.Facts)
	}
	d.refused(http.StatusConflict, http.MethodPost, "/api/files/"+f.ID+"/import", `{"typed":"1"}`)
	end := d.imports(f.ID, map[string]any{"first_only": true})
	if end.First == nil || !end.First.Completed || d.platform.OrderCount() != 1 {
		t.Fatalf("after the first order: %+v %+v", end, end.Outcome)
	}
	if words := strings.Join(end.Outcome.Words, "\n"); strings.Contains(words, "below") || !strings.Contains(words, "“Look before the rest” asks for the order's number") {
		t.Errorf("what is told where nothing is typed: %s", words)
	}
	will = get[previewAnswer](d.browser, "/api/files/"+f.ID+"/preview")
	if will.Ask != "5" || will.FirstDay == nil || will.FirstDay.First == nil {
		t.Fatalf("preview of the rest: %+v", will)
	}
	if end := d.imports(f.ID, map[string]any{"checked": "SO999999"}); end.State != importBroken || d.platform.OrderCount() != 1 {
		t.Fatalf("with another number: %+v %+v", end, end.Outcome)
	}
	end = d.imports(f.ID, map[string]any{"checked": will.FirstDay.First.OrderNumber})
	if diff := cmp.Diff(map[string]int{"completed": 5, "existing": 1}, end.Outcome.Counts); diff != "" {
		t.Errorf("the rest (-want +got):\n%s", diff)
	}
}

// TestServeStop finishes what is begun when a person stops an import, and goes on later.
func TestServeStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 200, Latency: 40 * time.Millisecond, Provisioning: 20 * time.Millisecond})
	d.serve()
	f := d.handIn("a.csv", d.planned(nil))
	id, next := d.begins(f.ID, nil), d.begins(f.ID, nil)
	d.awaits(id, 5)
	if waits := get[importAnswer](d.browser, "/api/imports/"+next); waits.State != importWaiting || waits.WaitingFor == "" {
		t.Errorf("the second import: %+v", waits)
	}
	post[importAnswer](d.browser, "/api/imports/"+next+"/stop", nil)
	if never := d.watch(next); never.State != importStopped || never.Started != nil {
		t.Errorf("stopped before its turn: %+v", never)
	}
	d.refused(http.StatusConflict, http.MethodPost, "/api/imports/"+next+"/stop", "")
	post[importAnswer](d.browser, "/api/imports/"+id+"/stop", nil)
	end := d.watch(id)
	if end.State != importStopped || end.Outcome.Counts["not-sent"] == 0 || end.Outcome.Counts["unknown"] > 0 {
		t.Fatalf("stopped: %+v %+v", end, end.Outcome)
	}
	if text := d.table("/metrics"); !bytes.Contains(text, []byte(`bulkimport_rows_total{status="completed"}`)) {
		t.Errorf("metrics: %s", text)
	}
	on := post[map[string]string](d.browser, "/api/imports/"+id+"/go-on", nil)["import"]
	if end = d.watch(on); end.State != importEnded || end.Outcome.Counts["completed"]+end.Outcome.Counts["existing"] != 200 {
		t.Errorf("gone on: %+v %+v", end, end.Outcome)
	}
	if d.platform.OrderCount() != 200 || len(d.platform.Doubles()) > 0 {
		t.Errorf("%d orders, doubles %v", d.platform.OrderCount(), d.platform.Doubles())
	}
}

// TestServeTwice makes a new address for a second one on the same ledger.
func TestServeTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 1})
	d.serve()
	var out, errs bytes.Buffer
	if status := d.run(t.Context(), &out, &errs, "serve", "--no-browser"); status != 0 {
		t.Fatalf("exit status %d: %s", status, &errs)
	}
	again := enter(t, strings.TrimSpace(out.String()))
	if again.origin != d.origin {
		t.Errorf("it is at %s, the first one at %s", again.origin, d.origin)
	}
}

// TestServeUsage refuses what cannot be served.
func TestServeUsage(t *testing.T) {
	d := newDesk(t, apstest.Config{Tenants: 1})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"another machine may ask": {[]string{"--listen", "0.0.0.0:8090"}, "nobody is named who may come in"},
		"a name":                  {[]string{"--listen", "example.com:8090"}, "nobody is named who may come in"},
		"no port":                 {[]string{"--listen", "127.0.0.1"}, "HOST:PORT"},
		"no such port":            {[]string{"--port", "70000"}, "no port 70000"},
		"two ports":               {[]string{"--port", "8090", "--listen", "127.0.0.1:8090"}, "do not go together"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			if status := d.run(t.Context(), &out, &errs, append([]string{"serve"}, test.args...)...); status != statusUsage || !strings.Contains(errs.String(), test.want) {
				t.Errorf("exit status %d: %s", status, &errs)
			}
		})
	}
}

// TestServeRowsStay shows a file's rows as they were while it is checked anew.
func TestServeRowsStay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 20})
	d.serve()
	records := parseTable(t, d.planned(nil))
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for range 1000 {
		if err := w.WriteAll(records); err != nil {
			t.Fatal(err)
		}
	}
	f := d.handIn("large.csv", b.Bytes())
	edited := make(chan fileAnswer)
	go func() {
		edited <- post[fileAnswer](d.browser, "/api/files/"+f.ID+"/edits", map[string]any{"edits": []map[string]any{{"row": 2, "column": "email", "value": "x"}}})
	}()
	for n := 0; ; n++ {
		select {
		case f := <-edited:
			t.Logf("looked %d times, then %s", n, f.Words)
			return
		default:
		}
		if page := get[rowsAnswer](d.browser, "/api/files/"+f.ID+"/rows?count=3"); page.Total != f.Rows || len(page.Rows) != 3 {
			t.Errorf("%d of %d rows are there, %d shown", page.Total, f.Rows, len(page.Rows))
		}
	}
}

// TestServeSheets has a person choose the sheet of a workbook, and what becomes of its
// hidden rows.
func TestServeSheets(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 4})
	d.serve()
	book, err := bookOf(parseTable(t, d.planned(nil)), 3)
	if err != nil {
		t.Fatal(err)
	}
	f := d.handIn("a.xlsx", book)
	if f.State != "unreadable" || f.Error == nil || len(f.Sheets) != 2 || len(f.Faults) == 0 || !f.Faults[0].Whole {
		t.Fatalf("with a hidden row: %+v", f)
	}
	for word, want := range map[string]int{"import": 4, "skip": 3} {
		f = post[fileAnswer](d.browser, "/api/files/"+f.ID+"/reading", map[string]string{"hidden": word, "sheet": f.Sheets[0]})
		if f.State != "checked" || f.Rows != want || f.Reading.Hidden != word {
			t.Errorf("%s: %+v", word, f)
		}
	}
	if said := d.refused(http.StatusBadRequest, http.MethodPost, "/api/files/"+f.ID+"/reading", `{"hidden":"sometimes"}`); !strings.Contains(said.What, "sometimes") {
		t.Errorf("%+v", said)
	}
}

// TestServeStopped stops an import whose orders are not at their end: none of its rows is
// called done, and what is said of them names no command of a terminal.
func TestServeStopped(t *testing.T) {
	t.Parallel()
	const rows = 40
	d := newDesk(t, apstest.Config{Tenants: rows, Latency: 300 * time.Millisecond, Provisioning: time.Hour})
	d.serve()
	id := d.begins(d.handIn("a.csv", d.planned(nil)).ID, nil)
	for end := time.Now().Add(30 * time.Second); d.platform.OrderCount() < 3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no orders after 30 s")
		}
	}
	post[importAnswer](d.browser, "/api/imports/"+id+"/stop", nil)
	end := d.watch(id)
	if n := end.Outcome.Counts; end.State != importStopped || n["submitted"] == 0 || n["submitted"]+n["not-sent"] != rows {
		t.Fatalf("%s: %v", end.State, n)
	}
	if end.Rows != rows || end.Done != 0 || end.Failed != 0 {
		t.Errorf("%d of %d rows are called done, %d failed", end.Done, end.Rows, end.Failed)
	}
	for _, cause := range end.Outcome.Causes {
		if strings.Contains(cause.What+cause.Do, "bulkimport") {
			t.Errorf("a command of a terminal is named: %+v", cause)
		}
	}
}

// TestServeNothingReady says so where all is imported, by no flag of the command line.
func TestServeNothingReady(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 2})
	d.serve()
	d.imports(d.handIn("a.csv", d.planned(nil)).ID, nil)
	said := d.refused(http.StatusConflict, http.MethodGet, "/api/template?form=csv", "")
	if said.What != "nothing is ready for import: 2 subscriptions imported already" || !strings.Contains(said.Hint, "Transfer to NCE") || strings.Contains(said.Hint, "--") {
		t.Errorf("%+v", said)
	}
}

// TestServeAuditTold tells what an audit finds of several rows once, with how many there are.
func TestServeAuditTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 6})
	d.serve()
	f := d.handIn("a.csv", d.planned(func(row int, cells []string) {
		if row > 3 {
			cells[1] = ""
		}
	}))
	will := get[previewAnswer](d.browser, "/api/files/"+f.ID+"/preview?skip_invalid=1")
	end := d.watch(post[map[string]string](d.browser, "/api/files/"+f.ID+"/import", map[string]any{"typed": will.Ask})["import"])
	a := post[audited](d.browser, "/api/audit", map[string]string{"file": end.ID})
	type told struct {
		What  string
		Count int
		First []int
	}
	var all []told
	for _, f := range a.Findings {
		all = append(all, told{f.What, f.Count, f.First})
	}
	if diff := cmp.Diff([]told{{"the platform shows this subscription as not imported, the file says invalid", 4, []int{4, 5, 6, 7}}}, all); diff != "" || a.Good != 2 || a.Errors != 4 {
		t.Errorf("%d good, %d errors (-want +got):\n%s", a.Good, a.Errors, diff)
	}
}

// TestServePreviewLeavesOut tells of what all rows together show without those that are
// left out: what was changed since the download, and tenants that are not whole.
func TestServePreviewLeavesOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 4, Subscriptions: 2})
	d.serve()
	f := d.handIn("a.csv", d.planned(func(row int, cells []string) {
		switch row {
		case 2: // left out, and its tenant's other subscription is not
			cells[1], cells[5] = "", "1000004"
		case 5:
			cells[5] = "1000001"
		}
	}))
	want := func(when string, count int, will previewAnswer, changed, partial string) {
		t.Helper()
		var told []string
		for _, words := range will.Warnings {
			if strings.Contains(words, "changed in") || strings.Contains(words, "subscriptions") {
				told = append(told, words)
			}
		}
		t.Logf("%s: %q", when, told)
		if will.Orders != count || !strings.Contains(strings.Join(told, "\n"), changed) || !strings.Contains(strings.Join(told, "\n"), partial) {
			t.Errorf("%s: %d orders, want %d; %q, want %q and %q", when, will.Orders, count, told, changed, partial)
		}
	}
	want("an import", 7, get[previewAnswer](d.browser, "/api/files/"+f.ID+"/preview?skip_invalid=1&contradictions=1"), "account_id changed in 1 row:", "1 of the tenant's 2 subscriptions are in rows without errors")
}
