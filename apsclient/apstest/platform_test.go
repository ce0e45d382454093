package apstest_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
)

func TestOutage(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	url := srv.URL()
	w.get("/aps").want(t, 200)
	srv.SetOutage(false)
	if r := w.get("/aps").want(t, 503); r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	srv.SetOutage(true)
	if r := w.get("/aps"); !errors.Is(r.err, connectionRefused) {
		t.Errorf("answer %+v, want the connection refused", r)
	}
	srv.SetOutage(false)
	w.get("/aps").want(t, 503)
	srv.SetOutage(true)
	srv.EndOutage()
	w.get("/aps").want(t, 200)
	if srv.URL() != url {
		t.Errorf("address %s, was %s", srv.URL(), url)
	}
}

func TestAllowedOperations(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.Denied = []apstest.Operation{apstest.PlaceOrders} })
	w := newWire(t, srv)
	tn := tenantsOf(srv)[0]
	tenants := "/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant)"
	r := w.place(tn).want(t, 403)
	if !strings.Contains(string(r.body), `"APS::Util::AccessViolation"`) {
		t.Errorf("body %s", r.body)
	}
	w.send(t.Context(), "POST", w.orders()+"/estimate?includeTaxes=false", orderFor(srv, tn)).want(t, 403)
	w.get(w.orders()).want(t, 200)
	w.get(tenants).want(t, 200)
	srv.Allow(apstest.PlaceOrders, true)
	id := w.placed(tn)
	srv.Allow(apstest.ReadOrders, false)
	w.get(w.orders()).want(t, 403)
	w.get(w.orders()+"/"+id).want(t, 403)
	srv.Allow(apstest.ReadTenants, false)
	w.get(tenants).want(t, 403)
	w.get(accountsPath).want(t, 200) // plain reads are always allowed
	w.get("/aps/2/resources?implementing(http://www.odin.com/billing/order-management)").want(t, 200)
}

func TestNoOrderManagement(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.NoOrderManagement = true })
	w := newWire(t, srv)
	r := w.get("/aps/2/resources?implementing(http://www.odin.com/billing/order-management)").want(t, 200)
	if string(r.body) != "[]" {
		t.Errorf("services %s", r.body)
	}
	w.get("/aps/2/services/order-manager").want(t, 404)
	w.place(tenantsOf(srv)[0]).want(t, 404)
}

func TestCredentialsChanged(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	w.get("/aps").want(t, 200)
	srv.SetCredentials("new", "new")
	w.get("/aps").want(t, 401)
	w.key, w.secret = srv.Key(), srv.Secret()
	w.get("/aps").want(t, 200)
}

func TestSkew(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.Skew = 200 * time.Second })
	w := newWire(t, srv)
	r := w.get("/aps").want(t, 200)
	date, err := http.ParseTime(r.Header.Get("Date"))
	if ahead := time.Until(date); err != nil || ahead < 190*time.Second || ahead > 201*time.Second {
		t.Errorf("Date %v is %v ahead (%v), want 200 s", date, ahead, err)
	}
	srv.SetSkew(0)
	srv.SetFault("clock", 1)
	r = w.get("/aps").want(t, 401)
	date, _ = http.ParseTime(r.Header.Get("Date"))
	if ahead := time.Until(date); ahead < 9*time.Minute {
		t.Errorf("Date %v does not show the clock that refused", date)
	}
}

func TestRateLimit(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.RateLimit = 50 })
	w := newWire(t, srv)
	tn := tenantsOf(srv)[0]
	accepted, refused := 0, 0
	start := time.Now()
	for time.Since(start) < 300*time.Millisecond {
		switch r := w.place(tn); r.StatusCode {
		case 200:
			accepted++
		case 429:
			refused++
			time.Sleep(time.Millisecond)
		}
	}
	// A burst of a fifth of a second, then the rate.
	if most := 10 + int(time.Since(start).Seconds()*50) + 1; accepted > most || accepted < 10 || refused == 0 {
		t.Errorf("%d accepted and %d refused in %v, at most %d expected", accepted, refused, time.Since(start), most)
	}
	if refused != srv.Count("rate-limit") {
		t.Errorf("%d refused, %d counted", refused, srv.Count("rate-limit"))
	}
	w.get("/aps").want(t, 200)
	srv.SetFault("rate-limit", 1e6)
	time.Sleep(time.Millisecond)
	w.placed(tn)
}

// Above the rate the platform may tell for how long to stay away.
func TestRateLimitTellsToWait(t *testing.T) {
	for _, wait := range []bool{false, true} {
		srv := apstest.NewServer(t, func(c *apstest.Config) { c.RateLimit, c.RateLimitWait, c.RetryAfter = 0.001, wait, 7*time.Second })
		w := newWire(t, srv)
		tn := tenantsOf(srv)[0]
		w.placed(tn)
		want := map[bool]string{true: "7"}[wait]
		if got := w.place(tn).want(t, 429).Header.Get("Retry-After"); got != want {
			t.Errorf("Retry-After %q, want %q", got, want)
		}
	}
}

func TestOAuth2(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithStrict())
	w := newWire(t, srv)
	o := srv.OAuth2()
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	ask := func(v url.Values, user, pass string) reply {
		req, _ := http.NewRequest("POST", o.TokenURL, strings.NewReader(v.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if user != "" {
			req.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(pass))
		}
		res, err := w.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return reply{Response: res, body: b}
	}
	for _, tt := range []struct {
		name       string
		form       url.Values
		user, pass string
		status     int
		says       string
	}{
		{"client credentials", form("grant_type", "client_credentials"), o.ClientID, o.ClientSecret, 200, "access_token"},
		{"in the form", form("grant_type", "client_credentials", "client_id", o.ClientID, "client_secret", o.ClientSecret), "", "", 200, "Bearer"},
		{"password", form("grant_type", "password", "username", o.Username, "password", o.Password, "scope", "openid"), o.ClientID, o.ClientSecret, 200, "expires_in"},
		{"wrong password", form("grant_type", "password", "username", o.Username, "password", "x"), o.ClientID, o.ClientSecret, 401, "invalid_grant"},
		{"wrong secret", form("grant_type", "client_credentials"), o.ClientID, "x", 401, "unauthorized_client"},
		{"no client", form("grant_type", "client_credentials"), "", "", 401, "unauthorized_client"},
		{"other grant", form("grant_type", "authorization_code"), o.ClientID, o.ClientSecret, 400, "unsupported_grant_type"},
		{"secret twice", form("grant_type", "client_credentials", "client_id", o.ClientID, "client_secret", o.ClientSecret), o.ClientID, o.ClientSecret, 400, "invalid_request"},
		{"unknown field", form("grant_type", "client_credentials", "audience", "x"), o.ClientID, o.ClientSecret, 400, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ask(tt.form, tt.user, tt.pass).want(t, tt.status)
			if !strings.Contains(string(r.body), tt.says) {
				t.Errorf("body %s does not say %q", r.body, tt.says)
			}
		})
	}
	token := func() string {
		var got struct {
			Token string `json:"access_token"`
			Type  string `json:"token_type"`
			Life  int    `json:"expires_in"`
		}
		ask(form("grant_type", "client_credentials"), o.ClientID, o.ClientSecret).want(t, 200).json(t, &got)
		if got.Type != "Bearer" || got.Life != 300 {
			t.Errorf("token %+v", got)
		}
		return got.Token
	}
	tn := tenantsOf(srv)[0]
	w.bearer = token()
	w.placed(tn)
	srv.RevokeTokens()
	w.place(tn).want(t, 401)
	w.bearer = token()
	w.placed(tn)
	srv.SetFault("token-expired", 1)
	w.place(tn).want(t, 401)
	srv.ClearFaults()
	w.place(tn).want(t, 401) // the token itself is gone
	w.bearer = token()
	w.placed(tn)
	srv.SetClientSecret("other")
	w.get("/aps").want(t, 401)
	ask(form("grant_type", "client_credentials"), o.ClientID, o.ClientSecret).want(t, 401)
	if srv.OrderCount() != 3 {
		t.Errorf("%d orders, want 3: a 401 creates nothing", srv.OrderCount())
	}
}

func TestTokenLife(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.TokenLife = 50 * time.Millisecond })
	w := newWire(t, srv)
	o := srv.OAuth2()
	res, err := w.http.PostForm(o.TokenURL, url.Values{"grant_type": {"client_credentials"}, "client_id": {o.ClientID}, "client_secret": {o.ClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	var got struct {
		Token string `json:"access_token"`
	}
	reply{Response: res, body: b}.json(t, &got)
	w.bearer = got.Token
	w.get("/aps").want(t, 200)
	time.Sleep(60 * time.Millisecond)
	w.get("/aps").want(t, 401)
}

func TestTLS(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.TLS = true })
	w := newWire(t, srv)
	if r := w.get("/aps"); r.err == nil {
		t.Error("an unknown certificate was trusted")
	}
	for _, http2 := range []bool{false, true} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: srv.RootCAs()}, Protocols: new(http.Protocols)}
		tr.Protocols.SetHTTP1(!http2)
		tr.Protocols.SetHTTP2(http2)
		w.http = &http.Client{Transport: tr}
		if r := w.get("/aps").want(t, 200); (r.ProtoMajor == 2) != http2 {
			t.Errorf("%s, want HTTP/2 %v", r.Proto, http2)
		}
		srv.SetFault("lost", 1)
		before := srv.OrderCount()
		if r := w.place(tenantsOf(srv)[0]); r.err == nil || srv.OrderCount() == before {
			t.Errorf("answer %+v, %d orders before, %d after", r, before, srv.OrderCount())
		}
		srv.ClearFaults()
		tr.CloseIdleConnections()
	}
}

func TestInFlight(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithLatency(100*time.Millisecond), apstest.WithTenants(4, 1))
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { w.place(tn[max(0, i-4)]) }) // five of them for the first account
	}
	wg.Wait()
	if srv.MaxInFlight() != 8 || srv.MaxInFlightAccount() != 5 || srv.Count("place") != 8 || srv.Count("status 200") != 8 {
		t.Errorf("most in flight %d, for one account %d, %d placed", srv.MaxInFlight(), srv.MaxInFlightAccount(), srv.Count("place"))
	}
	if n := srv.Count("connections"); n < 1 || n > 8 {
		t.Errorf("%d connections", n)
	}
}

// TestLandsAfterTheClient: an order on its way is created even if the client
// has gone by then.
func TestLandsAfterTheClient(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithLatency(50*time.Millisecond))
	w := newWire(t, srv)
	w.http.Timeout = 10 * time.Millisecond
	if r := w.place(tenantsOf(srv)[0]); r.err == nil {
		t.Fatalf("answered %d", r.StatusCode)
	}
	if srv.OrderCount() != 0 {
		t.Error("created before the latency had passed")
	}
	for end := time.Now().Add(5 * time.Second); srv.OrderCount() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the order was never created")
		}
	}
}

func TestLog(t *testing.T) {
	srv := apstest.NewServer(t, func(c *apstest.Config) { c.Log = 3 })
	w := newWire(t, srv)
	for i := range 5 {
		w.get(fmt.Sprintf("%s?sort(id),limit(%d,1)", accountsPath, i)).want(t, 200)
	}
	var got []string
	for _, r := range srv.Requests() {
		got = append(got, r.Query)
	}
	if diff := cmp.Diff([]string{"sort(id),limit(2,1)", "sort(id),limit(3,1)", "sort(id),limit(4,1)"}, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// TestData: ids hang on seed and position only, names and e-mails lead to one
// account, and the hard names are there.
func TestData(t *testing.T) {
	a, b := apstest.NewServer(t, apstest.WithTenants(60, 2), apstest.WithSeed(3)), apstest.NewServer(t, apstest.WithTenants(30, 2), apstest.WithSeed(3))
	if diff := cmp.Diff(tenantsOf(a)[:30], tenantsOf(b)); diff != "" {
		t.Errorf("the same seed gives other data:\n%s", diff)
	}
	if a.OrderServiceID() == b.OrderServiceID() {
		t.Error("two platforms have the same order service")
	}
	if c := apstest.NewServer(t, apstest.WithSeed(4)); tenantsOf(c)[0].ID == tenantsOf(b)[0].ID || c.Key() == b.Key() || c.Plans()[0].ID == b.Plans()[0].ID {
		t.Error("another seed gives the same ids")
	}
	if len(a.Key()) != 32 || len(a.Secret()) != 128 {
		t.Errorf("key of %d and secret of %d characters, want 32 and 128", len(a.Key()), len(a.Secret()))
	}
	seen := make(map[string]bool)
	for i, tn := range tenantsOf(a) {
		ids := append([]string{tn.ID, tn.AccountID, tn.Domain, strings.ToLower(tn.Email), tn.AccountNumber}, tn.Subscriptions...)
		for _, id := range ids {
			if seen[id] {
				t.Errorf("tenant %d: %s is there twice", i, id)
			}
			seen[id] = true
		}
	}
	names := slices.Collect(func(yield func(string) bool) {
		for tn := range b.Tenants() {
			if !yield(tn.Company) {
				return
			}
		}
	})
	if names[0] != names[1] {
		t.Error("the first two companies should share a name")
	}
	for _, hard := range []string{",", `"`, "ü", "株", "'t ", "+", "="} {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, hard) }) {
			t.Errorf("no company name holds %q", hard)
		}
	}
	if len(a.Plans()) != 3 {
		t.Errorf("%d plans", len(a.Plans()))
	}
}

func TestRefusedOrders(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1))
	w := newWire(t, srv)
	tn, plan := tenantsOf(srv), srv.Plans()[0].ID
	good := orderFor(srv, tn[0])
	for _, tt := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"unknown plan", strings.Replace(good, plan, tn[0].ID, 1), 404, "service plan"},
		{"unknown account", strings.Replace(good, tn[0].AccountID, plan, 1), 404, "account"},
		{"account number", strings.Replace(good, tn[0].AccountID, tn[0].AccountNumber, 1), 404, "account"},
		{"other type", strings.Replace(good, "SALES", "CHANGE", 1), 400, "CHANGE"},
		{"not JSON", "{", 400, "JSON"},
		{"array", "[]", 400, "JSON"},
		{"no products", `{"type":"SALES","accountId":"x"}`, 400, "products"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{w.orders(), w.orders() + "/estimate?includeTaxes=false"} {
				r := w.send(t.Context(), "POST", path, tt.body).want(t, tt.status)
				if !strings.Contains(string(r.body), tt.says) {
					t.Errorf("body %s does not say %q", r.body, tt.says)
				}
			}
		})
	}
	w.send(t.Context(), "POST", w.orders()+"/estimate", good).want(t, 400)
	r := w.send(t.Context(), "POST", w.orders()+"/estimate?includeTaxes=false", good).want(t, 200)
	if !strings.Contains(string(r.body), `"total":{"value":"0.00","code":"USD"}`) || srv.OrderCount() != 0 {
		t.Errorf("estimate %s, %d orders", r.body, srv.OrderCount())
	}
}

// TestUnimportable: orders that import nothing, for reasons of their own.
func TestUnimportable(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1))
	w := newWire(t, srv)
	tn, plan := tenantsOf(srv), srv.Plans()[0].ID
	for _, tt := range []struct{ name, body, status string }{
		{"another tenant's subscription", orderBody(tn[0].AccountID, plan, "a", tn[0].Domain, tn[1].Subscriptions[0]), "PF"},
		{"unknown subscription", orderBody(tn[0].AccountID, plan, "b", tn[0].Domain, tn[1].ID), "PF"},
		{"other parameter names", strings.Replace(orderBody(tn[0].AccountID, plan, "c", tn[0].Domain, tn[0].Subscriptions[0]), "csp_subscription_id", "subscription", 1), "CP"},
		{"no parameters", fmt.Sprintf(`{"type":"SALES","accountId":%q,"products":[{"planId":%q}]}`, tn[0].AccountID, plan), "CP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got struct{ OrderID string }
			w.send(t.Context(), "POST", w.orders(), tt.body).want(t, 200).json(t, &got)
			if o := w.order(got.OrderID); o.Status != tt.status || (o.ErrorDetails != nil) != (tt.status == "PF") {
				t.Errorf("order %+v, want %s", o, tt.status)
			}
		})
	}
	for i := range 3 {
		if imported(w, i, 0) {
			t.Errorf("subscription of tenant %d is imported", i)
		}
	}
}

// TestByHand: what staff do in the panel.
func TestByHand(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1))
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	id := w.placed(tn[0])
	if !imported(w, 0, 0) {
		t.Error("not imported")
	}
	if err := srv.SetOrderStatus(id, "CL"); err != nil {
		t.Fatal(err)
	}
	if o := w.order(id); o.Status != "CL" || imported(w, 0, 0) {
		t.Errorf("order %+v, want it cancelled and the subscription free", o)
	}
	w.placed(tn[0])
	if !imported(w, 0, 0) {
		t.Error("not imported the second time")
	}
	if err := srv.SetImported(tn[0].Subscriptions[0], ""); err != nil || imported(w, 0, 0) {
		t.Errorf("still imported, %v", err)
	}
	if err := srv.SetImported(tn[2].Subscriptions[0], tn[1].AccountID); err != nil {
		t.Fatal(err)
	}
	s := tenantList(w)[2]
	if !s.Subscriptions[0].Imported || *s.Subscriptions[0].AccountID != 1000002 || *s.AccountID != 1000002 {
		t.Errorf("tenant %+v, want it under account 1000002", s)
	}
	for _, err := range []error{srv.SetOrderStatus("x", "CL"), srv.SetImported("x", ""), srv.SetImported(tn[0].Subscriptions[0], "x")} {
		if err == nil {
			t.Error("something that is not there was changed")
		}
	}
}
