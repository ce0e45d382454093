package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/internal/sample"
)

// loadOnDisk is load with all but the first few in temporary files.
func loadOnDisk(t *testing.T, s *sample.Shelf) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Loader{Platform: s, Limit: 2}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestResolve(t *testing.T) {
	row := func(change func(*csvimport.Row)) csvimport.Row {
		r := csvimport.Row{
			Line: 2, Row: 2, Tenant: "contoso.onmicrosoft.com", PlanID: sample.PlanA, SubID: sample.SubID(1),
			Company: "Contoso", Email: "chris@contoso.com",
		}
		change(&r)
		return r
	}
	const panel = "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize"
	tests := []struct {
		name    string
		row     csvimport.Row
		account string
		want    []string
	}{
		{"name and e-mail", row(func(r *csvimport.Row) {}), "acc-1", nil},
		{"e-mail in another case", row(func(r *csvimport.Row) { r.Email = "BEN@contoso.COM" }), "acc-2", nil},
		{"number", row(func(r *csvimport.Row) { r.AccountID = "1000001" }), "acc-1", nil},
		{"number with leading zeros", row(func(r *csvimport.Row) { r.AccountID = "0001000001" }), "acc-1", nil},
		{"number without the platform's zeros", row(func(r *csvimport.Row) {
			r.AccountID, r.Company, r.Email = "1000042", "Zeros", "zero@example.com"
		}), "acc-7", nil},
		{"name in normal form on both sides", row(func(r *csvimport.Row) { r.Company, r.Email = "Fabrikam AG", "fay@fabrikam.com" }), "acc-3", nil},
		{"the platform tells no e-mail", row(func(r *csvimport.Row) { r.AccountID, r.Company = "1000008", "Silent" }), "acc-8", nil},
		{"name right, e-mail wrong", row(func(r *csvimport.Row) { r.Company, r.Email = "Grüße & Söhne KG", "other@gruesse.de" }), "", []string{
			`E_ACCOUNT_UNKNOWN company_name: no account has this company name and the administrator's e-mail other@gruesse.de together | account 1000006 has this name, and the administrator info@gruesse.de: correct the e-mail, or write 1000006 into account_id`,
		}},
		{"several have the name", row(func(r *csvimport.Row) { r.Email = "x@contoso.com" }), "", []string{
			`E_ACCOUNT_UNKNOWN company_name: no account has this company name and the administrator's e-mail x@contoso.com together | 2 accounts have this name with another e-mail: 1000001 ("Contoso", Chris@contoso.com), 1000002 ("Contoso", ben@contoso.com)`,
		}},
		{"e-mail right, name wrong", row(func(r *csvimport.Row) { r.Company = "Contoso Ltd" }), "", []string{
			`E_ACCOUNT_UNKNOWN company_name: no account has this company name and the administrator's e-mail chris@contoso.com together | this is the e-mail of account 1000001, called "Contoso": correct the name, or write 1000001 into account_id`,
		}},
		{"two candidates", row(func(r *csvimport.Row) { r.Company, r.Email = "Twins", "twin@example.com" }), "", []string{
			`E_ACCOUNT_AMBIGUOUS company_name: 2 accounts have this company name and e-mail | write the right one's number into account_id: 1000004 ("Twins", twin@example.com), 1000005 ("Twins", TWIN@example.com)`,
		}},
		{"two candidates and a number", row(func(r *csvimport.Row) {
			r.Company, r.Email, r.AccountID = "Twins", "twin@example.com", "1000005"
		}), "acc-5", nil},
		{"number of none, name and e-mail of one", row(func(r *csvimport.Row) { r.AccountID = "1000000" }), "", []string{
			`E_ACCOUNT_UNKNOWN account_id: no account has this number | company name and e-mail are those of account 1000001`,
		}},
		{"number with another name", row(func(r *csvimport.Row) { r.AccountID, r.Company = "1000001", "Contoso Ltd" }), "acc-1", []string{
			`W_ACCOUNT_DIFFERS company_name: account 1000001 is called "Contoso" | account_id decides; correct the name if the account is right`,
		}},
		{"number with another e-mail", row(func(r *csvimport.Row) { r.AccountID = "1000002" }), "acc-2", []string{
			`W_ACCOUNT_DIFFERS email: the administrator of account 1000002 is ben@contoso.com | account_id decides; correct the e-mail if the account is right`,
		}},
		{"number of quite another", row(func(r *csvimport.Row) { r.AccountID = "1000003" }), "acc-3", []string{
			"W_ACCOUNT_CONTRADICTS account_id: the account is 1000003 (\"Fabrikam AG\", fay@fabrikam.com): both its name and its e-mail differ from this row's | account_id decides; is it the right one?",
		}},
		{"plan mistyped", row(func(r *csvimport.Row) { r.PlanID = strings.Replace(sample.PlanA, "1", "2", 1) }), "acc-1", []string{
			`E_PLAN_UNKNOWN plan_id: no service plan has this id | did you mean ` + sample.PlanA + ` (Azure NCE)?`,
		}},
		{"plan of another world", row(func(r *csvimport.Row) { r.PlanID = sample.SubID(77) }), "acc-1", []string{
			`E_PLAN_UNKNOWN plan_id: no service plan has this id | there are ` + sample.PlanA + ` (Azure NCE), ` + sample.PlanB + ` (Azure NCE plus)`,
		}},
		{"tenant mistyped", row(func(r *csvimport.Row) { r.Tenant, r.SubID = "contso.onmicrosoft.com", sample.SubID(99) }), "acc-1", []string{
			`E_TENANT_UNKNOWN tenant: the platform has no tenant with this domain name | did you mean contoso.onmicrosoft.com (Contoso)? else, ` + panel,
		}},
		{"tenant wrong, subscription known", row(func(r *csvimport.Row) { r.Tenant = "nowhere.example" }), "acc-1", []string{
			`E_TENANT_UNKNOWN tenant: the platform has no tenant with this domain name | the subscription belongs to contoso.onmicrosoft.com (Contoso): is that the tenant? else, ` + panel,
		}},
		{"subscription unknown", row(func(r *csvimport.Row) { r.SubID = sample.SubID(99) }), "acc-1", []string{
			`E_SUBSCRIPTION_UNKNOWN sub_id: contoso.onmicrosoft.com has no such subscription among 5 | ` + panel,
		}},
		{"subscription of another tenant", row(func(r *csvimport.Row) { r.SubID = sample.SubID(10) }), "acc-1", []string{
			`E_SUBSCRIPTION_TENANT sub_id: this subscription belongs to fabrikam.onmicrosoft.com (Fabrikam AG) | was one column sorted without the others?`,
		}},
		{"subscriptions not readable are not said to be missing", row(func(r *csvimport.Row) { r.Tenant, r.SubID = "deaf.onmicrosoft.com", sample.SubID(99) }), "acc-1", nil},
		{"imported", row(func(r *csvimport.Row) { r.SubID = sample.SubID(3) }), "acc-1", []string{
			`W_ALREADY_IMPORTED sub_id: this subscription is imported already, under account 1000001 | nothing will be sent for it`,
		}},
		{"imported under another account", row(func(r *csvimport.Row) { r.SubID, r.Email = sample.SubID(3), "ben@contoso.com" }), "acc-2", []string{
			`W_ALREADY_IMPORTED sub_id: this subscription is imported already, under account 1000001 and not under 1000002 | nothing will be sent for it`,
		}},
		{"suspended", row(func(r *csvimport.Row) { r.SubID = sample.SubID(4) }), "acc-1", []string{
			`W_SUBSCRIPTION_STATE sub_id: the subscription is suspended, not active | look at it in the panel before it is billed`,
		}},
		{"a faulty cell is not looked up", row(func(r *csvimport.Row) {
			r.PlanID, r.Findings = "", []csvimport.Finding{{Severity: csvimport.SeverityError, Code: "E_GUID", Column: "plan_id"}}
		}), "acc-1", []string{"E_GUID plan_id:  | "}},
	}
	for _, place := range []struct {
		name string
		load func(*testing.T, *sample.Shelf) *catalog.Catalog
	}{{"in memory", sample.Load}, {"on disk", loadOnDisk}} {
		t.Run(place.name, func(t *testing.T) {
			c := place.load(t, sample.Market())
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					r := tt.row
					c.Resolve(&r)
					if diff := cmp.Diff(tt.want, sample.Found(r.Findings)); diff != "" {
						t.Errorf("findings (-want +got):\n%s", diff)
					}
					got := ""
					if r.Account != nil {
						got = r.Account.APSID
					}
					if got != tt.account {
						t.Errorf("account %q, want %q", got, tt.account)
					}
					if err := c.Err(); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

func TestNearestNames(t *testing.T) {
	c := sample.Load(t, sample.Market())
	for _, tt := range []struct{ name, company, email, hint string }{
		{"letters swapped", "Fabirkam AG", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"legal form left out", "Fabrikam", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"case", "FABRIKAM AG", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"nothing near", "Adventure Works", "x@example.com", "create the account in the panel first, or write the right account's number into account_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := csvimport.Row{Company: tt.company, Email: tt.email}
			for range 2 { // the second time from memory
				r.Findings = nil
				c.Resolve(&r)
				if len(r.Findings) != 1 || r.Findings[0].Hint != tt.hint {
					t.Errorf("got %q, want hint %q", sample.Found(r.Findings), tt.hint)
				}
			}
		})
	}
}

func TestLoadCatalogErrors(t *testing.T) {
	kind := func(k apsclient.Kind) error { return &apsclient.Error{Kind: k, Op: "list", Message: "no"} }
	for _, tt := range []struct {
		name, list string
		err        error
		fails      bool
	}{
		{"plans refused", "plans", kind(apsclient.Permission), true},
		{"accounts refused", "accounts", kind(apsclient.Permission), true},
		{"tenants not allowed", "tenants", kind(apsclient.Permission), false},
		{"tenants not there", "tenants", kind(apsclient.NoService), false},
		{"wrong credentials", "tenants", kind(apsclient.Credentials), true},
		{"no answer", "tenants", kind(apsclient.InDoubt), true},
		{"not reached", "tenants", kind(apsclient.NotSent), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sample.Market()
			s.Failing = map[string]error{tt.list: tt.err}
			c, err := catalog.Load(t.Context(), s)
			if tt.fails {
				if !errors.Is(err, tt.err) {
					t.Fatalf("got %v, want %v", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !errors.Is(c.TenantsUnread(), tt.err) {
				t.Errorf("TenantsUnread is %v, want %v", c.TenantsUnread(), tt.err)
			}
			r := csvimport.Row{Tenant: "nowhere.example", SubID: sample.SubID(99)}
			c.Resolve(&r)
			if len(r.Findings) > 0 {
				t.Errorf("what is not readable was said to be missing: %q", sample.Found(r.Findings))
			}
			if _, err := c.Export(catalog.ExportOptions{}); !errors.Is(err, tt.err) {
				t.Errorf("an export of tenants that are not readable: %v", err)
			}
		})
	}
}

func TestCatalogPlan(t *testing.T) {
	s := sample.Market()
	s.AllPlans = append(s.AllPlans, apsclient.Plan{APSID: "p3", ID: "103", Name: "azure nce PLUS"})
	c := sample.Load(t, s)
	for _, tt := range []struct{ name, give, want, err string }{
		{"id", strings.ToUpper(sample.PlanA), sample.PlanA, ""},
		{"number", "102", sample.PlanB, ""},
		{"name", " azure nce ", sample.PlanA, ""},
		{"none", "Windows", "", "no service plan \"Windows\"; there are "},
		{"several", "Azure NCE Plus", "", "2 service plans are called"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := c.Plan(tt.give)
			if plan.APSID != tt.want {
				t.Errorf("got %q, want %q", plan.APSID, tt.want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestAccountByAPSID(t *testing.T) {
	for name, c := range map[string]*catalog.Catalog{"memory": sample.Load(t, sample.Market()), "disk": loadOnDisk(t, sample.Market())} {
		if a, ok := c.Account("acc-6"); !ok || a.ID != "1000006" {
			t.Errorf("%s: got %v, %v", name, a, ok)
		}
		if a, ok := c.Account("acc-99"); ok {
			t.Errorf("%s: got %v for an account that is not there", name, a)
		}
	}
}

func TestBindings(t *testing.T) {
	got := map[string]csvimport.Binding{}
	for b, err := range catalog.Bindings(t.Context(), sample.Market()) {
		if err != nil {
			t.Fatal(err)
		}
		got[b.Sub] = b
	}
	want := csvimport.Binding{Sub: sample.SubID(3), Known: true, Imported: true, AccountID: "1000001"}
	if diff := cmp.Diff(want, got[sample.SubID(3)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != 6 {
		t.Errorf("%d bindings, want 6", len(got))
	}
}
