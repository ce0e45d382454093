package sample

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
)

// Shelf is a platform's lists, as a test writes them down.
type Shelf struct {
	AllPlans    []apsclient.Plan
	AllAccounts []apsclient.Account
	AllTenants  []apsclient.Tenant
	Failing     map[string]error // by list
}

// List yields items and then, if there is one, an error.
func List[T any](items []T, err error) iter.Seq2[T, error] {
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

// Plans, Accounts and Tenants make a catalog.Platform of the shelf.
func (s *Shelf) Plans(context.Context) iter.Seq2[apsclient.Plan, error] {
	return List(s.AllPlans, s.Failing["plans"])
}

func (s *Shelf) Accounts(context.Context) iter.Seq2[apsclient.Account, error] {
	return List(s.AllAccounts, s.Failing["accounts"])
}

func (s *Shelf) Tenants(context.Context) iter.Seq2[apsclient.Tenant, error] {
	return List(s.AllTenants, s.Failing["tenants"])
}

const (
	PlanA = "11111111-aaaa-4aaa-8aaa-000000000001"
	PlanB = "11111111-aaaa-4aaa-8aaa-00000000f002"
)

// SubID is the n-th subscription.
func SubID(n int) string { return fmt.Sprintf("5ab00000-0000-4000-8000-%012d", n) }

// Market is a shelf with one of each kind of trouble.
func Market() *Shelf {
	sub := func(n int, status string, imported bool, account string) apsclient.TenantSubscription {
		return apsclient.TenantSubscription{ID: SubID(n), Status: status, Imported: imported, ImportedKnown: true, AccountID: account}
	}
	return &Shelf{
		AllPlans: []apsclient.Plan{{APSID: PlanA, ID: "101", Name: "Azure NCE"}, {APSID: PlanB, ID: "102", Name: "Azure NCE plus"}},
		AllAccounts: []apsclient.Account{
			{APSID: "acc-1", ID: "1000001", Company: "Contoso", Email: "Chris@contoso.com"},
			{APSID: "acc-2", ID: "1000002", Company: "Contoso", Email: "ben@contoso.com"},
			{APSID: "acc-3", ID: "1000003", Company: "Fabrikam\u00a0AG", Email: "fay@fabrikam.com"},
			{APSID: "acc-4", ID: "1000004", Company: "Twins", Email: "twin@example.com"},
			{APSID: "acc-5", ID: "1000005", Company: "Twins", Email: "TWIN@example.com"},
			{APSID: "acc-6", ID: "1000006", Company: "Grüße & Söhne KG", Email: "info@gruesse.de"},
			{APSID: "acc-7", ID: "0001000042", Company: "Zeros", Email: "zero@example.com"},
			{APSID: "acc-8", ID: "1000008", Company: "Silent"},
		},
		AllTenants: []apsclient.Tenant{
			{Domain: "contoso.onmicrosoft.com", Company: "Contoso", Email: "chris@contoso.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{
				sub(1, "Active", false, ""), sub(2, "active", false, ""), sub(3, "", true, "1000001"), sub(4, "Suspended", false, ""), sub(5, "active", false, ""),
			}},
			{Domain: "Fabrikam.onmicrosoft.com", Company: "Fabrikam AG", Email: "fay@fabrikam.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{sub(10, "active", false, "")}},
			{Domain: "deaf.onmicrosoft.com", Company: "Deaf", Email: "d@deaf.example"},
		},
	}
}

// Load fetches a catalog from a shelf.
func Load(t *testing.T, s *Shelf) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Found writes findings down shortly: code, column, hint.
func Found(findings []csvimport.Finding) []string {
	var words []string
	for _, f := range findings {
		words = append(words, fmt.Sprintf("%s %s: %s | %s", f.Code, f.Column, f.Message, f.Hint))
	}
	return words
}

// Crowd is a shelf of n tenants, each with an account and one subscription,
// and a file that imports them all.
func Crowd(n int) (*Shelf, string) {
	s := &Shelf{AllPlans: Market().AllPlans}
	var b strings.Builder
	b.WriteString(Columns)
	for i := range n {
		company, email, domain := fmt.Sprintf("Company number %d", i), fmt.Sprintf("Admin.%d@example.com", i), fmt.Sprintf("tenant%d.onmicrosoft.com", i)
		s.AllAccounts = append(s.AllAccounts, apsclient.Account{APSID: fmt.Sprintf("aps-%d", i), ID: fmt.Sprint(1000000 + i), Company: company, Email: email})
		s.AllTenants = append(s.AllTenants, apsclient.Tenant{
			Domain: domain, Company: company, Email: email, SubscriptionsReadable: true,
			Subscriptions: []apsclient.TenantSubscription{{ID: SubID(i), Status: "active", ImportedKnown: true}},
		})
		id := ""
		if i%2 == 0 {
			id = fmt.Sprint(1000000 + i)
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s\n", domain, PlanA, SubID(i), company, email, id)
	}
	return s, b.String()
}
