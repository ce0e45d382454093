package check_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

// drawer is a list of orders that does not keep to what it is asked for.
type drawer struct {
	orders []apsclient.Order
	err    error
}

func (d drawer) List(_ context.Context, q apsclient.OrderQuery) iter.Seq2[apsclient.Order, error] {
	return sample.List(d.orders, d.err)
}

func TestAudit(t *testing.T) {
	s := sample.Market()
	subs := &s.AllTenants[0].Subscriptions
	for i, imported := range []bool{true, false, true, false, false} {
		(*subs)[i].Imported = imported
		if imported {
			(*subs)[i].AccountID = "1000001"
		}
	}
	s.AllTenants = append(s.AllTenants, apsclient.Tenant{
		Domain: "more.onmicrosoft.com", Company: "Contoso", SubscriptionsReadable: true,
		Subscriptions: []apsclient.TenantSubscription{
			{ID: sample.SubID(21), Imported: true, ImportedKnown: true, AccountID: "1000002"},
			{ID: sample.SubID(22), Imported: true, ImportedKnown: true, AccountID: "1000001"},
			{ID: sample.SubID(23), Imported: true, ImportedKnown: true, AccountID: "1000001"},
			{ID: sample.SubID(24), Imported: true, ImportedKnown: true},
			{ID: sample.SubID(25), Imported: true, ImportedKnown: true, AccountID: "1000001"},
			{ID: sample.SubID(26), Imported: true, ImportedKnown: true, AccountID: "1000001"},
			{ID: sample.SubID(27), Imported: true, ImportedKnown: true, AccountID: "1000001"},
		},
	})
	order := func(n int, change func(*apsclient.Order)) apsclient.Order {
		o := apsclient.Order{
			ID: fmt.Sprintf("o-%d", n), Number: fmt.Sprintf("SO%d", n), Type: "SALES", Status: "CP", AccountID: "acc-1",
			Reference: csvimport.Reference(sample.SubID(n), 1), HasReference: true, HasItems: true, PlanID: sample.PlanA, Subscription: sample.SubID(n),
		}
		if change != nil {
			change(&o)
		}
		return o
	}
	orders := []apsclient.Order{
		order(1, nil),
		order(2, nil),
		order(4, func(o *apsclient.Order) { o.Status, o.Reason = "PF", "Reason: no credit" }),
		order(10, func(o *apsclient.Order) { o.Status, o.HasItems = "LO", false }),
		order(21, nil),
		order(22, func(o *apsclient.Order) { o.PlanID, o.AccountID = sample.PlanB, "acc-2" }),
		order(23, nil),
		order(23, func(o *apsclient.Order) { o.ID, o.Number, o.Status = "o-99", "SO99", "LO" }),
		order(25, func(o *apsclient.Order) { o.PlanID = sample.PlanB }),
		order(26, func(o *apsclient.Order) { o.CutOff = "2026-12-01T00:00:00.000Z" }),
		order(27, nil),
		order(77, nil), // of somebody else
	}
	type line struct {
		n      int
		tenant string
		status csvimport.Status
		order  string
	}
	lines := []line{
		{1, "contoso", csvimport.Completed, "o-1"},
		{2, "contoso", csvimport.Completed, "o-2"},
		{3, "contoso", csvimport.Existing, ""},
		{4, "contoso", csvimport.Failed, "o-4"},
		{10, "fabrikam", csvimport.Submitted, "o-10"},
		{21, "more", csvimport.Completed, "o-21"},
		{22, "more", csvimport.Completed, "o-22"},
		{23, "more", csvimport.Refused, ""},
		{24, "more", csvimport.Completed, "o-24"},
		{25, "more", csvimport.Completed, "o-25"},
		{26, "more", csvimport.Completed, "o-26"},
		{27, "more", csvimport.Refused, ""},
		{30, "deaf", csvimport.Completed, ""},
	}
	file := strings.TrimSpace(sample.Columns) + "," + sample.ResultColumns + "\n"
	for _, l := range lines {
		account := "Contoso,chris@contoso.com"
		if l.tenant == "fabrikam" {
			account = "Fabrikam AG,fay@fabrikam.com"
		}
		file += fmt.Sprintf("%s.onmicrosoft.com,%s,%s,%s,,0,%s,%s,,,,,,,,,,,1,,\n", l.tenant, sample.PlanA, sample.SubID(l.n), account, l.status, l.order)
	}
	orders[3].AccountID = "acc-3"

	a := &check.Auditor{File: sample.Open(t, file), Catalog: sample.Load(t, s), Orders: drawer{orders: orders}}
	got := map[string][]string{}
	for r, err := range a.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[r.Row.SubID[len(r.Row.SubID)-2:]] = sample.Found(r.Findings)
	}
	want := map[string][]string{
		"01": nil,
		"02": {"E_NOT_IMPORTED sub_id: the platform shows this subscription as not imported, the file says completed | an order may have sold a new subscription instead: look at it in Billing before importing more"},
		"03": nil,
		"04": {
			"E_ORDER_FAILED : order SO4 ended badly (PF): Reason: no credit; the platform shows this subscription as not imported, the file says failed | mend what the platform names and resubmit the order in Billing",
		},
		"10": {
			"W_ORDER_OPEN : order SO10 is not at its end (LO) | audit again later",
			"E_NOT_IMPORTED sub_id: the platform shows this subscription as not imported, the file says submitted | its order is not at its end",
		},
		"21": {"E_OTHER_ACCOUNT account_id: the subscription is imported under account 1000002, the row is for account 1000001 | correct the row, or have the order looked at in Billing"},
		"22": {
			`E_OTHER_ACCOUNT account_id: order SO22 is for account 1000002 ("Contoso", ben@contoso.com), the row is for account 1000001 ("Contoso", Chris@contoso.com); order SO22 is for service plan ` + sample.PlanB +
				" (Azure NCE plus) | cancelling an order may suspend the subscription in Azure: ask Billing first",
		},
		"23": {
			"E_ORDERED_TWICE sub_id: 2 orders have this row's reference, and none of them was cancelled: SO23 (CP), SO99 (LO); the file says refused, and the platform has order SO23 (CP)" +
				" | a customer may be billed twice: cancel the one too many in Billing",
		},
		"24": {"W_ORDER_NOT_LISTED : the platform does not list order o-24 now | look for it in Billing; it may not be readable from here"},
		"25": {"E_OTHER_PLAN plan_id: order SO25 is for service plan " + sample.PlanB + " (Azure NCE plus) | correct the row, or have the order looked at in Billing"},
		"26": {"E_OTHER_CUT_OFF cut_off_date: order SO26 has the cut-off date 2026-12-01T00:00:00.000Z, the row none | correct the row, or have the order looked at in Billing"},
		"27": {"E_ORDER_UNRECORDED sub_id: the file says refused, and the platform has order SO27 (CP) | import the file again: what is done stays done"},
		"30": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	left := []string{"W_NOT_READABLE : it cannot be read whether the subscription is imported, for 1 row, which has no order to be read either (row 14) | look it up in the panel under NCE Customers", "W_TENANT_PARTIAL tenant: 4 of the tenant's 5 subscriptions are in the file | left out: " + sample.SubID(5)}
	if diff := cmp.Diff(left, sample.Found(a.Findings())); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	tally := a.Tally()
	if tally.Rows != 13 || tally.Good != 2 || tally.Codes["E_NOT_IMPORTED"] != 2 || tally.Codes["W_TENANT_PARTIAL"] != 1 || tally.Codes["W_NOT_READABLE"] != 1 {
		t.Errorf("tally is %+v", tally)
	}
}

// Where the platform shows no tenants, that is said once, and what its orders
// tell still counts.
func TestAuditWithoutTenants(t *testing.T) {
	s := sample.Market()
	s.Failing = map[string]error{"tenants": &apsclient.Error{Kind: apsclient.Permission, Op: "list tenants", Status: 403}}
	file := strings.TrimSpace(sample.Columns) + "," + sample.ResultColumns + "\n"
	var orders []apsclient.Order
	for i := range 9 {
		status := csvimport.Completed
		o := apsclient.Order{ID: fmt.Sprintf("o-%d", i), Number: fmt.Sprintf("SO%d", i), Type: "SALES", Status: "CP", AccountID: "acc-1",
			Reference: csvimport.Reference(sample.SubID(i), 1), HasReference: true, HasItems: true, PlanID: sample.PlanA, Subscription: sample.SubID(i)}
		switch i {
		case 3:
			o.Status = "PF"
		case 5, 6, 7:
			status, o.ID, o.Reference = csvimport.Existing, fmt.Sprintf("other-%d", i), "somebody's"
		}
		id := o.ID
		if status == csvimport.Existing {
			id = ""
		}
		orders = append(orders, o)
		file += fmt.Sprintf("contoso.onmicrosoft.com,%s,%s,Contoso,chris@contoso.com,,0,%s,%s,,,,,,,,,,,1,,\n", sample.PlanA, sample.SubID(i), status, id)
	}
	a := &check.Auditor{File: sample.Open(t, file), Catalog: sample.Load(t, s), Orders: drawer{orders: orders}}
	var got []string
	for r, err := range a.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, sample.Found(r.Findings)...)
	}
	got = append(got, sample.Found(a.Findings())...)
	want := []string{
		"E_ORDER_FAILED : order SO3 ended badly (PF) | mend what the platform names and resubmit the order in Billing",
		"W_NOT_READABLE : it cannot be read whether the subscription is imported, for 9 rows, 3 of which have no order to be read either (row 7, 8, 9) | look them up in the panel under NCE Customers",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if tally := a.Tally(); tally.Rows != 9 || tally.Good != 5 {
		t.Errorf("%d rows of %d are as the file says, want 5 of 9", tally.Good, tally.Rows)
	}
}

func TestAuditErrors(t *testing.T) {
	c := sample.Load(t, sample.Market())
	a := &check.Auditor{File: sample.Open(t, sample.Mixed), Catalog: c, Orders: drawer{}}
	if err := lastError(a.Rows(t.Context())); !errors.Is(err, rows.ErrNotResults) {
		t.Errorf("a file without results: got %v", err)
	}
	gone := errors.New("gone")
	done := sample.Open(t, sample.WriteResults(t, sample.Open(t, sample.Mixed), slices.Collect(func(yield func(csvimport.Result) bool) {
		for i := range 4 {
			if !yield(csvimport.Result{Index: i, Status: csvimport.Completed, OrderID: "x"}) {
				return
			}
		}
	})...))
	a = &check.Auditor{File: done, Catalog: c, Orders: drawer{err: gone}}
	if err := lastError(a.Rows(t.Context())); !errors.Is(err, gone) {
		t.Errorf("orders that cannot be read: got %v", err)
	}
}

func lastError(rows iter.Seq2[check.Audited, error]) (last error) {
	for _, err := range rows {
		last = err
	}
	return last
}
