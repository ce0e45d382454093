package apsclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// secretsOnWire are blanked in the golden files: what changes with every
// request, and what is nobody's business.
var secretsOnWire = regexp.MustCompile(`(oauth_consumer_key|oauth_nonce|oauth_signature|oauth_timestamp)="[^"]*"|(Bearer) \S+|(client_secret|password)=[^&\n]*`)

// asText writes a request as it came in, less its secrets.
func asText(r *http.Request) string {
	var b strings.Builder
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(&b, "%s %s %s\n", r.Method, r.RequestURI, r.Proto)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", body)
	}
	return secretsOnWire.ReplaceAllString(b.String(), "$1$2$3=…")
}

// TestWire holds every request the client makes against the golden files, so
// that a change of the wire shows in review.
func TestWire(t *testing.T) {
	since := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	place := func(ctx context.Context, c *apsclient.Client) { c.NewOrders(testService).Place(ctx, someOrder()) }
	list := func(q apsclient.OrderQuery) func(context.Context, *apsclient.Client) {
		return func(ctx context.Context, c *apsclient.Client) { collect(c.NewOrders(testService).List(ctx, q)) }
	}
	for _, test := range []struct {
		name string
		wire apsclient.Wire
		cred *apsclient.OAuth2
		call func(context.Context, *apsclient.Client)
	}{
		{name: "check", call: func(ctx context.Context, c *apsclient.Client) { c.Check(ctx) }},
		{name: "find-orders", call: func(ctx context.Context, c *apsclient.Client) { c.Orders(ctx) }},
		{name: "accounts", call: func(ctx context.Context, c *apsclient.Client) { collect(c.Accounts(ctx)) }},
		{name: "plans", call: func(ctx context.Context, c *apsclient.Client) { collect(c.Plans(ctx)) }},
		{name: "tenants", call: func(ctx context.Context, c *apsclient.Client) { collect(c.Tenants(ctx)) }},
		{name: "tenants-operation", wire: apsclient.Wire{TenantOperation: "nce/subscriptions"}, call: func(ctx context.Context, c *apsclient.Client) { collect(c.Tenants(ctx)) }},
		{name: "place", call: place},
		{name: "place-without-cut-off", call: func(ctx context.Context, c *apsclient.Client) {
			r := someOrder()
			r.CutOff = ""
			c.NewOrders(testService).Place(ctx, r)
		}},
		{name: "place-with-assumptions", call: place, wire: apsclient.Wire{ReferenceField: "attributes.ClientRef", Attributes: map[string]string{"Cost Centre": "4711", "A": "<&>"},
			Parameters: map[string]string{"verify": "false"}, ParamsField: "parameters", ParamTenant: "domain", PeriodUnit: "YEAR", PeriodDuration: "3", OrderType: "SO"}},
		{name: "place-without-period", call: place, wire: apsclient.Wire{PeriodField: "none"}},
		{name: "place-sales-parameters", call: place, wire: apsclient.Wire{OrderShape: "sales-parameters"}},
		{name: "place-migration", call: place, wire: apsclient.Wire{OrderShape: "migration"}},
		{name: "place-connect", call: place, wire: apsclient.Wire{OrderShape: "connect"}},
		{name: "place-template", call: place, wire: apsclient.Wire{OrderTemplate: `{"type":"SALES","accountId":"${account}","attributes":[{"attributeID":"Ref","value":"${reference}"}],"products":[{"planId":"${plan}","parameters":{"sub":"${subscription}","since":"${cut_off:date?}"}}]}`}},
		{name: "list-references-in-a-list", call: list(apsclient.OrderQuery{References: []string{"azure-import/" + testSub}, Since: since}),
			wire: apsclient.Wire{OrderTemplate: `{"accountId":"${account}","attributes":[{"attributeID":"Ref","value":"${reference}"}],"planId":"${plan}","sub":"${subscription}"}`}},
		{name: "place-bearer", call: place, cred: &apsclient.OAuth2{ClientID: "importer", ClientSecret: clientSecret, Username: "staff@example.com", Password: password}},
		{name: "place-client-credentials", call: place, cred: &apsclient.OAuth2{ClientID: "importer", ClientSecret: clientSecret}},
		{name: "estimate", call: func(ctx context.Context, c *apsclient.Client) { c.NewOrders(testService).Estimate(ctx, someOrder()) }},
		{name: "get", call: func(ctx context.Context, c *apsclient.Client) {
			c.NewOrders(testService).Get(ctx, "f0817852-282c-4047-a4d3-f6501939d5a6")
		}},
		{name: "list", call: list(apsclient.OrderQuery{})},
		{name: "list-newest", call: list(apsclient.OrderQuery{ReferencePrefix: "azure-import/", Since: since, Limit: 20})},
		{name: "list-references", call: list(apsclient.OrderQuery{References: []string{"azure-import/" + testSub, "azure-import/" + testSub + "/2"}})},
		{name: "list-ids", call: list(apsclient.OrderQuery{IDs: []string{"f0817852-282c-4047-a4d3-f6501939d5a6"}})},
		{name: "list-number", call: list(apsclient.OrderQuery{Numbers: []string{"SO000123"}})},
		{name: "list-accounts", call: list(apsclient.OrderQuery{AccountIDs: []string{"acc 1", "Grüße & (Söhne), 'KG' [*?]"}, Since: since})},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got strings.Builder
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got.Len() > 0 {
					got.WriteString("\n")
				}
				got.WriteString(asText(r))
				w.Header().Set("Content-Range", "items 0-0/1")
				switch {
				case r.URL.Path == "/token":
					w.Header().Set("Content-Type", "application/json")
					io.WriteString(w, `{"access_token":"t"}`)
				case r.Method == "POST":
					io.WriteString(w, `{"orderId":"x"}`)
				case strings.Contains(r.URL.Path, "f0817852"):
					io.WriteString(w, `{"orderId":"x"}`)
				default:
					io.WriteString(w, `[{"aps":{"id":"t1"},"orderId":"f0817852-282c-4047-a4d3-f6501939d5a6","orderNumber":"SO000123"}]`)
				}
			}))
			defer server.Close()
			cfg := apsclient.Config{URL: server.URL, Wire: test.wire, UserAgent: "bulkimport/test"}
			if test.cred != nil {
				cred := *test.cred
				cred.TokenURL = server.URL + "/token"
				cfg.OAuth2 = &cred
			}
			c := newClient(t, cfg)
			test.call(t.Context(), c)
			noSecret(t, got.String())
			golden(t, filepath.Join("testdata", "wire", test.name+".txt"), got.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with go test -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), renewed with -update:\n%s", file, diff)
	}
}

// The golden file of the assumptions is what a person is shown of them.
func TestAssumptions(t *testing.T) {
	var b strings.Builder
	for _, a := range (apsclient.Wire{}).Assumptions() {
		if a.Value == "" || a.Value != a.Default || a.Note == "" {
			t.Errorf("assumption %+v is not complete", a)
		}
		fmt.Fprintf(&b, "%-26s %-10s %-48s %s\n", a.Name, a.Mark, a.Value, a.Note)
	}
	golden(t, filepath.Join("testdata", "assumptions.txt"), b.String())
}

func TestWireSet(t *testing.T) {
	var w apsclient.Wire
	for _, a := range (apsclient.Wire{}).Assumptions() {
		if err := w.Set(a.Name, a.Value+"x"); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"order.attribute.Cost.Centre", "order.parameter.verify"} {
		if err := w.Set(name, "x"); err != nil {
			t.Error(err)
		}
	}
	list := w.Assumptions()
	for _, a := range list {
		if a.Value != a.Default+"x" {
			t.Errorf("%s is %q", a.Name, a.Value)
		}
	}
	if n := len(list) - len((apsclient.Wire{}).Assumptions()); n != 2 {
		t.Errorf("%d assumptions more than by default, want 2", n)
	}
	for _, name := range []string{"", "order", "order.attribute.", "order.parameter.", "nonsense"} {
		if err := w.Set(name, "x"); err == nil || !strings.Contains(err.Error(), "no assumption") {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

// An assumption that would change the order after it was checked is the
// client's own copy.
func TestWireIsCopied(t *testing.T) {
	w := apsclient.Wire{Attributes: map[string]string{"A": "1"}}
	c := newClient(t, apsclient.Config{URL: "http://127.0.0.1:1", Wire: w})
	w.Attributes["A"] = "2"
	c.Wire().Attributes["A"] = "3"
	body, err := c.NewOrders("x").Body(someOrder())
	if err != nil || !strings.Contains(string(body), `"attributes":{"A":"1"}`) {
		t.Errorf("body %s, %v", body, err)
	}
}

func TestBodyRefusesHalfAnOrder(t *testing.T) {
	posts := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { posts++ })
	o := c.NewOrders("x")
	for _, spoil := range []func(*apsclient.OrderRequest){
		func(r *apsclient.OrderRequest) { r.AccountID = "" },
		func(r *apsclient.OrderRequest) { r.PlanID = "" },
		func(r *apsclient.OrderRequest) { r.Reference = "" },
		func(r *apsclient.OrderRequest) { r.Tenant = "" },
		func(r *apsclient.OrderRequest) { r.Subscription = "" },
	} {
		r := someOrder()
		spoil(&r)
		if _, err := o.Place(t.Context(), r); apsclient.KindOf(err) != apsclient.NotSent || !strings.Contains(err.Error(), "has no") {
			t.Errorf("error %v, want not sent", err)
		}
	}
	if posts > 0 {
		t.Errorf("%d half orders were sent", posts)
	}
}

// Whatever the cells hold, the body is the JSON that says so.
func TestBodyIsJSON(t *testing.T) {
	c := newClient(t, apsclient.Config{URL: "http://127.0.0.1:1", Wire: apsclient.Wire{ReferenceField: "attributes.R", Attributes: map[string]string{"A": "a"}}})
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringN(1, 20, -1).Filter(utf8.ValidString)
		r := apsclient.OrderRequest{AccountID: text.Draw(rt, "account"), PlanID: text.Draw(rt, "plan"), Reference: text.Draw(rt, "reference"),
			Tenant: text.Draw(rt, "tenant"), Subscription: text.Draw(rt, "subscription")}
		body, err := c.NewOrders("x").Body(r)
		if err != nil {
			rt.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(body, &got); err != nil {
			rt.Fatalf("%s: %v", body, err)
		}
		param := func(key, value string) any { return map[string]any{"key": key, "value": value} }
		want := any(map[string]any{"type": "SALES", "accountId": r.AccountID, "attributes": map[string]any{"A": "a", "R": r.Reference},
			"products": []any{map[string]any{"planId": r.PlanID, "period": map[string]any{"unit": "MONTH", "duration": 1.0},
				"activationParams": []any{param("tenant", r.Tenant), param("csp_subscription_id", r.Subscription)}}}})
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("body (-want +got):\n%s", diff)
		}
	})
}
