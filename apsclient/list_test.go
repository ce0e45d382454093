package apsclient_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
)

// billing holds orders and answers lists of them, with the filters it is let
// to know.
type billing struct {
	orders  []map[string]any
	refuses []string // words of a query that are answered 400
	ignores bool     // filters are taken and not kept to
	queries []string
}

func (b *billing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, err := url.PathUnescape(r.URL.RawQuery)
	if err != nil || len(r.RequestURI) > 8<<10 {
		http.Error(w, "bad address", http.StatusRequestURITooLong)
		return
	}
	if !strings.HasSuffix(r.URL.Path, "/orders") {
		b.queries = append(b.queries, "one")
		for _, o := range b.orders {
			if strings.HasSuffix(r.URL.Path, "/orders/"+o["orderId"].(string)) {
				json.NewEncoder(w).Encode(o)
				return
			}
		}
		say(404, nil, `{"message":"no such order"}`)(w, r)
		return
	}
	b.queries = append(b.queries, query)
	for _, word := range b.refuses {
		if strings.Contains(query, word) {
			say(400, nil, `{"message":"`+word+` is not supported"}`)(w, r)
			return
		}
	}
	list := slices.Clone(b.orders)
	for _, property := range []string{"orderId", "poNumber", "accountId"} {
		if b.ignores || !strings.Contains(query, property) {
			continue
		}
		list = slices.DeleteFunc(list, func(o map[string]any) bool {
			v, ok := o[property].(string)
			if strings.Contains(query, "like("+property) {
				_, after, _ := strings.Cut(query, "like("+property+",")
				prefix, _, _ := strings.Cut(after, "*")
				return !strings.HasPrefix(v, prefix)
			}
			return !ok || !strings.Contains(query, ","+v+")") && !strings.Contains(query, "("+v+",") && !strings.Contains(query, ","+v+",")
		})
	}
	w.Header().Set("Content-Range", fmt.Sprintf("items 0-%d/%d", len(list), len(list)))
	json.NewEncoder(w).Encode(list)
}

func (b *billing) start(t *testing.T) *apsclient.Orders {
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return newClient(t, apsclient.Config{URL: server.URL}).NewOrders("svc")
}

func order(id, reference, account string) map[string]any {
	return map[string]any{"orderId": id, "type": "SALES", "status": "CP", "poNumber": reference, "accountId": account, "orderDate": "2026-05-0" + id + "T00:00:00Z"}
}

func ids(orders []apsclient.Order) string {
	var list []string
	for _, o := range orders {
		list = append(list, o.ID)
	}
	return strings.Join(list, " ")
}

// A filter the platform refuses is asked for in a wider way, once; the rest is
// done here.
func TestListFallsBack(t *testing.T) {
	orders := []map[string]any{order("1", "ours/1", "A"), order("2", "ours/2", "B"), order("3", "theirs/3", "A"), order("4", "ours/4", "A")}
	for _, test := range []struct {
		name    string
		refuses []string
		query   apsclient.OrderQuery
		want    string
		queries int
	}{
		{"nothing refused", nil, apsclient.OrderQuery{References: []string{"ours/1", "ours/4"}}, "1 4", 1},
		{"in refused, or is not", []string{"in("}, apsclient.OrderQuery{References: []string{"ours/1", "ours/4"}}, "1 4", 2},
		{"neither in nor or", []string{"in(", "or("}, apsclient.OrderQuery{References: []string{"ours/1", "ours/4"}}, "1 4", 3},
		{"like refused", []string{"like("}, apsclient.OrderQuery{ReferencePrefix: "ours/"}, "1 2 4", 2},
		{"like refused, accounts are not", []string{"like("}, apsclient.OrderQuery{ReferencePrefix: "ours/", AccountIDs: []string{"A"}}, "1 4", 3},
		{"dates refused", []string{"ge("}, apsclient.OrderQuery{References: []string{"ours/1"}, Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, "1", 2},
		{"every filter refused", []string{"eq(", "in(", "like(", "ge("}, apsclient.OrderQuery{References: []string{"ours/1"}, AccountIDs: []string{"A"}, Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, "1", 7},
		{"sort refused too", []string{"eq(", "sort("}, apsclient.OrderQuery{References: []string{"ours/1"}}, "1", 3},
		{"ids one by one", []string{"in(", "or("}, apsclient.OrderQuery{IDs: []string{"4", "9", "2"}}, "4 2", 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &billing{orders: orders, refuses: test.refuses}
			o := b.start(t)
			got, err := collect(o.List(t.Context(), test.query))
			if err != nil || ids(got) != test.want {
				t.Errorf("orders %q, %v, want %q", ids(got), err, test.want)
			}
			if len(b.queries) != test.queries {
				t.Errorf("%d queries, want %d:\n%s", len(b.queries), test.queries, strings.Join(b.queries, "\n"))
			}
			// What was refused once is not asked again.
			before := len(b.queries)
			if again, err := collect(o.List(t.Context(), test.query)); err != nil || ids(again) != test.want {
				t.Errorf("the second time %q, %v", ids(again), err)
			}
			for _, query := range b.queries[before:] {
				for _, word := range test.refuses {
					if strings.Contains(query, word) {
						t.Errorf("asked again: %s", query)
					}
				}
			}
		})
	}
}

// Nothing but a refusal widens a question.
func TestListDoesNotFallBackOnFailure(t *testing.T) {
	for status, want := range map[int]apsclient.Kind{401: apsclient.Credentials, 403: apsclient.Permission, 429: apsclient.SlowDown} {
		requests := 0
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { requests++; w.WriteHeader(status) })
		_, err := collect(c.NewOrders("x").List(t.Context(), apsclient.OrderQuery{References: []string{"a", "b"}}))
		if apsclient.KindOf(err) != want || requests != 1 {
			t.Errorf("%d: error %v after %d requests, want one of kind %v after 1", status, err, requests, want)
		}
	}
}

// An answer that does not keep to the question is sorted out here; what does
// not tell is left for the caller.
func TestListDoesNotTrustFilters(t *testing.T) {
	orders := []map[string]any{
		order("1", "ours/1", "A"), order("2", "theirs", "A"), order("3", "OURS/1 ", "A"),
		{"orderId": "4", "type": "SO"},                                        // tells nothing
		{"orderId": "5", "type": "RENEWAL", "poNumber": "ours/1"},             // inherited it
		{"orderId": "6", "poNumber": nil},                                     // neither type nor reference
		{"orderId": "1", "type": "SALES", "poNumber": "ours/1"},               // twice
		{"orderId": "7", "type": "sales", "poNumber": "", "accountId": 10009}, // an empty reference is another
	}
	for _, test := range []struct {
		name  string
		query apsclient.OrderQuery
		want  string
	}{
		{"reference", apsclient.OrderQuery{References: []string{"ours/1"}}, "1 3 4 6"},
		{"prefix", apsclient.OrderQuery{ReferencePrefix: "ours/"}, "1 3 4 6"},
		{"account", apsclient.OrderQuery{AccountIDs: []string{"B"}}, "4 6"},
		{"account by aps.id, told by number", apsclient.OrderQuery{AccountIDs: []string{testService}}, "1 2 3 4 6 7"},
		{"ids", apsclient.OrderQuery{IDs: []string{"2", "7"}}, "2 7"},
		{"numbers", apsclient.OrderQuery{Numbers: []string{"SO1"}}, "1 2 3 4 6 7"},
		{"everything", apsclient.OrderQuery{}, "1 2 3 4 6 7"},
		{"the first two", apsclient.OrderQuery{Limit: 2}, "1 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &billing{orders: orders, ignores: true}
			got, err := collect(b.start(t).List(t.Context(), test.query))
			if err != nil || ids(got) != test.want {
				t.Errorf("orders %q, %v, want %q", ids(got), err, test.want)
			}
		})
	}
}

// No address grows over 8 KB, and nothing asked for is left out.
func TestListBatches(t *testing.T) {
	b := &billing{}
	var references, accounts []string
	for i := range 300 {
		references = append(references, fmt.Sprintf("azure-import/%036d", i))
		accounts = append(accounts, fmt.Sprintf("%036d", i%40))
		b.orders = append(b.orders, map[string]any{"orderId": fmt.Sprint(i), "poNumber": references[i], "accountId": accounts[i]})
	}
	for _, test := range []struct {
		name       string
		query      apsclient.OrderQuery
		want, most int
	}{
		{"references", apsclient.OrderQuery{References: references}, 300, 3},
		{"accounts", apsclient.OrderQuery{AccountIDs: slices.Compact(slices.Sorted(slices.Values(accounts)))}, 300, 1},
		{"references and accounts", apsclient.OrderQuery{References: references, AccountIDs: slices.Compact(slices.Sorted(slices.Values(accounts)))}, 300, 6},
		{"one that is too long by itself", apsclient.OrderQuery{References: []string{"a", strings.Repeat("ü", 300), "b"}}, 0, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.queries = nil
			got, err := collect(b.start(t).List(t.Context(), test.query))
			if err != nil || len(got) != test.want {
				t.Errorf("%d orders, %v, want %d", len(got), err, test.want)
			}
			if n := len(b.queries); n > test.most {
				t.Errorf("%d requests, want at most %d", n, test.most)
			}
		})
	}
	b.refuses = []string{"in("}
	t.Run("spread", func(t *testing.T) {
		got, err := collect(b.start(t).List(t.Context(), apsclient.OrderQuery{References: references}))
		if err != nil || len(got) != 300 {
			t.Errorf("%d orders, %v", len(got), err)
		}
	})
}

// A widened listing by date ends where the orders become older than asked for.
func TestListEndsWithAge(t *testing.T) {
	newest := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	pages := 0
	_, server := serve(t, nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "ge(") {
			w.WriteHeader(400)
			return
		}
		var start, count int
		_, window, _ := strings.Cut(r.URL.RawQuery, "limit(")
		fmt.Sscanf(window, "%d,%d)", &start, &count)
		pages++
		var list []map[string]any
		for i := start; i < start+count; i++ {
			list = append(list, map[string]any{"orderId": fmt.Sprint(i), "orderDate": newest.AddDate(0, 0, -i)})
		}
		w.Header().Set("Content-Range", fmt.Sprintf("items %d-%d/100000", start, start+count-1))
		json.NewEncoder(w).Encode(list)
	})
	c := newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{PageSize: "10"}})
	got, err := collect(c.NewOrders("x").List(t.Context(), apsclient.OrderQuery{Since: newest.AddDate(0, 0, -25)}))
	if err != nil || len(got) < 26 || len(got) > 28 || pages != 3 {
		t.Errorf("%d orders from %d pages, %v, want those of 25 days from 3", len(got), pages, err)
	}
}

// An order whose date is not told, or told without a zone, is listed whatever the
// query's time is.
func TestListKeepsUntoldDates(t *testing.T) {
	c, _ := serve(t, say(200, map[string]string{"Content-Range": "items 0-3/4"}, `[{"orderId":"1","orderDate":"2026-06-01T00:00:00Z"},
		{"orderId":"2","orderDate":"2020-01-01 00:00:00"},{"orderId":"3","orderDate":"2020-01-01T00:00:00Z"},{"orderId":"4"}]`))
	got, err := collect(c.NewOrders("x").List(t.Context(), apsclient.OrderQuery{Since: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}))
	var ids string
	for _, o := range got {
		ids += o.ID
	}
	if err != nil || ids != "124" {
		t.Errorf("orders %s, %v, want 1, 2 and 4", ids, err)
	}
}

// pageful is a platform with n orders that notes what it was asked and over which
// connection.
type pageful struct {
	n      int
	limits []string
	conns  map[string]bool
	cookie int
}

func (p *pageful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.conns == nil {
		p.conns = map[string]bool{}
	}
	p.conns[r.RemoteAddr] = true
	p.cookie += len(r.Cookies())
	_, window, _ := strings.Cut(r.URL.RawQuery, "limit(")
	p.limits = append(p.limits, strings.TrimSuffix(window, ")"))
	var start, count int
	fmt.Sscanf(window, "%d,%d)", &start, &count)
	w.Header().Set("Set-Cookie", "node=1")
	w.Header().Set("Date", time.Date(2026, 6, 1, 0, 0, len(p.limits), 0, time.UTC).Format(http.TimeFormat))
	list := []map[string]any{}
	for i := start; i < min(start+count, p.n); i++ {
		list = append(list, map[string]any{"orderId": fmt.Sprint(i)})
	}
	w.Header().Set("Content-Range", fmt.Sprintf("items %d-%d/%d", start, start+len(list)-1, p.n))
	json.NewEncoder(w).Encode(list)
}

// A reader of the newest orders asks for a small page, hears each answer's date
// before its orders, and costs no request once it has enough.
func TestListIsLazy(t *testing.T) {
	p := &pageful{n: 100}
	_, server := serve(t, p.ServeHTTP)
	c := newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{PageSize: "10"}})
	o := c.NewOrders("x")
	if _, ok := o.Date(); ok {
		t.Error("a date is known before any answer")
	}
	var heard []int
	for order, err := range o.List(t.Context(), apsclient.OrderQuery{PageSize: 3, Heard: func(at time.Time) { heard = append(heard, at.Second()) }}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"0": 1, "2": 1, "3": 2}[order.ID]; want > 0 && len(heard) != want {
			t.Errorf("order %s came after %d answers heard, want %d", order.ID, len(heard), want)
		}
		if order.ID == "11" {
			break
		}
	}
	if diff := cmp.Diff([]string{"0,3", "2,10"}, p.limits); diff != "" {
		t.Errorf("pages asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 2}, heard); diff != "" {
		t.Errorf("seconds heard (-want +got):\n%s", diff)
	}
	if at, ok := o.Date(); !ok || at.Second() != 2 {
		t.Errorf("latest date %v, %v", at, ok)
	}
}

// An answer without a date is heard too, and the latest date stays.
func TestDateHeardIsTheLatest(t *testing.T) {
	dates := []string{"Mon, 01 Jun 2026 00:00:09 GMT", "Mon, 01 Jun 2026 00:00:05 GMT", ""}
	n := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if date := dates[n]; date != "" {
			w.Header().Set("Date", date)
		}
		n++
		w.Header().Set("Content-Range", "items */0")
		io.WriteString(w, "[]")
	})
	o := c.NewOrders("x")
	var heard []bool
	for range dates {
		if _, err := collect(o.List(t.Context(), apsclient.OrderQuery{Heard: func(at time.Time) { heard = append(heard, at.IsZero()) }})); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]bool{false, false, true}, heard); diff != "" {
		t.Errorf("without a date (-want +got):\n%s", diff)
	}
	if at, ok := o.Date(); !ok || at.Second() != 9 {
		t.Errorf("latest date %v, %v, want the ninth second", at, ok)
	}
}

// Each fresh listing has one connection of its own, and no cookie; the pool's stay.
func TestListFresh(t *testing.T) {
	p := &pageful{n: 25}
	_, server := serve(t, p.ServeHTTP)
	c := newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{PageSize: "10"}})
	o := c.NewOrders("x")
	for i, q := range []apsclient.OrderQuery{{}, {Fresh: true}, {Fresh: true}, {}} {
		if got, err := collect(o.List(t.Context(), q)); err != nil || len(got) != p.n {
			t.Fatalf("%d orders, %v", len(got), err)
		}
		if want := []int{1, 2, 3, 3}[i]; len(p.conns) != want {
			t.Errorf("%d connections after listing %d, want %d", len(p.conns), i+1, want)
		}
	}
	if p.cookie > 0 {
		t.Errorf("%d cookies were sent", p.cookie)
	}
}

func TestEstimate(t *testing.T) {
	for _, test := range []struct {
		body string
		want apsclient.Estimate
	}{
		{`{"total":{"value":12.50,"code":"USD"}}`, apsclient.Estimate{Total: "12.50", Currency: "USD"}},
		{`{"total":"0","currency":"EUR"}`, apsclient.Estimate{Total: "0", Currency: "EUR"}},
		{`[{"grandTotal":{"amount":3,"currency":"GBP"}}]`, apsclient.Estimate{Total: "3", Currency: "GBP"}},
		{`{}`, apsclient.Estimate{}},
	} {
		var asked string
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.Method + " " + r.RequestURI
			io.WriteString(w, test.body)
		})
		got, err := c.NewOrders("svc").Estimate(t.Context(), someOrder())
		if err != nil || got != test.want || asked != "POST /aps/2/resources/svc/orders/estimate?includeTaxes=false" {
			t.Errorf("%s: %+v, %v from %s, want %+v", test.body, got, err, asked, test.want)
		}
	}
}

// An estimate that is not there says nothing of the order; one that is refused
// does.
func TestEstimateThatIsNotThere(t *testing.T) {
	order := someOrder()
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   apsclient.Kind
	}{
		{"no such path", 404, `{"error":"x","message":"no estimate"}`, apsclient.NoService},
		{"no such path, of a service", 404, `{"code":404,"message":"resource svc/orders/estimate is not found"}`, apsclient.NoService},
		{"page", 404, `<html>404 Not Found</html>`, apsclient.NoService},
		{"no such method", 405, `{"message":"POST is not allowed"}`, apsclient.NoService},
		{"not made", 501, ``, apsclient.NoService},
		{"no such plan", 404, `{"code":404,"message":"service plan ` + strings.ToUpper(order.PlanID) + ` is not found"}`, apsclient.Refused},
		{"no such account", 404, `{"code":404,"message":"account ` + order.AccountID + ` is not found"}`, apsclient.Refused},
		{"refused", 400, `{"message":"the plan is not sold"}`, apsclient.Refused},
		{"refused within", 500, `{"error":"APS::Hosting::APSError","message":"404 Not Found offer"}`, apsclient.Refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(test.status, nil, test.body))
			_, err := c.NewOrders("svc").Estimate(t.Context(), order)
			if err == nil || apsclient.KindOf(err) != test.want {
				t.Errorf("error %v of kind %v, want %v", err, apsclient.KindOf(err), test.want)
			}
		})
	}
}

func TestFindOrders(t *testing.T) {
	const byType = "/aps/2/resources?implementing(http://www.odin.com/billing/order-management)"
	const byAlias = "/aps/2/services/order-manager"
	const one = `[{"aps":{"id":"svc"}}]`
	for _, test := range []struct {
		name    string
		wire    apsclient.Wire
		answers map[string]http.HandlerFunc
		id      string
		orders  string // where orders are then read
		kind    apsclient.Kind
	}{
		{"by type", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, one)}, "svc", "/aps/2/resources/svc/orders/1", 0},
		{"none by type, but by alias", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[]`), byAlias: say(200, nil, `{"aps":{"id":"al"}}`)}, "al", byAlias + "/orders/1", 0},
		{"types refused, but by alias", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(400, nil, ``), byAlias: say(200, nil, `{"aps":{"id":"al"}}`)}, "al", byAlias + "/orders/1", 0},
		{"a path of its own", apsclient.Wire{OrderService: "/x/y"}, map[string]http.HandlerFunc{"/x/y": say(200, nil, `{"aps":{"id":"own"}}`)}, "own", "/x/y/orders/1", 0},
		{"an alias that only its orders answer at", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[]`), byAlias: say(404, nil, `{"message":"not found"}`),
			byAlias + "/orders?limit(0,1)": say(200, nil, `[]`)}, "HOST" + byAlias, byAlias + "/orders/1", 0},
		{"a path that only its orders answer at", apsclient.Wire{OrderService: "/x/y"}, map[string]http.HandlerFunc{"/x/y": say(404, nil, ``),
			"/x/y/orders?limit(0,1)": say(206, nil, `[{"orderId":"7"}]`)}, "HOST/x/y", "/x/y/orders/1", 0},
		{"an alias whose orders may not be read", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[]`), byAlias: say(404, nil, ``),
			byAlias + "/orders?limit(0,1)": say(403, nil, ``)}, "", "", apsclient.Permission},
		{"an alias that answers with a page", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[]`), byAlias: say(404, nil, ``),
			byAlias + "/orders?limit(0,1)": say(200, nil, `<html>`)}, "", "", apsclient.NoService},
		{"nowhere", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[]`), byAlias: say(404, nil, `{"message":"not found"}`)}, "", "", apsclient.NoService},
		{"several", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(200, nil, `[{"aps":{"id":"a"}},{"aps":{"id":"b"}}]`)}, "", "", apsclient.NoService},
		{"wrong key", apsclient.Wire{}, map[string]http.HandlerFunc{byType: say(401, nil, ``)}, "", "", apsclient.Credentials},
		{"no id told", apsclient.Wire{OrderService: "/x"}, map[string]http.HandlerFunc{"/x": say(200, nil, `{}`)}, "", "", apsclient.InDoubt},
	} {
		t.Run(test.name, func(t *testing.T) {
			var last string
			_, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				last = r.RequestURI
				if answer := test.answers[r.RequestURI]; answer != nil {
					answer(w, r)
				} else {
					say(200, nil, `{"orderId":"1"}`)(w, r)
				}
			})
			c := newClient(t, apsclient.Config{URL: server.URL, Wire: test.wire})
			o, err := c.Orders(t.Context())
			if test.id == "" {
				if err == nil || apsclient.KindOf(err) != test.kind {
					t.Errorf("error %v, want kind %v", err, test.kind)
				}
				return
			}
			id := strings.Replace(test.id, "HOST", strings.TrimPrefix(server.URL, "http://"), 1)
			if err != nil || o.ID != id {
				t.Fatalf("orders %+v, %v, want %s", o, err, id)
			}
			if _, err := o.Get(t.Context(), "1"); err != nil || last != test.orders {
				t.Errorf("read %s, %v, want %s", last, err, test.orders)
			}
		})
	}
}

// An order that is not there is not a service that is not there, however the
// platform puts it.
func TestGetWhatIsNotThere(t *testing.T) {
	for name, body := range map[string]string{"named": `{"message":"order x is not found"}`, "empty": ``, "page": `<html>404 Not Found</html>`} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, say(404, nil, body))
			if _, err := c.NewOrders("x").Get(t.Context(), "1"); apsclient.KindOf(err) != apsclient.Refused {
				t.Errorf("error %v, want refused", err)
			}
		})
	}
}
