package apsclient_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"

	"pgregory.net/rapid"
)

// standIn starts a strict platform and a client of it.
func standIn(t testing.TB, opts ...apstest.Option) (*apstest.Server, *apsclient.Client) {
	t.Helper()
	s := apstest.NewServer(t, append([]apstest.Option{apstest.WithStrict()}, opts...)...)
	return s, newClient(t, apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}, RootCAs: s.RootCAs()})
}

// requestFor is an order that the stand-in takes.
func requestFor(t testing.TB, s *apstest.Server, c *apsclient.Client, n int) apsclient.OrderRequest {
	t.Helper()
	accounts, err := collect(c.Accounts(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := collect(c.Tenants(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	sub := tenants[n].Subscriptions[0].ID
	return apsclient.OrderRequest{AccountID: accounts[n].APSID, PlanID: s.Plans()[0].ID, Reference: "azure-import/" + sub,
		Tenant: tenants[n].Domain, Subscription: sub}
}

// The whole job against the strict stand-in, which refuses what it does not
// know, over every transport.
func TestJobAgainstStandIn(t *testing.T) {
	for _, test := range []struct {
		name   string
		option apstest.Option
		config func(*apstest.Server, *apsclient.Config)
	}{
		{"plain", func(*apstest.Config) {}, func(*apstest.Server, *apsclient.Config) {}},
		{"TLS", func(c *apstest.Config) { c.TLS = true }, func(*apstest.Server, *apsclient.Config) {}},
		{"HTTP/2", func(c *apstest.Config) { c.TLS = true }, func(_ *apstest.Server, c *apsclient.Config) { c.HTTP2 = true }},
		{"OAuth 2", func(*apstest.Config) {}, func(s *apstest.Server, c *apsclient.Config) {
			o := s.OAuth2()
			c.OAuth1, c.OAuth2 = nil, &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Username: o.Username, Password: o.Password}
		}},
		{"client credentials", func(*apstest.Config) {}, func(s *apstest.Server, c *apsclient.Config) {
			o := s.OAuth2()
			c.OAuth1, c.OAuth2 = nil, &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret}
		}},
		{"small pages", func(c *apstest.Config) { c.PageSize = 3; c.Partial = true }, func(*apstest.Server, *apsclient.Config) {}},
		{"no ranges, short pages", func(c *apstest.Config) { c.Faults = map[string]float64{"no-range": 1, "short-pages": 1} }, func(_ *apstest.Server, c *apsclient.Config) { c.Wire.PageSize = "8" }},
		{"subscriptions behind an operation", func(c *apstest.Config) { c.TenantOperation = "subscriptions" }, func(_ *apstest.Server, c *apsclient.Config) { c.Wire.TenantOperation = "subscriptions" }},
		{"reference in an attribute", func(c *apstest.Config) { c.Names.Reference = "attributes.ClientRef" }, func(_ *apstest.Server, c *apsclient.Config) { c.Wire.ReferenceField = "attributes.ClientRef" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := apstest.NewServer(t, apstest.WithStrict(), test.option)
			cfg := apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}, RootCAs: s.RootCAs()}
			test.config(s, &cfg)
			c := newClient(t, cfg)
			defer c.Close()
			job(t, s, c)
		})
	}
}

func job(t *testing.T, s *apstest.Server, c *apsclient.Client) {
	greeting, err := c.Check(t.Context())
	if err != nil || !greeting.Booster || len(greeting.Versions) == 0 {
		t.Fatalf("greeting %+v, %v", greeting, err)
	}
	o, err := c.Orders(t.Context())
	if err != nil || o.ID != s.OrderServiceID() {
		t.Fatalf("orders %v, %v", o, err)
	}
	plans, err := collect(c.Plans(t.Context()))
	if err != nil || len(plans) != len(s.Plans()) {
		t.Fatalf("%d plans, %v", len(plans), err)
	}
	var references []string
	placed := map[string]string{}
	for n := range 10 {
		r := requestFor(t, s, c, n)
		r.CutOff = "2026-01-01T00:00:00.000Z"
		if _, err := o.Estimate(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		p, err := o.Place(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		placed[p.OrderID] = r.Reference
		references = append(references, r.Reference)
		got, err := o.Get(t.Context(), p.OrderID)
		if err != nil || got.Reference != r.Reference || got.AccountID != r.AccountID || got.PlanID != r.PlanID ||
			got.Subscription != r.Subscription || got.Tenant != r.Tenant || got.CutOff != r.CutOff || got.Phase() != apsclient.Good || got.Date.IsZero() || got.Total == "" {
			t.Fatalf("order %+v, %v, of request %+v", got, err, r)
		}
	}
	for name, q := range map[string]apsclient.OrderQuery{
		"all": {}, "references": {References: references}, "prefix": {ReferencePrefix: "azure-import/"},
		"since": {Since: time.Now().Add(-time.Hour)}, "ids": {IDs: sortedKeys(placed)},
	} {
		got, err := collect(o.List(t.Context(), q))
		if err != nil || len(got) != len(placed) {
			t.Errorf("%s: %d orders, %v, want %d", name, len(got), err, len(placed))
		}
		for _, order := range got {
			if placed[order.ID] != order.Reference {
				t.Errorf("%s: order %s with reference %q, want %q", name, order.ID, order.Reference, placed[order.ID])
			}
		}
	}
	tenants, err := collect(c.Tenants(t.Context()))
	imported := 0
	for _, tenant := range tenants {
		for _, sub := range tenant.Subscriptions {
			if sub.Imported && sub.ImportedKnown {
				imported++
			}
		}
	}
	if err != nil || imported != len(placed) {
		t.Errorf("%d subscriptions imported, %v, want %d", imported, err, len(placed))
	}
	for _, r := range s.Requests() {
		if r.Status >= 400 {
			t.Errorf("refused: %s %s?%s: %s", r.Method, r.Path, r.Query, r.Refusal)
		}
	}
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Any text comes back through RQL: an order with it as its reference is found
// by it, and by every beginning of it, through the stand-in's own parser.
func TestRQLRoundTrip(t *testing.T) {
	s, c := standIn(t)
	o, err := c.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := requestFor(t, s, c, 0)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		value := rapid.OneOf(rapid.StringMatching(`[ !#%&'()*+,/:;=?@\[\]"|{}~.<>^$-]{1,12}`), rapid.StringMatching(`(%2[0-9A-F]|\+|%|ü|&|=){1,6}`),
			rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) && r != 0xfffd }), 1, 12, -1)).Draw(rt, "reference")
		r.Reference = fmt.Sprintf("%d %s.", n, value)
		placed, err := o.Place(t.Context(), r)
		if err != nil {
			rt.Fatal(err)
		}
		runes := []rune(r.Reference)
		prefix := string(runes[:rapid.IntRange(len(fmt.Sprint(n))+1, len(runes)).Draw(rt, "prefix")])
		for name, q := range map[string]apsclient.OrderQuery{
			"eq": {References: []string{r.Reference}}, "in": {References: []string{r.Reference, "other"}}, "like": {ReferencePrefix: prefix},
		} {
			got, err := collect(o.List(t.Context(), q))
			if err != nil || len(got) != 1 || got[0].ID != placed.OrderID || got[0].Reference != r.Reference {
				rt.Errorf("%s %q: %d orders, %v", name, r.Reference, len(got), err)
			}
		}
	})
	for _, request := range s.Requests() {
		if request.Status >= 400 {
			t.Errorf("refused: %s?%s: %s", request.Path, request.Query, request.Refusal)
		}
	}
}

// The operators of the builder that no call uses yet are understood too.
func TestRQLForms(t *testing.T) {
	s, _ := standIn(t)
	for _, query := range []string{
		apsclient.Query(apsclient.And(apsclient.Eq("id", "1000009"), apsclient.Not(apsclient.Eq("companyName", "a,b(c)"))), apsclient.SortDown("id"), apsclient.Limit(0, 5)),
		apsclient.Query(apsclient.Or(apsclient.In("companyName", "Grüße & Söhne", ""), apsclient.Eq("adminContact.email", "a+b@c.example")), apsclient.Choose("companyName", "id")),
	} {
		c := newClient(t, apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}})
		if err := c.Ask(t.Context(), "/aps/2/collections/accounts", query); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// call is one thing a client can be asked.
type clientCall struct {
	name string
	do   func(context.Context, *apsclient.Client, *apsclient.Orders, apsclient.OrderRequest) error
}

var clientCalls = []clientCall{
	{"check", func(ctx context.Context, c *apsclient.Client, _ *apsclient.Orders, _ apsclient.OrderRequest) error {
		_, err := c.Check(ctx)
		return err
	}},
	{"find orders", func(ctx context.Context, c *apsclient.Client, _ *apsclient.Orders, _ apsclient.OrderRequest) error {
		_, err := c.Orders(ctx)
		return err
	}},
	{"accounts", func(ctx context.Context, c *apsclient.Client, _ *apsclient.Orders, _ apsclient.OrderRequest) error {
		_, err := collect(c.Accounts(ctx))
		return err
	}},
	{"plans", func(ctx context.Context, c *apsclient.Client, _ *apsclient.Orders, _ apsclient.OrderRequest) error {
		_, err := collect(c.Plans(ctx))
		return err
	}},
	{"tenants", func(ctx context.Context, c *apsclient.Client, _ *apsclient.Orders, _ apsclient.OrderRequest) error {
		_, err := collect(c.Tenants(ctx))
		return err
	}},
	{"place", func(ctx context.Context, _ *apsclient.Client, o *apsclient.Orders, r apsclient.OrderRequest) error {
		_, err := o.Place(ctx, r)
		return err
	}},
	{"estimate", func(ctx context.Context, _ *apsclient.Client, o *apsclient.Orders, r apsclient.OrderRequest) error {
		_, err := o.Estimate(ctx, r)
		return err
	}},
	{"get", func(ctx context.Context, _ *apsclient.Client, o *apsclient.Orders, r apsclient.OrderRequest) error {
		_, err := o.Get(ctx, r.Reference)
		return err
	}},
	{"list", func(ctx context.Context, _ *apsclient.Client, o *apsclient.Orders, r apsclient.OrderRequest) error {
		_, err := collect(o.List(ctx, apsclient.OrderQuery{References: []string{r.Reference, "x"}}))
		return err
	}},
}

// How a platform pages can be told from one small page.
func TestPagingProbe(t *testing.T) {
	for _, test := range []struct {
		name, fault string
		tenants     int
		want        apsclient.Paging
	}{
		{"as asked", "", 5, apsclient.Paging{Asked: 2, Got: 2, Total: 5}},
		{"without a range", "no-range", 5, apsclient.Paging{Asked: 2, Got: 2, Total: -1}},
		{"short", "short-pages", 5, apsclient.Paging{Asked: 2, Got: 1, Total: 5}},
		{"one there is", "", 1, apsclient.Paging{Asked: 2, Got: 1, Total: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c := standIn(t, apstest.WithTenants(test.tenants, 1))
			if test.fault != "" {
				s.SetFault(test.fault, 1)
			}
			got, err := c.Paging(t.Context())
			if err != nil || got != test.want {
				t.Errorf("%+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

// A token that does not last is renewed and counted; one that is refused fresh
// is said to be.
func TestTokensThatDoNotLast(t *testing.T) {
	s := apstest.NewServer(t, apstest.WithStrict(), apstest.WithTenants(2, 1))
	o := s.OAuth2()
	c := newClient(t, apsclient.Config{URL: s.URL(), OAuth2: &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret}})
	for range 3 {
		s.RevokeTokens()
		if _, err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Renewed(); n != 2 {
		t.Errorf("renewed %d times, want 2", n)
	}
	s.SetFault("token-expired", 1)
	_, err := c.Check(t.Context())
	e, ok := errors.AsType[*apsclient.Error](err)
	if !ok || e.Kind != apsclient.Credentials || !strings.Contains(e.Error(), "the access token was a fresh one") || !strings.Contains(e.Hint(), "token endpoint") {
		t.Errorf("error %v with hint %q, want one about a fresh token", err, e.Hint())
	}
}

// wantKind is what a fault comes to. A fault that is not here leaves the call
// without an error of its own.
var wantKind = map[string]apsclient.Kind{
	"429": apsclient.SlowDown, "429-wait": apsclient.SlowDown, "503": apsclient.InDoubt, "503-wait": apsclient.SlowDown,
	"500": apsclient.InDoubt, "500-wrapped": apsclient.Refused, "empty": apsclient.InDoubt, "html": apsclient.InDoubt,
	"refused": apsclient.Refused, "forbidden": apsclient.Permission, "reset": apsclient.InDoubt, "lost": apsclient.InDoubt,
	"401": apsclient.Credentials, "409": apsclient.Refused, "413": apsclient.Refused, "denied-access": apsclient.Permission, "busy-other": apsclient.Busy,
	"400-after": apsclient.Refused, "401-after": apsclient.Credentials, "403-after": apsclient.Permission, "404-after": apsclient.Refused,
	"409-after": apsclient.Refused, "413-after": apsclient.Refused, "429-after": apsclient.SlowDown, "503-wait-after": apsclient.SlowDown,
	"busy-after": apsclient.Busy, "wrapped-after": apsclient.Refused, "twice-nonce": apsclient.Credentials,
	"504": apsclient.InDoubt, "slow": apsclient.InDoubt, "truncated": apsclient.InDoubt,
	"clock": apsclient.Credentials, "token-expired": apsclient.Credentials, "rate-limit": apsclient.SlowDown,
}

// Every fault the stand-in knows, on every call the client has: an *Error of
// the kind it should be, in time, with no secret in it, and no order twice.
func TestEveryFaultOnEveryCall(t *testing.T) {
	for _, fault := range apstest.FaultKinds() {
		for _, call := range clientCalls {
			t.Run(fault+" on "+call.name, func(t *testing.T) {
				t.Parallel()
				tryFault(t, fault, call)
			})
		}
	}
}

func tryFault(t *testing.T, fault string, call clientCall) {
	var logged strings.Builder
	s := apstest.NewServer(t, apstest.WithStrict(), apstest.WithTenants(5, 1), func(c *apstest.Config) { c.Slow = time.Minute })
	cfg := apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()},
		RequestTimeout: 10 * time.Second, Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if fault == "slow" {
		cfg.RequestTimeout = 2 * time.Second
	}
	secrets := []string{s.Secret()}
	if fault == "token-expired" {
		o := s.OAuth2()
		cfg.OAuth1, cfg.OAuth2 = nil, &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Username: o.Username, Password: o.Password}
		secrets = []string{o.ClientSecret, o.Password}
	}
	c := newClient(t, cfg)
	defer c.Close()
	r := requestFor(t, s, c, 0)
	o, err := c.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if call.name == "get" {
		placed, err := o.Place(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		r.Reference = placed.OrderID
	}
	before := s.Count("place")
	scoped := fault
	func() {
		// A fault that can strike any request strikes this one.
		defer func() { recover() }()
		s.SetFault(fault+"@any", 1)
		scoped = fault + "@any"
	}()
	if scoped == fault {
		rate := 1.0
		if fault == "rate-limit" {
			rate = 0.001
		}
		s.SetFault(fault, rate)
	}
	if fault == "rate-limit" || fault == "busy" { // strikes the second
		o.Place(t.Context(), r)
	}
	begun := time.Now()
	err = call.do(t.Context(), c, o, r)
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if n := s.Count("place") - before; call.name == "place" && fault != "token-expired" && n > 2 {
		t.Errorf("%d orders sent", n)
	}
	if doubles := s.Doubles(); len(doubles) > 0 && fault != "busy" && fault != "rate-limit" && fault != "twice" {
		t.Errorf("ordered twice: %v", doubles)
	}
	checkFault(t, fault, call, err)
	texts := []string{logged.String()}
	if err != nil {
		texts = append(texts, err.Error())
	}
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("a secret shows in %q", text)
			}
		}
	}
}

func checkFault(t *testing.T, fault string, call clientCall, err error) {
	t.Helper()
	want, fails := wantKind[fault]
	switch {
	case fault == "rate-limit":
		fails = call.name == "place"
	case fault == "busy":
		want, fails = apsclient.Busy, call.name == "estimate"
	case fault == "orders-get", fault == "orders-get-after-first":
		want, fails = apsclient.InDoubt, call.name == "get" || call.name == "list" && fault == "orders-get"
	case fault == "no-id":
		want, fails = apsclient.InDoubt, true
		if call.name == "check" || call.name == "estimate" {
			fails = false // an empty object is an answer to these
		}
	case want == apsclient.Refused && call.name == "find orders":
		want = apsclient.NoService
	case fault == "404-after" && (call.name == "estimate" || call.name == "check"):
		want = apsclient.NoService
	case fault == "list-short" && err != nil: // of a list that is there to be read
		want, fails = apsclient.InDoubt, true
	}
	if !fails {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	e, ok := errors.AsType[*apsclient.Error](err)
	if !ok || e.Kind != want {
		t.Fatalf("error %v (%v), want kind %v", err, apsclient.KindOf(err), want)
	}
	checkWords(t, e)
	if e.Op == "" || strings.Contains(e.Error(), "%!") {
		t.Errorf("error %q", e)
	}
	if want == apsclient.Credentials && fault == "clock" && !strings.Contains(e.Hint(), "clock") {
		t.Errorf("hint %q does not name the clock", e.Hint())
	}
}

// A list that is cut off in silence ends as a whole one does, unless its other end is
// asked for. One that says how long it is is asked for nothing more.
func TestListCutOffInSilence(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault string
		most  int
		whole bool
		want  int
		short bool
	}{
		{"counted", "", 3, true, 4, false},
		{"not counted", "no-range", 3, true, 4, false},
		{"cut off", "list-capped", 3, true, 3, true},
		{"cut off behind the first", "list-capped", 1, true, 1, true},
		{"cut off, and nobody asks", "list-capped", 3, false, 3, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := standIn(t, func(c *apstest.Config) { c.ListCap = tt.most })
			o, err := c.Orders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for n := range 4 {
				if _, err := o.Place(t.Context(), requestFor(t, s, c, n)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.fault != "" {
				s.SetFault(tt.fault, 1)
			}
			got, err := collect(o.List(t.Context(), apsclient.OrderQuery{ReferencePrefix: "azure-import/", Whole: tt.whole}))
			if len(got) != tt.want || errors.Is(err, apsclient.ErrShort) != tt.short || !tt.short && err != nil {
				t.Errorf("%d orders and %v, want %d, short %v", len(got), err, tt.want, tt.short)
			}
		})
	}
}
