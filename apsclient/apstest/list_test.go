package apstest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
)

type accountJSON struct {
	APS          struct{ ID string }
	ID           int
	Type         string
	CompanyName  string
	AdminContact struct{ Email string }
}

func numbers(list []accountJSON) []int {
	var got []int
	for _, a := range list {
		got = append(got, a.ID-1000000)
	}
	return got
}

func rqlValue(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func TestAccountQueries(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	for _, tt := range []struct {
		name, query string
		want        []int
	}{
		{"by number", "eq(id,1000009)", []int{9}},
		{"unknown number", "eq(id,1000026)", nil},
		{"infix", "id=eq=1000009", []int{9}},
		{"by aps.id", "eq(aps.id," + tn[4].AccountID + ")", []int{5}},
		{"a plan's aps.id", "eq(aps.id," + srv.Plans()[0].ID + ")", nil},
		{"in", "in(id,(1000003,1000001,1000099))", []int{1, 3}},
		{"in, sorted down", "in(id,(1000003,1000001)),sort(-id)", []int{3, 1}},
		{"shared name", "eq(companyName,Contoso)", []int{1, 2}},
		{"name and e-mail", "and(eq(companyName,Contoso),eq(adminContact.email," + rqlValue(tn[1].Email) + "))", []int{2}},
		{"comma in name", "eq(companyName," + rqlValue("Fabrikam, Inc.") + ")", []int{3}},
		{"umlaut", "eq(companyName," + rqlValue("Müller & Söhne GmbH") + ")", []int{4}},
		{"quotes", "eq(companyName," + rqlValue(`Adventure "Works" Cycles`) + ")", []int{5}},
		{"CJK", "eq(companyName," + rqlValue("株式会社さくら") + ")", []int{7}},
		{"e-mail is compared as written", "eq(adminContact.email," + rqlValue(tn[7].Email) + ")", nil},
		{"like", "like(companyName,*Inc*)", []int{3, 21}},
		{"like, one letter", "like(companyName,Contos?)", []int{1, 2}},
		{"like, one wide letter", "like(companyName,M?ller*)", []int{4}},
		{"like, encoded star is a star", "like(companyName,%2AInc)", nil},
		{"or", "or(eq(id,1000001),eq(companyName,Contoso),eq(id,1000007))", []int{1, 2, 7}},
		{"not", "not(gt(id,1000002))", []int{1, 2}},
		{"range", "ge(id,1000003),lt(id,1000006)", []int{3, 4, 5}},
		{"range, edges out", "gt(id,1000003)&le(id,1000006)", []int{4, 5, 6}},
		{"ne in and", "and(le(id,1000003),ne(id,1000002))", []int{1, 3}},
		{"limit", "sort(id),limit(2,3)", []int{3, 4, 5}},
		{"down", "sort(-id),limit(0,2)", []int{25, 24}},
		{"two keys", "le(id,1000003),sort(companyName,-id)", []int{2, 1, 3}},
		{"beyond", "sort(id),limit(30,3)", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []accountJSON
			w.get(accountsPath+"?"+tt.query).want(t, 200).json(t, &got)
			if diff := cmp.Diff(tt.want, numbers(got)); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusedQueries(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	for _, query := range []string{
		"eq(id)", "eq(id,1", "eq(,1)", "eq(id,x)", "eq(nothing,1)", "sort(nothing)", "select(nothing)", "limit(0)", "limit(0,0)",
		"limit(-1,5)", "limit(a,5)", "contains(companyName,x)", "eq(companyName,a'b)", "eq(companyName,a+b)", "eq(companyName,a(b)",
		"not(eq(id,1),eq(id,2))", "and(sort(id))", "sort(id),sort(id)", "limit(0,1),limit(0,1)", "implementing(x)", "sort(id),", ",sort(id)",
		"eq(companyName,%0A)", "in(id,1)", "like(id,1*)", "page=2", strings.Repeat("not(", 30) + "eq(id,1)" + strings.Repeat(")", 30),
	} {
		t.Run(query, func(t *testing.T) {
			w.get(accountsPath+"?"+query).want(t, 400)
		})
	}
	w.get(accountsPath+"?eq(companyName,%zz)").want(t, 401) // the signature is checked first
	w.get(accountsPath+"?eq(companyName,"+strings.Repeat("a", 9000)+")").want(t, 414)
}

// TestRawAddress sends what no URL library would: characters that signature
// verifiers refuse.
func TestRawAddress(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	for _, raw := range []string{"eq(companyName,[a])", `eq(companyName,"a")`, "eq(companyName,ü)", "eq(companyName,a|b)"} {
		res := rawGet(t, w, accountsPath+"?"+raw)
		if !strings.HasPrefix(res, "HTTP/1.1 400 ") || !strings.Contains(res, "percent-encoded in an address") {
			t.Errorf("%s: %s", raw, res)
		}
	}
}

func TestPaging(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config func(*apstest.Config)
		query  string
		status int
		rng    string
		n      int
	}{
		{"all", nil, "", 200, "items 0-24/25", 25},
		{"first page", nil, "?sort(id),limit(0,10)", 200, "items 0-9/25", 10},
		{"last page", nil, "?sort(id),limit(20,10)", 200, "items 20-24/25", 5},
		{"empty page", nil, "?sort(id),limit(25,10)", 200, "items */25", 0},
		{"nothing found", nil, "?eq(companyName,x)", 200, "items */0", 0},
		{"page size", func(c *apstest.Config) { c.PageSize = 7 }, "", 200, "items 0-6/25", 7},
		{"page size is the most", func(c *apstest.Config) { c.PageSize = 7 }, "?sort(id),limit(0,20)", 200, "items 0-6/25", 7},
		{"partial", func(c *apstest.Config) { c.Partial = true }, "?sort(id),limit(0,10)", 206, "items 0-9/25", 10},
		{"partial, whole list", func(c *apstest.Config) { c.Partial = true }, "", 200, "items 0-24/25", 25},
		{"short", apstest.WithFault("short-pages", 1), "?sort(id),limit(0,10)", 200, "items 0-4/25", 5},
		{"no range", apstest.WithFault("no-range", 1), "?sort(id),limit(0,10)", 200, "", 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var opts []apstest.Option
			if tt.config != nil {
				opts = append(opts, tt.config)
			}
			w := newWire(t, apstest.NewServer(t, opts...))
			r := w.get(accountsPath+tt.query).want(t, tt.status)
			var got []accountJSON
			r.json(t, &got)
			if len(got) != tt.n || r.Header.Get("Content-Range") != tt.rng {
				t.Errorf("%d elements, Content-Range %q; want %d, %q", len(got), r.Header.Get("Content-Range"), tt.n, tt.rng)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	w := newWire(t, apstest.NewServer(t))
	r := w.get(accountsPath+"?eq(id,1000003),select(companyName,adminContact.email)").want(t, 200)
	var got []map[string]json.RawMessage
	r.json(t, &got)
	if len(got) != 1 || len(got[0]) != 3 || string(got[0]["companyName"]) != `"Fabrikam, Inc."` || got[0]["aps"] == nil {
		t.Errorf("got %s", r.body)
	}
}

func TestOrderQueries(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(6, 1))
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	var ids, dates []string
	for i := range 5 {
		ids = append(ids, w.placed(tn[i]))
		dates = append(dates, w.order(ids[i]).OrderDate)
		time.Sleep(3 * time.Millisecond)
	}
	ids = append(ids, w.placed(tn[0])) // a double
	if _, err := srv.AddOrder(apstest.StoredOrder{Type: "RENEWAL", AccountID: tn[0].AccountID, PlanID: srv.Plans()[1].ID,
		Reference: "azure-import/" + tn[0].Subscriptions[0], HasReference: true}); err != nil {
		t.Fatal(err)
	}
	ref := func(i int) string { return rqlValue("azure-import/" + tn[i].Subscriptions[0]) }
	for _, tt := range []struct {
		name, query string
		want        string // positions of ids; x is the renewal
	}{
		{"all", "", "0 1 2 3 4 5 x"},
		{"newest", "sort(-orderDate),limit(0,3)", "x 5 4"},
		{"oldest", "sort(+orderDate),limit(1,2)", "1 2"},
		{"by id", "eq(orderId," + ids[2] + ")", "2"},
		{"by ids", "in(orderId,(" + ids[4] + "," + ids[1] + ",00000000-0000-4000-8000-000000000000))", "1 4"},
		{"by reference", "eq(poNumber," + ref(0) + ")", "0 5 x"},
		{"by references, sales only", "and(in(poNumber,(" + ref(0) + "," + ref(3) + ")),eq(type,SALES)),sort(-orderDate)", "5 3 0"},
		{"by prefix", "like(poNumber,azure-import%2F*),in(type,(SALES,SO)),sort(-orderDate)", "5 4 3 2 1 0"},
		{"by account", "in(accountId,(" + tn[0].AccountID + "," + tn[2].AccountID + ")),sort(orderDate)", "0 2 5 x"},
		{"since", "ge(orderDate," + rqlValue(dates[3]) + ")", "3 4 5 x"},
		{"since, with an offset", "ge(orderDate," + rqlValue(strings.Replace(dates[3], "Z", "+00:00", 1)) + "),le(orderDate," + rqlValue(dates[4]) + ")", "3 4"},
		{"by number", "eq(orderNumber,SO000002)", "1"},
		{"by status", "eq(status,CP),sort(-orderNumber),limit(0,2)", "x 5"},
		{"none", "eq(poNumber,azure-import)", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// Twice: the second answer comes from what the first remembered.
			for range 2 {
				var got []order
				w.get(w.orders()+"?"+tt.query).want(t, 200).json(t, &got)
				var at []string
				for _, o := range got {
					place := "x"
					for i, id := range ids {
						if o.OrderID == id {
							place = fmt.Sprint(i)
						}
					}
					at = append(at, place)
				}
				if diff := cmp.Diff(tt.want, strings.Join(at, " ")); diff != "" {
					t.Errorf("orders (-want +got):\n%s", diff)
				}
			}
		})
	}
	w.get(w.orders()+"?eq(orderDate,yesterday)").want(t, 400)
	w.get(w.orders()+"?implementing(x)").want(t, 400)
	w.get(w.orders()+"/00000000-0000-4000-8000-000000000000").want(t, 404)
	// The alias leads to the same orders.
	w.get("/aps/2/services/order-manager/orders/"+ids[0]).want(t, 200)
	w.get("/aps/2/services/order-manager").want(t, 200)
}

// TestPagesWhileGrowing pages through orders sorted by id, which are random,
// while more come in; the sort order of what was remembered must keep up.
func TestPagesWhileGrowing(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(30, 1))
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	for i := range 30 {
		w.placed(tn[i])
		var got []order
		w.get(w.orders()+"?eq(type,SALES),sort(orderId),limit(0,100)").want(t, 200).json(t, &got)
		if len(got) != i+1 {
			t.Fatalf("%d orders after %d", len(got), i+1)
		}
		for k := 1; k < len(got); k++ {
			if got[k-1].OrderID >= got[k].OrderID {
				t.Fatalf("not sorted: %s before %s", got[k-1].OrderID, got[k].OrderID)
			}
		}
	}
}
