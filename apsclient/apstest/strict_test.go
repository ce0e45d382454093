package apstest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"
)

func TestNames(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithStrict(), func(c *apstest.Config) {
		c.Names = apstest.Names{Reference: "attributes.REF", Params: "parameters", Subscription: "azureSubscription"}
		c.Attributes = []string{"COST"}
		c.Parameters = []string{"mpn"}
		c.TenantOperation = "azureSubscriptions"
	})
	w := newWire(t, srv)
	tn := tenantsOf(srv)[0]
	body := fmt.Sprintf(`{"type":"SALES","accountId":%q,"attributes":{"REF":"r1","COST":"7"},"products":[{"planId":%q,"period":{"unit":"MONTH","duration":1},`+
		`"parameters":[{"key":"tenant","value":%q},{"key":"azureSubscription","value":%q},{"key":"mpn","value":"1"}]}]}`,
		tn.AccountID, srv.Plans()[0].ID, tn.Domain, tn.Subscriptions[0])
	w.send(t.Context(), "POST", w.orders(), strings.Replace(body, `,"COST":"7"`, "", 1)).want(t, 400)
	w.send(t.Context(), "POST", w.orders(), body).want(t, 200)
	w.send(t.Context(), "POST", w.orders(), orderFor(srv, tn)).want(t, 400)
	var got []struct{ Attributes map[string]string }
	w.get(w.orders()+"?eq(attributes.REF,r1)").want(t, 200).json(t, &got)
	if len(got) != 1 || got[0].Attributes["REF"] != "r1" || got[0].Attributes["COST"] != "7" {
		t.Errorf("orders %+v", got)
	}
	r := w.get("/aps/2/resources/"+tn.ID+"/azureSubscriptions").want(t, 200)
	if !strings.Contains(string(r.body), tn.Subscriptions[0]) || !strings.Contains(string(r.body), `"imported":true`) {
		t.Errorf("subscriptions %s", r.body)
	}
	if r := w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant)").want(t, 200); strings.Contains(string(r.body), "subscriptions") {
		t.Errorf("tenants %s", r.body)
	}
}

func TestStrict(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithStrict())
	lax := apstest.NewServer(t)
	tn := tenantsOf(srv)[0]
	good := orderFor(srv, tn)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, tt := range []struct {
		name   string
		method string
		path   string // orders, or an address
		body   string
		header func(*http.Request)
		lax    int // status where strict mode is off
	}{
		{"member", "POST", "orders", edit(`"type"`, `"note":"x","type"`), nil, 200},
		{"member twice", "POST", "orders", edit(`"type":"SALES"`, `"type":"SALES","type":"SALES"`), nil, 200},
		{"product member", "POST", "orders", edit(`"planId"`, `"quantity":1,"planId"`), nil, 200},
		{"period", "POST", "orders", edit(`"duration":1`, `"duration":0`), nil, 200},
		{"period member", "POST", "orders", edit(`"duration":1`, `"duration":1,"type":"x"`), nil, 200},
		{"parameter member", "POST", "orders", edit(`{"key":"tenant",`, `{"key":"tenant","x":"y",`), nil, 200},
		{"parameter key", "POST", "orders", edit(`Params":[{`, `Params":[{"key":"x","value":"y"},{`), nil, 200},
		{"no tenant", "POST", "orders", edit(tn.Domain, ``), nil, 200},
		{"cut-off without milliseconds", "POST", "orders", edit(`Params":[{`, `Params":[{"key":"cut_off_date","value":"2026-01-01T00:00:00Z"},{`), nil, 200},
		{"empty reference", "POST", "orders", edit("azure-import/"+tn.Subscriptions[0], ""), nil, 200},
		{"idempotency key", "POST", "orders", good, header("Idempotency-Key", "x"), 200},
		{"header", "GET", "/aps", "", header("X-Trace", "x"), 200},
		{"type of nothing", "GET", "/aps", "", header("Content-Type", "application/json"), 200},
		{"accept", "GET", "/aps", "", header("Accept", "text/html"), 200},
		{"pages without sort", "GET", accountsPath + "?limit(0,10)", "", nil, 200},
		{"raw slash in a value", "GET", accountsPath + "?eq(companyName,a/b)", "", nil, 200},
		{"query", "GET", "/aps?x", "", nil, 400},
		{"query of placing", "POST", "orders?x=y", good, nil, 400},
		{"content type", "POST", "orders", good, header("Content-Type", "text/plain"), 415},
		{"path", "GET", "/aps/2/collections/users", "", nil, 404},
		{"trailing slash", "GET", accountsPath + "/", "", nil, 404},
		{"method", "PUT", "orders", good, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range []*apstest.Server{srv, lax} {
				w := newWire(t, s)
				w.edit = tt.header
				path := tt.path
				if rest, ok := strings.CutPrefix(path, "orders"); ok {
					path = w.orders() + rest
				}
				before := s.OrderCount()
				r := w.send(t.Context(), tt.method, path, tt.body)
				if s == lax {
					r.want(t, tt.lax)
				} else if r.err != nil || r.StatusCode < 400 || r.StatusCode >= 500 || s.OrderCount() != before {
					t.Errorf("strict: status %d: %s", r.StatusCode, r.body)
				}
			}
		})
	}
	w := newWire(t, srv)
	w.send(t.Context(), "POST", w.orders(), edit(`Params":[{`, `Params":[{"key":"cut_off_date","value":"2026-01-01T00:00:00.000Z"},{`)).want(t, 200)
	w.send(t.Context(), "POST", w.orders(), edit(`"poNumber":"azure-import/`+tn.Subscriptions[0]+`",`, ``)).want(t, 200)
}

func TestConfigRefused(t *testing.T) {
	for name, cfg := range map[string]apstest.Config{
		"not loopback":    {Listen: "0.0.0.0:0"},
		"no port":         {Listen: "127.0.0.1"},
		"unknown fault":   {Faults: map[string]float64{"x": 1}},
		"rate":            {Faults: map[string]float64{"lost": 1.5}},
		"operation":       {Denied: []apstest.Operation{"x"}},
		"tenants":         {Tenants: -1},
		"reference":       {Names: apstest.Names{Reference: "a.b"}},
		"state folder":    {State: "/nowhere/at/all"},
		"orders folder":   {Orders: "/nowhere/at/all"},
		"state, a folder": {State: "/"},
	} {
		if srv, err := apstest.Start(cfg); err == nil {
			srv.Close()
			t.Errorf("%s: started", name)
		}
	}
}
