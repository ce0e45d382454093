package apstest_test

import (
	"net/http"
	"net/url"
	"testing"

	"bulkimport/apsclient/apstest"
)

// FuzzQuery sends any query at all: the stand-in answers, and never with 5xx.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{"", "sort(-id),limit(0,5)", "and(or(eq(id,1),not(in(companyName,(a,b)))),like(companyName,*x?)),select(id)",
		"id=eq=5", "eq(companyName,%E6%A0%AA)", "in(id,(", "limit(99999999999999999999,1)", "not(not(not(eq(id,1))))", "like(companyName,****************b)"} {
		f.Add(q)
	}
	srv := apstest.NewServer(f)
	w := newWire(f, srv)
	f.Fuzz(func(t *testing.T, query string) {
		target := srv.URL() + accountsPath + "?" + query
		if u, err := url.Parse(target); err != nil || u.RequestURI() != accountsPath+"?"+query || u.Fragment != "" {
			t.Skip("no query that net/http would send as it is")
		}
		req, err := http.NewRequest("GET", target, nil)
		if err != nil {
			t.Skip(err)
		}
		req.Header.Set("Authorization", w.sign("GET", target))
		res, err := w.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode >= 500 {
			t.Errorf("status %d", res.StatusCode)
		}
	})
}

// FuzzOrder sends any body as an order, in strict mode and not.
func FuzzOrder(f *testing.F) {
	srv, strict := apstest.NewServer(f), apstest.NewServer(f, apstest.WithStrict())
	wires := []*wire{newWire(f, srv), newWire(f, strict)}
	good := orderFor(srv, tenantsOf(srv)[0])
	for _, b := range []string{good, "{}", "[]", "null", `{"type":"SALES","accountId":1}`, `{"type":"SALES","accountId":"x","products":[null]}`,
		`{"type":"SALES","accountId":"x","products":[{"activationParams":[null,{}]}],"attributes":null}`, good + good, "{\"a\":[[{\"b\":1}]]"} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			body = " "
		}
		for _, w := range wires {
			if r := w.send(t.Context(), "POST", w.orders(), body); r.err != nil || r.StatusCode >= 500 {
				t.Errorf("%v", r)
			}
		}
	})
}
