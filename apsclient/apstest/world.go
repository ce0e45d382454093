package apstest

import (
	"iter"
	"strconv"
	"strings"
)

// Tenant is one Azure CSP customer of the stand-in, with the account of its
// company. Company and e-mail together lead to that account and to no other.
type Tenant struct {
	ID            string // aps.id
	Domain        string
	Company       string
	Email         string
	AccountID     string // aps.id of its account
	AccountNumber string // the number people use, for example 1000009
	Subscriptions []string
}

// Plan is a service plan of the stand-in.
type Plan struct {
	ID     string // aps.id, which an order names
	Number int
	Name   string
	Price  string // of one month, in US dollars
}

// world makes the data from seed and position; it holds nothing.
type world struct {
	key           guidKey
	tenants, subs int
}

const (
	firstAccount = 1000001 // number of the account at position 0
	firstPlan    = 100001
)

var planNames = [...]struct{ name, price string }{
	{"Azure NCE Pay-As-You-Go", "0.00"},
	{"Azure NCE Managed, Standard", "49.90"},
	{"Azure NCE Managed, Premium", "199.00"},
}

// companies are the names, hard ones among them; the first two are the same on
// purpose: only the e-mail tells these accounts apart.
var companies = [...]struct{ name, slug, first string }{
	{"Contoso", "contoso", "chris"},
	{"Contoso", "contoso", "dana"},
	{"Fabrikam, Inc.", "fabrikam", "erin"},
	{"Müller & Söhne GmbH", "muellersoehne", "franz"},
	{`Adventure "Works" Cycles`, "adventureworks", "gail"},
	{"Wide World Importers, Ltd. (UK)", "wideworld", "harry"},
	{"株式会社さくら", "sakura", "ichiro"},
	{"Łódź Logistyka Sp. z o.o.", "lodzlogistyka", "jan"},
	{"+41 Telefonie AG", "telefonie", "karin"},
	{"'t Hoekje B.V.", "hoekje", "lotte"},
	{"@Home Media", "homemedia", "mira"},
	{"Société d'Énergie", "energie", "noel"},
	{"北京远方科技有限公司", "yuanfang", "ou"},
	{"Ångström Labs AB", "angstrom", "per"},
	{"O'Neil & Daughters", "oneil", "quinn"},
	{"Tailspin; Toys", "tailspin", "rosa"},
	{"Ελληνικά Τρόφιμα", "trofima", "sofia"},
	{"Northwind Traders", "northwind", "tom"},
	{"삼호 무역", "samho", "uri"},
	{`100% Organic, "Fresh" & Co`, "organicfresh", "vera"},
	{"Proseware, Inc", "proseware", "will"},
	{"Çelik Yapı A.Ş.", "celikyapi", "xenia"},
	{"Lucerne Publishing [CH]", "lucerne", "yves"},
	{"=Equals Design", "equals", "zoe"},
	{"Trey Research", "trey", "abby"},
}

func (w *world) company(i int) string {
	c := &companies[i%len(companies)]
	if i < len(companies) {
		return c.name
	}
	return c.name + " " + strconv.Itoa(i/len(companies)+1)
}

func (w *world) slug(i int) string {
	return companies[i%len(companies)].slug + strconv.Itoa(i+1)
}

func (w *world) domain(i int) string { return w.slug(i) + ".onmicrosoft.com" }

func (w *world) email(i int) string {
	return companies[i%len(companies)].first + "@" + w.slug(i) + ".example"
}

// accountEmail is the tenant's e-mail; one account spells it in capitals, for
// e-mails are compared without regard to case.
func (w *world) accountEmail(i int) string {
	if i%len(companies) == 7 {
		return strings.ToUpper(w.email(i)[:1]) + w.email(i)[1:]
	}
	return w.email(i)
}

func (w *world) tenantID(i int) string          { return w.key.guid(guidTenant, i, 0) }
func (w *world) accountID(i int) string         { return w.key.guid(guidAccount, i, 0) }
func (w *world) subscriptionID(i, j int) string { return w.key.guid(guidSubscription, i, j) }

func (w *world) subscriptionName(i, j int) string {
	return "Azure subscription " + strconv.Itoa(j+1) + " of " + w.slug(i)
}

// tenantAt, accountAt and planAt find the position of an aps.id.
func (w *world) tenantAt(id string) (int, bool) {
	i, _, ok := w.key.position(guidTenant, id)
	return i, ok && i < w.tenants
}

func (w *world) accountAt(id string) (int, bool) {
	i, _, ok := w.key.position(guidAccount, id)
	return i, ok && i < w.tenants
}

func (w *world) planAt(id string) (int, bool) {
	i, _, ok := w.key.position(guidPlan, id)
	return i, ok && i < len(planNames)
}

// subscriptionAt finds tenant and position of a subscription.
func (w *world) subscriptionAt(id string) (i, j int, ok bool) {
	i, j, ok = w.key.position(guidSubscription, id)
	return i, j, ok && i < w.tenants && j < w.subs
}

func (w *world) plan(i int) Plan {
	return Plan{ID: w.key.guid(guidPlan, i, 0), Number: firstPlan + i, Name: planNames[i].name, Price: planNames[i].price}
}

func (w *world) tenant(i int) Tenant {
	t := Tenant{ID: w.tenantID(i), Domain: w.domain(i), Company: w.company(i), Email: w.email(i),
		AccountID: w.accountID(i), AccountNumber: strconv.Itoa(firstAccount + i)}
	for j := range w.subs {
		t.Subscriptions = append(t.Subscriptions, w.subscriptionID(i, j))
	}
	return t
}

// Tenants yields the tenants in the order in which the platform lists them
// unsorted. A correct import is made of these.
func (s *Server) Tenants() iter.Seq[Tenant] {
	return func(yield func(Tenant) bool) {
		for i := range s.world.tenants {
			if !yield(s.world.tenant(i)) {
				return
			}
		}
	}
}

// Plans returns the three service plans.
func (s *Server) Plans() []Plan {
	plans := make([]Plan, len(planNames))
	for i := range plans {
		plans[i] = s.world.plan(i)
	}
	return plans
}
