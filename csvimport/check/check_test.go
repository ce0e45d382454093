package check_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/rows"
)

// checked goes over all rows once and writes their findings down: row, code.
func checked(t *testing.T, c *check.Checker) (rows []csvimport.Row, codes []string) {
	t.Helper()
	for r, err := range c.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
		for _, f := range r.Findings {
			codes = append(codes, fmt.Sprintf("%d %s %s", f.Row, f.Code, f.Severity))
		}
	}
	return rows, codes
}

func TestChecker(t *testing.T) {
	c := &check.Checker{File: sample.Open(t, sample.Mixed), Catalog: sample.Load(t, sample.Market())}
	rows, codes := checked(t, c)
	want := []string{"3 W_TENANT_SPLIT warning", "4 W_ALREADY_IMPORTED warning", "5 E_ACCOUNT_UNKNOWN error"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if got := rows[1].Findings[0]; got.Letter != "A" || got.Message != "this tenant goes to account 1000002 here and to account 1000001 first (row 2)" {
		t.Errorf("W_TENANT_SPLIT is %+v", got)
	}
	if got := rows[2].Binding; !got.Known || !got.Imported || got.AccountID != "1000001" {
		t.Errorf("binding of the imported row is %+v", got)
	}
	partial := []string{"W_TENANT_PARTIAL tenant: 3 of the tenant's 5 subscriptions are in the file | left out: " + sample.SubID(5)}
	if diff := cmp.Diff(partial, sample.Found(c.Findings())); diff != "" {
		t.Errorf("findings of the file (-want +got):\n%s", diff)
	}
	tally := check.Tally{
		Rows: 4, Valid: 3, Errors: 1, Warnings: 3,
		Codes:   map[csvimport.Code]int{"W_TENANT_SPLIT": 1, "W_ALREADY_IMPORTED": 1, "E_ACCOUNT_UNKNOWN": 1, "W_TENANT_PARTIAL": 1},
		Tenants: 1, ByID: 1, ByBinding: 1, Imported: 1,
		Plans:   []check.Count{{ID: sample.PlanA, Name: "Azure NCE", Rows: 2}, {ID: sample.PlanB, Name: "Azure NCE plus", Rows: 1}},
		CutOffs: []check.Count{{Rows: 3}},
	}
	if diff := cmp.Diff(tally, c.Tally()); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	again, _ := checked(t, c)
	if diff := cmp.Diff(rows, again); diff != "" {
		t.Errorf("a second pass yields other rows:\n%s", diff)
	}
	if diff := cmp.Diff(tally, c.Tally()); diff != "" {
		t.Errorf("tally of the second pass (-first +second):\n%s", diff)
	}
}

func TestCheckerOffline(t *testing.T) {
	c := &check.Checker{File: sample.Open(t, sample.Mixed)}
	rows, codes := checked(t, c)
	if len(rows) != 4 || len(codes) != 0 {
		t.Errorf("%d rows, findings %q", len(rows), codes)
	}
	want := check.Tally{Rows: 4, Valid: 4, Codes: map[csvimport.Code]int{}, Plans: []check.Count{}, CutOffs: []check.Count{{Rows: 4}}}
	if diff := cmp.Diff(want, c.Tally()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckerStrict(t *testing.T) {
	c := &check.Checker{File: sample.Open(t, sample.Mixed), Catalog: sample.Load(t, sample.Market()), Strict: true}
	_, codes := checked(t, c)
	// What is imported already is no fault of the file.
	want := []string{"3 W_TENANT_SPLIT error", "4 W_ALREADY_IMPORTED warning", "5 E_ACCOUNT_UNKNOWN error"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if f := c.Findings(); len(f) != 1 || f[0].Severity != csvimport.SeverityError {
		t.Errorf("findings of the file are %+v", f)
	}
	if got := c.Tally(); got.Errors != 3 || got.Warnings != 1 || got.Valid != 2 {
		t.Errorf("tally is %+v", got)
	}
}

// TestStrictTakesItsOwnExport shows that what download writes passes --strict.
func TestStrictTakesItsOwnExport(t *testing.T) {
	s := sample.Market()
	s.AllPlans = s.AllPlans[:1]
	s.AllAccounts[0].Company, s.AllTenants[0].Company = "+41 Telefonie AG", "+41 Telefonie AG"
	known := sample.Load(t, s)
	e, err := known.Export(catalog.ExportOptions{Filter: "contoso"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := rows.WriteTemplate(&b, e.Rows, rows.TemplateOptions{}); err != nil {
		t.Fatal(err)
	}
	c := &check.Checker{File: sample.Open(t, b.String()), Catalog: known, Strict: true}
	rows, _ := checked(t, c)
	for _, r := range rows {
		suspended := r.SubID == sample.SubID(4) // which is worth an error to those who ask for it
		if r.Valid() == suspended {
			t.Errorf("row %d: %q", r.Row, sample.Found(r.Findings))
		}
	}
	if len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestCheckerOrdered(t *testing.T) {
	b := sample.Book(t)
	run, err := b.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Started: sample.Today})
	if err != nil {
		t.Fatal(err)
	}
	states := []ledger.State{ledger.Completed, ledger.Accepted, ledger.Failed, ledger.Doubt, ledger.Refused, ledger.NotSent}
	file := sample.Columns
	for i, s := range states {
		e := ledger.Entry{Sub: sample.SubID(i), Gen: 1, State: s, OrderNumber: fmt.Sprintf("SO%d", i), OrderID: fmt.Sprintf("id-%d", i)}
		if err := run.Record(t.Context(), "", e); err != nil {
			t.Fatal(err)
		}
		file += fmt.Sprintf("t%d.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,\n", i, sample.PlanA, sample.SubID(i))
	}
	c := &check.Checker{File: sample.Open(t, file), Book: b, Strict: true}
	rows, _ := checked(t, c)
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join(sample.Found(r.Findings), " "))
	}
	want := []string{
		"W_ALREADY_ORDERED sub_id: order SO0 has imported this subscription already | nothing will be sent for it",
		"W_ALREADY_ORDERED sub_id: order SO1 for this subscription is not at its end yet | it will be followed; nothing new is sent",
		"W_ALREADY_ORDERED sub_id: order SO2 for this subscription ended badly | mend and resubmit it in Billing, or cancel it there",
		"W_ALREADY_ORDERED sub_id: an order for this subscription may exist: its answer was lost | it is looked at before anything is sent",
		"", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.Tally().Ordered; got != 4 {
		t.Errorf("%d rows tallied as ordered, want 4", got)
	}
}

// An order that completed has not imported what the tenant list, now or at the
// order's end, shows as not imported.
func TestCheckerOrderedAnew(t *testing.T) {
	b := sample.Book(t)
	run, err := b.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Started: sample.Today})
	if err != nil {
		t.Fatal(err)
	}
	file := sample.Columns
	for i, code := range []string{"", "", "NOT_IMPORTED"} {
		e := ledger.Entry{Sub: sample.SubID(i + 1), Gen: 1, State: ledger.Completed, OrderNumber: fmt.Sprintf("SO%d", i), OrderID: "id", Code: code}
		if err := run.Record(t.Context(), "", e); err != nil {
			t.Fatal(err)
		}
		file += fmt.Sprintf("contoso.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,\n", sample.PlanA, e.Sub)
	}
	s := sample.Market()
	s.AllTenants[0].Subscriptions[1].Imported, s.AllTenants[0].Subscriptions[2].Imported = true, false
	const anew = " completed, but the subscription is not shown as imported | the platform may have sold a new one instead: look at the order in Billing; nothing will be sent for it"
	for _, test := range []struct {
		name    string
		catalog *catalog.Catalog
		want    []string
	}{
		{"online", sample.Load(t, s), []string{"W_ALREADY_ORDERED sub_id: order SO0" + anew, "W_ALREADY_IMPORTED sub_id: the platform shows this subscription as imported already | nothing will be sent for it",
			"W_ALREADY_ORDERED sub_id: order SO2" + anew}},
		{"offline", nil, []string{
			"W_ALREADY_ORDERED sub_id: order SO0 has imported this subscription already | nothing will be sent for it",
			"W_ALREADY_ORDERED sub_id: order SO1 has imported this subscription already | nothing will be sent for it",
			"W_ALREADY_ORDERED sub_id: order SO2" + anew}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows, _ := checked(t, &check.Checker{File: sample.Open(t, file), Catalog: test.catalog, Book: b})
			var got []string
			for _, r := range rows {
				for _, line := range sample.Found(r.Findings) {
					if strings.HasPrefix(line, "W_ALREADY") {
						got = append(got, line)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckerStops(t *testing.T) {
	c := &check.Checker{File: sample.Open(t, sample.Mixed), Catalog: sample.Load(t, sample.Market()), Book: sample.Book(t)}
	for range c.Rows(t.Context()) {
		break
	}
	if got := c.Tally(); got.Rows != 0 {
		t.Errorf("half a pass was tallied: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range c.Rows(ctx) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled: got error %v", last)
	}
}

func export(t *testing.T, b *sqlite.Book, at time.Time, rows ...ledger.Exported) {
	t.Helper()
	for i := range rows {
		rows[i].At = at
	}
	if err := b.SaveExport(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

func TestChangedSinceExport(t *testing.T) {
	line := func(n int, plan, company, email, account string) string {
		return fmt.Sprintf("t%d.onmicrosoft.com,%s,%s,%s,%s,%s\n", n, plan, sample.SubID(n), company, email, account)
	}
	exported := func(n int, company, account string) ledger.Exported {
		return ledger.Exported{
			Sub: sample.SubID(n), Tenant: fmt.Sprintf("t%d.onmicrosoft.com", n), Company: company, Email: "Chris@contoso.com", AccountID: account,
		}
	}
	for _, tt := range []struct {
		name    string
		export  []ledger.Exported
		older   []ledger.Exported
		restore bool
		file    string
		want    []string
		account string // of the first row

		leavesOut func(*csvimport.Row) bool
	}{
		{
			name: "filled as meant", export: []ledger.Exported{exported(1, "Contoso", "")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1000001"), account: "1000001",
		}, {
			name: "leading zeros", export: []ledger.Exported{exported(1, "Contoso", "0001000042"), exported(2, "Contoso", "0001000043")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1000042") + line(2, sample.PlanA, "Contoso", "chris@contoso.com", "1000043"), account: "0001000042",
			want: []string{"W_CHANGED_SINCE_EXPORT account_id: account_id changed in 2 rows: leading zeros lost (0001000042 → 1000042), put back | "},
		}, {
			name: "leading zeros, not restored", export: []ledger.Exported{exported(1, "Contoso", "0001000042")},
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1000042"), account: "1000042",
			want: []string{"W_CHANGED_SINCE_EXPORT account_id: account_id changed in 1 row: leading zeros lost (0001000042 → 1000042) | format the column as text; row 2"},
		}, {
			name: "re-saved after scientific notation", export: []ledger.Exported{exported(1, "Contoso", "1000042"), exported(2, "Contoso", "1000043")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1000000") + line(2, sample.PlanA, "Contoso", "chris@contoso.com", "1000000"), account: "1000000",
			want: []string{"W_CHANGED_SINCE_EXPORT account_id: account_id changed in 2 rows: rounded, as a spreadsheet does to long numbers (1000042 → 1000000) | take the numbers from the export: several accounts turn into the same one; rows 2, 3"},
		}, {
			name: "a name made a date, and others", export: []ledger.Exported{exported(1, "SEPT2 Ltd", "1"), exported(2, "Contoso", "2")}, restore: true,
			file: line(1, sample.PlanA, "2-Sep Ltd", "chris@contoso.com", "1") + line(2, sample.PlanA, "Contoso", "other@contoso.com", ""), account: "1",
			want: []string{
				"W_CHANGED_SINCE_EXPORT company_name: company_name changed in 1 row: not as it was exported (SEPT2 Ltd → 2-Sep Ltd) | is it meant? row 2",
				"W_CHANGED_SINCE_EXPORT email: email changed in 1 row: not as it was exported (Chris@contoso.com → other@contoso.com) | is it meant? row 3",
				"W_CHANGED_SINCE_EXPORT account_id: account_id changed in 1 row: emptied (2 → empty) | is it meant? row 3",
			},
		}, {
			name:   "rows removed and added",
			export: []ledger.Exported{exported(1, "Contoso", "1"), exported(2, "Contoso", "1"), exported(3, "Contoso", "1")},
			older:  []ledger.Exported{exported(8, "Contoso", "1"), exported(9, "Contoso", "1")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1") + line(4, sample.PlanA, "Contoso", "chris@contoso.com", "1"), account: "1",
			want: []string{"W_CHANGED_SINCE_EXPORT : 2 rows removed, 1 added since the export of 2026-11-22 09:00 UTC | removed: " + sample.SubID(2) + " of t2.onmicrosoft.com, " + sample.SubID(3) + " of t3.onmicrosoft.com; added: row 3"},
		}, {
			name: "rows left out", export: []ledger.Exported{exported(1, "Contoso", "1000042"), exported(2, "Contoso", "1000043"), exported(3, "Contoso", "1000044"), exported(4, "Contoso", "1000045")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@", "9000001") + line(2, sample.PlanA, "Contoso", "chris@contoso.com", "9000002") +
				line(3, sample.PlanA, "Contoso", "chris@contoso.com", "9000003") + line(4, sample.PlanA, "Contoso", "other@contoso.com", "1000045") +
				line(5, sample.PlanA, "Contoso", "chris@", "1") + line(6, sample.PlanA, "Contoso", "chris@contoso.com", "1"),
			account: "9000001", leavesOut: func(row *csvimport.Row) bool { return !row.Valid() || row.Row == 5 },
			want: []string{
				"W_CHANGED_SINCE_EXPORT account_id: account_id changed in 2 rows: not as it was exported (1000043 → 9000002) | is it meant? rows 3, 4",
				"W_CHANGED_SINCE_EXPORT : 1 row added since the export of 2026-11-22 09:00 UTC | added: row 7",
			},
		}, {
			name: "not of an export", export: []ledger.Exported{exported(7, "Contoso", "1")}, restore: true,
			file: line(1, sample.PlanA, "Contoso", "chris@contoso.com", "1"), account: "1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := sample.Book(t)
			export(t, b, sample.Today.AddDate(0, -1, 0), tt.older...)
			export(t, b, sample.Today, tt.export...)
			c := &check.Checker{File: sample.Open(t, sample.Columns+tt.file), Book: b, Restore: tt.restore, LeavesOut: tt.leavesOut}
			for range 2 {
				rows, _ := checked(t, c)
				var got []csvimport.Finding
				for _, f := range c.Findings() {
					if f.Code == "W_CHANGED_SINCE_EXPORT" {
						got = append(got, f)
					}
				}
				if diff := cmp.Diff(tt.want, sample.Found(got)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if rows[0].AccountID != tt.account {
					t.Errorf("account_id %q, want %q", rows[0].AccountID, tt.account)
				}
			}
		})
	}
}

func TestMangledCellNamesTheExport(t *testing.T) {
	b := sample.Book(t)
	export(t, b, sample.Today, ledger.Exported{Sub: sample.SubID(1), Tenant: "t1.onmicrosoft.com", AccountID: "1000042"})
	c := &check.Checker{Book: b, File: sample.Open(t, sample.Columns+"t1.onmicrosoft.com,"+sample.PlanA+","+sample.SubID(1)+",Contoso,chris@contoso.com,1.00E+06\n")}
	rows, _ := checked(t, c)
	if len(rows) != 1 || len(rows[0].Findings) != 1 || !strings.HasSuffix(rows[0].Findings[0].Hint, `; the export had "1000042"`) {
		t.Errorf("findings %q", sample.Found(rows[0].Findings))
	}
}
