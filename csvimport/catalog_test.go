package csvimport_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
)

// shelf is a platform's lists, as a test writes them down.
type shelf struct {
	plans    []apsclient.Plan
	accounts []apsclient.Account
	tenants  []apsclient.Tenant
	failing  map[string]error // by list
}

func listed[T any](items []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range items {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func (s *shelf) Plans(context.Context) iter.Seq2[apsclient.Plan, error] {
	return listed(s.plans, s.failing["plans"])
}

func (s *shelf) Accounts(context.Context) iter.Seq2[apsclient.Account, error] {
	return listed(s.accounts, s.failing["accounts"])
}

func (s *shelf) Tenants(context.Context) iter.Seq2[apsclient.Tenant, error] {
	return listed(s.tenants, s.failing["tenants"])
}

const (
	planA = "11111111-aaaa-4aaa-8aaa-000000000001"
	planB = "11111111-aaaa-4aaa-8aaa-00000000f002"
)

func subID(n int) string { return fmt.Sprintf("5ab00000-0000-4000-8000-%012d", n) }

// market is a shelf with one of each kind of trouble.
func market() *shelf {
	sub := func(n int, status string, imported bool, account string) apsclient.TenantSubscription {
		return apsclient.TenantSubscription{ID: subID(n), Status: status, Imported: imported, ImportedKnown: true, AccountID: account}
	}
	return &shelf{
		plans: []apsclient.Plan{{APSID: planA, ID: "101", Name: "Azure NCE"}, {APSID: planB, ID: "102", Name: "Azure NCE plus"}},
		accounts: []apsclient.Account{
			{APSID: "acc-1", ID: "1000001", Company: "Contoso", Email: "Chris@contoso.com"},
			{APSID: "acc-2", ID: "1000002", Company: "Contoso", Email: "ben@contoso.com"},
			{APSID: "acc-3", ID: "1000003", Company: "Fabrikam\u00a0AG", Email: "fay@fabrikam.com"},
			{APSID: "acc-4", ID: "1000004", Company: "Twins", Email: "twin@example.com"},
			{APSID: "acc-5", ID: "1000005", Company: "Twins", Email: "TWIN@example.com"},
			{APSID: "acc-6", ID: "1000006", Company: "Grüße & Söhne KG", Email: "info@gruesse.de"},
			{APSID: "acc-7", ID: "0001000042", Company: "Zeros", Email: "zero@example.com"},
			{APSID: "acc-8", ID: "1000008", Company: "Silent"},
		},
		tenants: []apsclient.Tenant{
			{Domain: "contoso.onmicrosoft.com", Company: "Contoso", Email: "chris@contoso.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{
				sub(1, "Active", false, ""), sub(2, "active", false, ""), sub(3, "", true, "1000001"), sub(4, "Suspended", false, ""), sub(5, "active", false, ""),
			}},
			{Domain: "Fabrikam.onmicrosoft.com", Company: "Fabrikam AG", Email: "fay@fabrikam.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{sub(10, "active", false, "")}},
			{Domain: "deaf.onmicrosoft.com", Company: "Deaf", Email: "d@deaf.example"},
		},
	}
}

func load(t *testing.T, s *shelf) *csvimport.Catalog {
	t.Helper()
	c, err := csvimport.LoadCatalog(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// loadOnDisk is load with all but the first few in temporary files.
func loadOnDisk(t *testing.T, s *shelf) *csvimport.Catalog {
	t.Helper()
	c, err := csvimport.Loader{Platform: s, Limit: 2}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// found writes findings down shortly: code, column, hint.
func found(findings []csvimport.Finding) []string {
	var words []string
	for _, f := range findings {
		words = append(words, fmt.Sprintf("%s %s: %s | %s", f.Code, f.Column, f.Message, f.Hint))
	}
	return words
}

func TestResolve(t *testing.T) {
	row := func(change func(*csvimport.Row)) csvimport.Row {
		r := csvimport.Row{
			Line: 2, Row: 2, Tenant: "contoso.onmicrosoft.com", PlanID: planA, SubID: subID(1),
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
			"W_ACCOUNT_CONTRADICTS account_id: the account is 1000003 (\"Fabrikam AG\", fay@fabrikam.com): both its name and its e-mail are others than this row's | account_id decides; is it the right one?",
		}},
		{"plan mistyped", row(func(r *csvimport.Row) { r.PlanID = strings.Replace(planA, "1", "2", 1) }), "acc-1", []string{
			`E_PLAN_UNKNOWN plan_id: no service plan has this id | did you mean ` + planA + ` (Azure NCE)?`,
		}},
		{"plan of another world", row(func(r *csvimport.Row) { r.PlanID = subID(77) }), "acc-1", []string{
			`E_PLAN_UNKNOWN plan_id: no service plan has this id | there are ` + planA + ` (Azure NCE), ` + planB + ` (Azure NCE plus)`,
		}},
		{"tenant mistyped", row(func(r *csvimport.Row) { r.Tenant, r.SubID = "contso.onmicrosoft.com", subID(99) }), "acc-1", []string{
			`E_TENANT_UNKNOWN tenant: the platform has no tenant with this domain name | did you mean contoso.onmicrosoft.com (Contoso)? else, ` + panel,
		}},
		{"tenant wrong, subscription known", row(func(r *csvimport.Row) { r.Tenant = "nowhere.example" }), "acc-1", []string{
			`E_TENANT_UNKNOWN tenant: the platform has no tenant with this domain name | the subscription belongs to contoso.onmicrosoft.com (Contoso): is that the tenant? else, ` + panel,
		}},
		{"subscription unknown", row(func(r *csvimport.Row) { r.SubID = subID(99) }), "acc-1", []string{
			`E_SUBSCRIPTION_UNKNOWN sub_id: contoso.onmicrosoft.com has no such subscription among 5 | ` + panel,
		}},
		{"subscription of another tenant", row(func(r *csvimport.Row) { r.SubID = subID(10) }), "acc-1", []string{
			`E_SUBSCRIPTION_TENANT sub_id: this subscription belongs to fabrikam.onmicrosoft.com (Fabrikam AG) | was one column sorted without the others?`,
		}},
		{"subscriptions not readable are not said to be missing", row(func(r *csvimport.Row) { r.Tenant, r.SubID = "deaf.onmicrosoft.com", subID(99) }), "acc-1", nil},
		{"imported", row(func(r *csvimport.Row) { r.SubID = subID(3) }), "acc-1", []string{
			`W_ALREADY_IMPORTED sub_id: this subscription is imported already, under account 1000001 | nothing will be sent for it`,
		}},
		{"imported under another account", row(func(r *csvimport.Row) { r.SubID, r.Email = subID(3), "ben@contoso.com" }), "acc-2", []string{
			`W_ALREADY_IMPORTED sub_id: this subscription is imported already, under account 1000001 and not under 1000002 | nothing will be sent for it`,
		}},
		{"suspended", row(func(r *csvimport.Row) { r.SubID = subID(4) }), "acc-1", []string{
			`W_SUBSCRIPTION_STATE sub_id: the subscription is suspended, not active | have a look at it before billing it`,
		}},
		{"a faulty cell is not looked up", row(func(r *csvimport.Row) {
			r.PlanID, r.Findings = "", []csvimport.Finding{{Severity: csvimport.SeverityError, Code: "E_GUID", Column: "plan_id"}}
		}), "acc-1", []string{"E_GUID plan_id:  | "}},
	}
	for _, place := range []struct {
		name string
		load func(*testing.T, *shelf) *csvimport.Catalog
	}{{"in memory", load}, {"on disk", loadOnDisk}} {
		t.Run(place.name, func(t *testing.T) {
			c := place.load(t, market())
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					r := tt.row
					c.Resolve(&r)
					if diff := cmp.Diff(tt.want, found(r.Findings)); diff != "" {
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
	c := load(t, market())
	for _, tt := range []struct{ name, company, email, hint string }{
		{"letters swapped", "Fabirkam AG", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"legal form left out", "Fabrikam", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"case", "FABRIKAM AG", "x@example.com", "the nearest names are 1000003 (\"Fabrikam AG\", fay@fabrikam.com)"},
		{"nothing near", "Adventure Works", "x@example.com", "create the account in the panel first, or write the right account's number into account_id (bulkimport accounts --find lists them)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := csvimport.Row{Company: tt.company, Email: tt.email}
			for range 2 { // the second time from memory
				r.Findings = nil
				c.Resolve(&r)
				if len(r.Findings) != 1 || r.Findings[0].Hint != tt.hint {
					t.Errorf("got %q, want hint %q", found(r.Findings), tt.hint)
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
			s := market()
			s.failing = map[string]error{tt.list: tt.err}
			c, err := csvimport.LoadCatalog(t.Context(), s)
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
			r := csvimport.Row{Tenant: "nowhere.example", SubID: subID(99)}
			c.Resolve(&r)
			if len(r.Findings) > 0 {
				t.Errorf("what is not readable was said to be missing: %q", found(r.Findings))
			}
			if _, err := c.Export(csvimport.ExportOptions{}); !errors.Is(err, tt.err) {
				t.Errorf("an export of tenants that are not readable: %v", err)
			}
		})
	}
}

func TestCatalogPlan(t *testing.T) {
	s := market()
	s.plans = append(s.plans, apsclient.Plan{APSID: "p3", ID: "103", Name: "azure nce PLUS"})
	c := load(t, s)
	for _, tt := range []struct{ name, give, want, err string }{
		{"id", strings.ToUpper(planA), planA, ""},
		{"number", "102", planB, ""},
		{"name", " azure nce ", planA, ""},
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
	for name, c := range map[string]*csvimport.Catalog{"memory": load(t, market()), "disk": loadOnDisk(t, market())} {
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
	for b, err := range csvimport.Bindings(t.Context(), market()) {
		if err != nil {
			t.Fatal(err)
		}
		got[b.Sub] = b
	}
	want := csvimport.Binding{Sub: subID(3), Known: true, Imported: true, AccountID: "1000001"}
	if diff := cmp.Diff(want, got[subID(3)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got) != 6 {
		t.Errorf("%d bindings, want 6", len(got))
	}
}
