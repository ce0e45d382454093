package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/internal/sample"
)

func TestExport(t *testing.T) {
	onePlan := sample.Market()
	onePlan.AllPlans = onePlan.AllPlans[:1]
	bound := sample.Market()
	bound.AllTenants = []apsclient.Tenant{{
		Domain: "contoso.onmicrosoft.com", Company: "Contoso (old name)", Email: "old@contoso.com", AccountID: "1000002", SubscriptionsReadable: true,
		Subscriptions: []apsclient.TenantSubscription{{ID: sample.SubID(1)}},
	}}
	twins := sample.Market()
	twins.AllTenants = []apsclient.Tenant{{
		Domain: "twins.onmicrosoft.com", Company: "\u200bTwins", Email: "twin@example.com", SubscriptionsReadable: true,
		Subscriptions: []apsclient.TenantSubscription{{ID: sample.SubID(1)}},
	}}
	contoso := func(n int, plan string) csvimport.TemplateRow {
		return csvimport.TemplateRow{Tenant: "contoso.onmicrosoft.com", PlanID: plan, SubID: sample.SubID(n), Company: "Contoso", Email: "chris@contoso.com", AccountID: "1000001"}
	}
	done := contoso(3, "")
	done.Email = "Chris@contoso.com" // the account's, which is certain
	fabrikam := csvimport.TemplateRow{Tenant: "fabrikam.onmicrosoft.com", SubID: sample.SubID(10), Company: "Fabrikam AG", Email: "fay@fabrikam.com", AccountID: "1000003"}
	ready := []csvimport.TemplateRow{contoso(1, ""), contoso(2, ""), contoso(4, ""), contoso(5, ""), fabrikam}
	filled := func(rows []csvimport.TemplateRow) (out []csvimport.TemplateRow) {
		for _, r := range rows {
			r.PlanID = sample.PlanA
			out = append(out, r)
		}
		return out
	}
	for _, tt := range []struct {
		name                            string
		shelf                           *sample.Shelf
		opt                             catalog.ExportOptions
		want                            []csvimport.TemplateRow
		tenants, subs, imported, unread int
	}{
		{"ready", sample.Market(), catalog.ExportOptions{}, ready, 2, 5, 1, 1},
		{"all", sample.Market(), catalog.ExportOptions{All: true}, []csvimport.TemplateRow{ready[0], ready[1], done, ready[2], ready[3], fabrikam}, 2, 6, 0, 1},
		{"filter by domain", sample.Market(), catalog.ExportOptions{Filter: "FABRI"}, []csvimport.TemplateRow{fabrikam}, 1, 1, 0, 0},
		{"filter by company", sample.Market(), catalog.ExportOptions{Filter: "kam ag"}, []csvimport.TemplateRow{fabrikam}, 1, 1, 0, 0},
		{"filter without a match", sample.Market(), catalog.ExportOptions{Filter: "x"}, nil, 0, 0, 0, 0},
		{"the only plan", onePlan, catalog.ExportOptions{}, filled(ready), 2, 5, 1, 1},
		{"plan by name", sample.Market(), catalog.ExportOptions{Plan: "azure nce"}, filled(ready), 2, 5, 1, 1},
		{"bound tenant", bound, catalog.ExportOptions{}, []csvimport.TemplateRow{
			{Tenant: "contoso.onmicrosoft.com", SubID: sample.SubID(1), Company: "Contoso", Email: "ben@contoso.com", AccountID: "1000002"}}, 1, 1, 0, 0},
		{"ambiguous account", twins, catalog.ExportOptions{}, []csvimport.TemplateRow{
			{Tenant: "twins.onmicrosoft.com", SubID: sample.SubID(1), Company: "Twins", Email: "twin@example.com"}}, 1, 1, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := sample.Load(t, tt.shelf).Export(tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			var got []csvimport.TemplateRow
			for r, err := range e.Rows {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, r)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			counts := []int{e.Tenants, e.Subscriptions, e.Imported, e.Unread}
			if diff := cmp.Diff([]int{tt.tenants, tt.subs, tt.imported, tt.unread}, counts); diff != "" {
				t.Errorf("tenants, subscriptions, imported, unread (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := sample.Load(t, sample.Market()).Export(catalog.ExportOptions{Plan: "Windows"}); err == nil {
		t.Error("an unknown plan was taken")
	}
}

// People look for a customer by name: whatever order the platform lists in, an
// export is in that of the domains, each tenant's subscriptions as they came.
func TestExportOrder(t *testing.T) {
	s := sample.Market()
	s.AllTenants = nil
	for i, domain := range []string{"zeta", "Alpha", "mu", "alpha", "beta"} {
		s.AllTenants = append(s.AllTenants, apsclient.Tenant{Domain: domain + ".onmicrosoft.com", SubscriptionsReadable: true,
			Subscriptions: []apsclient.TenantSubscription{{ID: sample.SubID(20 - 2*i)}, {ID: sample.SubID(21 - 2*i)}}})
	}
	c := sample.Load(t, s)
	e, err := c.Export(catalog.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r, err := range e.Rows {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSuffix(r.Tenant, ".onmicrosoft.com")+" "+r.SubID[34:])
		row := csvimport.Row{Tenant: r.Tenant, SubID: r.SubID}
		if c.Resolve(&row); row.Binding.Sub != r.SubID {
			t.Errorf("%s is found as %+v, %q", r.SubID, row.Binding, sample.Found(row.Findings))
		}
	}
	want := []string{"alpha 18", "alpha 19", "alpha 14", "alpha 15", "beta 12", "beta 13", "mu 16", "mu 17", "zeta 20", "zeta 21"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExportRemembers(t *testing.T) {
	b := sample.Book(t)
	e, err := sample.Load(t, sample.Market()).Export(catalog.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Remember(t.Context(), b, sample.Today); err != nil {
		t.Fatal(err)
	}
	got, err := b.Exported(t.Context(), []string{sample.SubID(10), sample.SubID(3)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[sample.SubID(10)].AccountID != "1000003" || !got[sample.SubID(10)].At.Equal(sample.Today) {
		t.Errorf("remembered %+v", got)
	}
}
