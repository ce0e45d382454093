package check_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
)

// everything is all that is said of a file with a catalog.
type everything struct {
	Rows, Again []csvimport.Row
	Findings    []csvimport.Finding
	Tally       check.Tally
	Export      []csvimport.TemplateRow // the first of them
	ExportHash  uint64
	Exported    [4]int
	Tenants     [3]int
}

func sayAll(t *testing.T, s *sample.Shelf, text string, limit int) (all everything) {
	t.Helper()
	c, err := catalog.Loader{Platform: s, Limit: limit}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	checker := &check.Checker{File: sample.Open(t, text), Catalog: c}
	all.Rows, _ = checked(t, checker)
	all.Findings, all.Tally = checker.Findings(), checker.Tally()
	all.Again, _ = checked(t, checker)
	all.Tenants[0], all.Tenants[1] = c.Tenants()
	all.Tenants[2] = c.SubscriptionsUnread()
	e, err := c.Export(catalog.ExportOptions{})
	if c.TenantsUnread() != nil {
		return all
	}
	if err != nil {
		t.Fatal(err)
	}
	all.Exported = [4]int{e.Tenants, e.Subscriptions, e.Imported, e.Unread}
	h := fnv.New64a()
	for r, err := range e.Rows {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(h, r)
		if len(all.Export) < 50 {
			all.Export = append(all.Export, r)
		}
	}
	all.ExportHash = h.Sum64()
	return all
}

// twice is a market whose lists moved while they were read, and where things
// are called alike.
func twice() *sample.Shelf {
	s := sample.Market()
	s.AllAccounts = append(s.AllAccounts, s.AllAccounts[0],
		apsclient.Account{APSID: "acc-9", ID: "1000001", Company: "Other", Email: "o@example.com"},
		apsclient.Account{APSID: "acc-10", ID: "1000010", Company: "Contoso", Email: "chris@contoso.com"},
		apsclient.Account{APSID: "acc-11", Company: "Numberless", Email: "n@example.com"})
	sub := func(n int) apsclient.TenantSubscription {
		return apsclient.TenantSubscription{ID: strings.ToUpper(sample.SubID(n)), Status: "Active", ImportedKnown: true}
	}
	s.AllTenants = append(s.AllTenants,
		apsclient.Tenant{Domain: "FABRIKAM.onmicrosoft.com.", Company: "Fabrikam again", SubscriptionsReadable: true,
			Subscriptions: []apsclient.TenantSubscription{sub(10), sub(11), sub(1), sub(12)}},
		apsclient.Tenant{Domain: "contosp.onmicrosoft.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{sub(20), sub(12)}},
		apsclient.Tenant{Domain: "fabrikam.onmicrosoft.com", Subscriptions: []apsclient.TenantSubscription{sub(13)}},
		apsclient.Tenant{Domain: "contosn.onmicrosoft.com", SubscriptionsReadable: true})
	return s
}

// TestOnDisk compares what is said of a file where the platform's lists are in
// memory with what is said where they are on disk, in small pieces and in large.
func TestOnDisk(t *testing.T) {
	line := func(tenant, sub, company, email, account string) string {
		return strings.Join([]string{tenant, sample.PlanA, sub, company, email, account}, ",") + "\n"
	}
	many, crowded := sample.Crowd(14_000)
	for i := range many.AllAccounts {
		many.AllAccounts[i].Email = "admin@example.com"
	}
	lines := slices.Collect(strings.Lines(crowded))
	crowded = lines[0]
	for i := 1; i < len(lines); i += 61 {
		crowded += lines[i]
	}
	crowded += line("tenant1.onmicrosoft.com", sample.SubID(14_000), "Nobody", "admin@example.com", "")
	large := sample.Market()
	large.AllTenants[0].Company = strings.Repeat("Contoso ", 1000)
	large.AllAccounts[0].Company = strings.Repeat("Contoso ", 100_000) + "!"
	for i := range 3000 {
		large.AllTenants[1].Subscriptions = append(large.AllTenants[1].Subscriptions, apsclient.TenantSubscription{ID: sample.SubID(100 + i)})
	}
	hidden := sample.Market()
	hidden.Failing = map[string]error{"tenants": &apsclient.Error{Kind: apsclient.Permission, Op: "list"}}
	for _, tt := range []struct {
		name  string
		shelf *sample.Shelf
		text  string
		want  []string // the first codes; nil: too many
	}{
		{"most kinds of rows", sample.Market(), sample.Mixed,
			[]string{"3 W_TENANT_SPLIT", "4 W_ALREADY_IMPORTED", "5 E_ACCOUNT_UNKNOWN", "2 W_TENANT_PARTIAL"}},
		{"tenants are not shown", hidden, sample.Mixed, []string{"3 W_TENANT_SPLIT", "5 E_ACCOUNT_UNKNOWN"}},
		{"listed twice", twice(), sample.Columns +
			line("fabrikam.onmicrosoft.com", sample.SubID(11), "Fabrikam AG", "fay@fabrikam.com", "") +
			line("fabrikam.onmicrosoft.com", sample.SubID(1), "Fabrikam AG", "fay@fabrikam.com", "") +
			line("contosp.onmicrosoft.com", sample.SubID(12), "Contoso", "ben@contoso.com", "") +
			line("contosp.onmicrosoft.com", sample.SubID(20), "Contoso", "ben@contoso.com", "1000001") +
			line("contosp.onmicrosoft.com", sample.SubID(99), "Contoso", "ben@contoso.com", "") +
			line("contoso.onmicrosoft.com", sample.SubID(2), "Contoso", "chris@contoso.com", "") +
			line("contosz.onmicrosoft.com", sample.SubID(98), "Numberless", "n@example.com", "") +
			line("fabrikam.onmicrosoft.com", sample.SubID(97), "Numberles", "nn@example.com", ""),
			[]string{"3 E_SUBSCRIPTION_TENANT", "4 E_SUBSCRIPTION_TENANT", "5 E_ACCOUNT_AMBIGUOUS", "6 E_SUBSCRIPTION_UNKNOWN",
				"7 E_ACCOUNT_AMBIGUOUS", "8 E_TENANT_UNKNOWN", "9 E_ACCOUNT_UNKNOWN", "2 W_TENANT_PARTIAL", "7 W_TENANT_PARTIAL"}},
		{"nothing is right", sample.Market(), sample.Columns +
			line("contoso.onmicrosoft.con", sample.SubID(90), "Contosso", "x@example.com", "") +
			line("fabrikam.onmicrosoft.com", sample.SubID(1), "Fabrikam", "fay@fabrikan.com", "1000013") +
			line("deaf.onmicrosoft.com", sample.SubID(91), "Twins", "twin@example.com", ""), []string{"2 E_ACCOUNT_UNKNOWN", "2 E_TENANT_UNKNOWN",
			"3 E_ACCOUNT_UNKNOWN", "3 E_SUBSCRIPTION_TENANT", "4 E_ACCOUNT_AMBIGUOUS"}},
		{"long names, many subscriptions", large, sample.Mixed + line("fabrikam.onmicrosoft.com", sample.SubID(3099), "Fabrikam AG", "fay@fabrikam.com", "") +
			line("contoso.onmicrosoft.com", sample.SubID(5), "Contoso", "chris@contoso.com", "1000001"), nil},
		{"a platform of some size", many, crowded, nil},
		{"an empty platform", &sample.Shelf{}, sample.Mixed, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			memory := sayAll(t, tt.shelf, tt.text, 1_000_000)
			if diff := cmp.Diff(memory.Rows, memory.Again); diff != "" {
				t.Errorf("the second pass tells something else (-first +second):\n%s", diff)
			}
			for _, limit := range []int{1, 5} {
				if diff := cmp.Diff(memory, sayAll(t, tt.shelf, tt.text, limit)); diff != "" {
					t.Errorf("limit %d (-memory +disk):\n%s", limit, diff)
				}
			}
			if tt.want == nil {
				return
			}
			var codes []string
			for _, r := range memory.Rows {
				for _, f := range r.Findings {
					codes = append(codes, fmt.Sprint(f.Row, " ", f.Code))
				}
			}
			for _, f := range memory.Findings {
				codes = append(codes, fmt.Sprint(f.Row, " ", f.Code))
			}
			if diff := cmp.Diff(tt.want, codes); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCatalogModel compares the catalog with the plainest search there is.
func TestCatalogModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		s := &sample.Shelf{AllPlans: sample.Market().AllPlans}
		for i := range rapid.IntRange(0, 40).Draw(t, "accounts") {
			s.AllAccounts = append(s.AllAccounts, apsclient.Account{
				APSID: fmt.Sprint("acc-", i), ID: some("number", "1", "2", "3", "04", "5", "6", "7", "8", "9"),
				Company: some("company", "A", "B", "C"), Email: some("email", "a@x.example", "b@x.example", ""),
			})
		}
		owner, size := map[string]string{}, map[string]int{}
		for range rapid.IntRange(0, 30).Draw(t, "tenants") {
			tenant := apsclient.Tenant{Domain: some("domain", "a.example", "b.example", "c.example", "d.example"), SubscriptionsReadable: true}
			size[tenant.Domain] += 0
			for range rapid.IntRange(0, 3).Draw(t, "subscriptions") {
				id := sample.SubID(rapid.IntRange(1, 20).Draw(t, "subscription"))
				tenant.Subscriptions = append(tenant.Subscriptions, apsclient.TenantSubscription{ID: id})
				if owner[id] == "" {
					owner[id] = tenant.Domain
					size[tenant.Domain]++
				}
			}
			s.AllTenants = append(s.AllTenants, tenant)
		}
		c, err := catalog.Loader{Platform: s, Limit: rapid.IntRange(1, 20).Draw(t, "limit")}.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if tenants, subs := c.Tenants(); tenants != len(size) || subs != len(owner) {
			t.Errorf("%d tenants with %d subscriptions, want %d with %d", tenants, subs, len(size), len(owner))
		}
		for i := range 10 {
			row := csvimport.Row{Line: 2 + i, Row: 2 + i, PlanID: sample.PlanA, Tenant: some("row's domain", "a.example", "b.example", "d.example", "none.example"),
				SubID: sample.SubID(rapid.IntRange(1, 25).Draw(t, "row's subscription")), Company: some("row's company", "A", "B", "X"), Email: "a@x.example",
				AccountID: some("row's number", "", "1", "4", "10")}
			var same []string
			for _, a := range s.AllAccounts {
				if row.AccountID == "" && a.Company == row.Company && a.Email == row.Email ||
					row.AccountID != "" && strings.TrimLeft(a.ID, "0") == row.AccountID {
					same = append(same, a.APSID)
				}
			}
			var want []string
			account := ""
			switch len(same) {
			case 0:
				want = append(want, "E_ACCOUNT_UNKNOWN")
			case 1:
				account = same[0]
			default:
				want = append(want, "E_ACCOUNT_AMBIGUOUS")
			}
			_, known := size[row.Tenant]
			switch of := owner[row.SubID]; {
			case !known:
				want = append(want, "E_TENANT_UNKNOWN")
			case of == "":
				want = append(want, "E_SUBSCRIPTION_UNKNOWN")
			case of != row.Tenant:
				want = append(want, "E_SUBSCRIPTION_TENANT")
			}
			c.Resolve(&row)
			var got []string
			for _, f := range row.Findings {
				if strings.HasPrefix(string(f.Code), "E_") {
					got = append(got, string(f.Code))
				}
				if f.Code == "E_SUBSCRIPTION_UNKNOWN" && !strings.HasSuffix(f.Message, fmt.Sprint(" among ", size[row.Tenant])) {
					t.Errorf("%s, want %d", f.Message, size[row.Tenant])
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", row, diff)
			}
			if row.Account == nil && account != "" || row.Account != nil && row.Account.APSID != account {
				t.Errorf("account %v, want %q", row.Account, account)
			}
		}
	})
}

// TestNoPlaceOnDisk tells it where temporary files cannot be made, and leaves
// none behind where they can.
func TestNoPlaceOnDisk(t *testing.T) {
	folder := t.TempDir()
	name := "TMPDIR"
	if runtime.GOOS == "windows" {
		name = "TMP"
	}
	t.Setenv(name, folder)
	c, err := catalog.Loader{Platform: sample.Market(), Limit: 1}.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
	t.Setenv(name, folder+"/none")
	if _, err := (catalog.Loader{Platform: sample.Market(), Limit: 1}).Load(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
