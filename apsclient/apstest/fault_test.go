package apstest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// TestWrongAnswers tries every fault of placing at rate 1 and by row.
func TestWrongAnswers(t *testing.T) {
	for _, tt := range []struct {
		kind    string
		status  int // 0 = no answer
		wait    string
		media   string
		says    string
		created bool
		cause   error // where there is no answer
	}{
		{kind: "429", status: 429, media: "json", says: "too many"},
		{kind: "429-wait", status: 429, wait: "1", media: "json"},
		{kind: "503", status: 503, media: "html"},
		{kind: "503-wait", status: 503, wait: "1", media: "html"},
		{kind: "500", status: 500, media: "json", says: `"type":"InternalServerError"`},
		{kind: "500-wrapped", status: 500, media: "json", says: `"message":"404 Not Found`},
		{kind: "empty", status: 500},
		{kind: "html", status: 502, media: "html"},
		{kind: "refused", status: 400, media: "json", says: "ValidationError"},
		{kind: "forbidden", status: 403, media: "json", says: "AccessViolation"},
		{kind: "401", status: 401, media: "json", says: "AuthenticationFailed"},
		{kind: "409", status: 409, media: "json"},
		{kind: "413", status: 413, media: "html"},
		{kind: "denied-access", status: 500, media: "json", says: "BillingAPIFault: Access Denied"},
		{kind: "busy-other", status: 500, media: "json", says: "already an open Order #SO"},
		{kind: "reset", cause: connectionReset},
		{kind: "400-after", status: 400, media: "json", created: true},
		{kind: "401-after", status: 401, media: "json", says: "AuthenticationFailed", created: true},
		{kind: "403-after", status: 403, media: "json", says: "AccessViolation", created: true},
		{kind: "404-after", status: 404, media: "json", created: true},
		{kind: "409-after", status: 409, media: "json", created: true},
		{kind: "413-after", status: 413, media: "html", created: true},
		{kind: "429-after", status: 429, media: "json", says: "too many", created: true},
		{kind: "503-wait-after", status: 503, wait: "1", media: "html", created: true},
		{kind: "busy-after", status: 500, media: "json", says: "already an open Order #SO000001", created: true},
		{kind: "wrapped-after", status: 500, media: "json", says: `"message":"404 Not Found`, created: true},
		{kind: "twice-nonce", status: 401, media: "json", says: "oauth_nonce", created: true},
		{kind: "lost", created: true},
		{kind: "504", status: 504, media: "html", created: true},
		{kind: "no-id", status: 200, media: "json", says: "{}", created: true},
		{kind: "truncated", created: true},
	} {
		check := func(t *testing.T, srv *apstest.Server) {
			w := newWire(t, srv)
			tn := tenantsOf(srv)[0]
			r := w.place(tn)
			if tt.status == 0 {
				if r.err == nil {
					t.Fatalf("answered %d %s", r.StatusCode, r.body)
				}
				if tt.cause != nil && !errors.Is(r.err, tt.cause) {
					t.Errorf("error %v, want %v", r.err, tt.cause)
				}
			} else {
				r.want(t, tt.status)
				if got := r.Header.Get("Retry-After"); got != tt.wait {
					t.Errorf("Retry-After %q, want %q", got, tt.wait)
				}
				if got := r.Header.Get("Content-Type"); !strings.Contains(got, tt.media) || tt.media == "" && got != "" {
					t.Errorf("Content-Type %q, want %q", got, tt.media)
				}
				if !strings.Contains(string(r.body), tt.says) {
					t.Errorf("body %q does not say %q", r.body, tt.says)
				}
				if r.Header.Get("Date") == "" {
					t.Error("no Date header")
				}
			}
			if created := srv.OrderCount() == 1; created != tt.created {
				t.Errorf("created %v, want %v", created, tt.created)
			}
			if n := srv.Count(tt.kind); n != 1 {
				t.Errorf("counted %d times", n)
			}
			log := srv.Requests()
			if last := log[len(log)-1]; last.Kind != "place" || last.Status != tt.status && tt.kind != "truncated" || cmp.Diff([]string{tt.kind}, last.Faults) != "" {
				t.Errorf("logged %+v", last)
			}
		}
		t.Run(tt.kind+"/by rate", func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithFault(tt.kind, 1))
			check(t, srv)
			srv.ClearFaults()
			newWire(t, srv).placed(tenantsOf(srv)[1])
		})
		t.Run(tt.kind+"/by row", func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(2, 1))
			srv.FaultRow(tt.kind, tenantsOf(srv)[0].Subscriptions[0], 1)
			newWire(t, srv).placed(tenantsOf(srv)[1]) // another row
			srv.SetOrderStatus(srv.Orders()[0].ID, "CL")
			before := srv.OrderCount()
			w := newWire(t, srv)
			r := w.place(tenantsOf(srv)[0])
			if (r.err == nil && r.StatusCode == 200 && tt.kind != "no-id") || (srv.OrderCount() > before) != tt.created {
				t.Errorf("answer %+v, %d orders more, want created %v", r, srv.OrderCount()-before, tt.created)
			}
			newWire(t, srv).placed(tenantsOf(srv)[0]) // the times are used up
		})
	}
}

// TestEstimatesGoWrong: what can go wrong on the way to the order service goes
// wrong for an estimate too, so that it shows before the first order.
func TestEstimatesGoWrong(t *testing.T) {
	for _, tt := range []struct {
		kind   string
		status int // 0 = no answer
	}{
		{"429", 429}, {"429-wait", 429}, {"503", 503}, {"503-wait", 503}, {"500", 500}, {"500-wrapped", 500}, {"empty", 500}, {"html", 502},
		{"refused", 400}, {"forbidden", 403}, {"reset", 0}, {"lost", 0}, {"504", 504}, {"slow", 200}, {"truncated", 0}, {"busy", 500},
		{"no-id", 200}, {"late", 200}, {"stuck", 200}, {"pf", 200}, {"ignored", 200}, {"no-reference", 200},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(2, 1), func(c *apstest.Config) { c.Slow = 30 * time.Millisecond })
			w := newWire(t, srv)
			tn := tenantsOf(srv)[0]
			estimate := func() reply {
				return w.send(t.Context(), "POST", w.orders()+"/estimate?includeTaxes=false", orderFor(srv, tn))
			}
			srv.SetFault(tt.kind, 1)
			begun := time.Now()
			r := estimate()
			if tt.status == 0 && r.err == nil || tt.status != 0 && (r.err != nil || r.StatusCode != tt.status) {
				t.Errorf("answer %+v, want %d", r, tt.status)
			}
			if held := time.Since(begun) >= 30*time.Millisecond; tt.kind == "slow" && !held {
				t.Error("the answer was not held back")
			}
			srv.ClearFaults()
			srv.FaultRow(tt.kind, tn.Subscriptions[0], -1) // of its orders, not its estimates
			w.http.CloseIdleConnections()
			estimate().want(t, 200)
			if srv.OrderCount() != 0 {
				t.Errorf("%d orders", srv.OrderCount())
			}
		})
	}
}

func TestSlow(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithFault("slow", 1), func(c *apstest.Config) { c.Slow = 100 * time.Millisecond })
	w := newWire(t, srv)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	tn := tenantsOf(srv)[0]
	if r := w.send(ctx, "POST", w.orders(), orderFor(srv, tn)); !errors.Is(r.err, context.DeadlineExceeded) {
		t.Errorf("answer %+v, want none in time", r)
	}
	if srv.OrderCount() != 1 {
		t.Error("the order was not created")
	}
	w.placed(tn) // patience is rewarded
}

// TestClose: held answers do not hold the server, and nothing is left running.
func TestClose(t *testing.T) {
	before := goleak.IgnoreCurrent()
	srv, err := apstest.Start(apstest.Config{Faults: map[string]float64{"slow": 1}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, srv)
	done := make(chan struct{})
	go func() { w.place(tenantsOf(srv)[0]); close(done) }()
	for srv.OrderCount() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	<-done
	srv.Close() // again, without harm
	w.http.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

func TestTwistedOrders(t *testing.T) {
	for _, tt := range []struct {
		kind     string
		status   string
		noRef    bool
		imported bool
		reason   bool
	}{
		{kind: "stuck", status: "WP"},
		{kind: "pf", status: "PF", reason: true},
		{kind: "ignored", status: "CP"},
		{kind: "no-reference", status: "CP", noRef: true, imported: true},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithFault(tt.kind, 1))
			w := newWire(t, srv)
			o := w.order(w.placed(tenantsOf(srv)[0]))
			if o.Status != tt.status || (o.PoNumber == nil) != tt.noRef || (len(o.ErrorDetails["en_US"]) > 0) != tt.reason {
				t.Errorf("order %+v", o)
			}
			if got := imported(w, 0, 0); got != tt.imported {
				t.Errorf("imported %v, want %v", got, tt.imported)
			}
			var found []order
			w.get(w.orders()+"?like(poNumber,azure-import*)").want(t, 200).json(t, &found)
			if (len(found) == 0) != tt.noRef {
				t.Errorf("found by reference: %d orders", len(found))
			}
			if srv.Count(tt.kind) != 1 {
				t.Errorf("counted %d times", srv.Count(tt.kind))
			}
		})
	}
}

func TestLate(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithFault("late", 1), func(c *apstest.Config) { c.Late = 100 * time.Millisecond })
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	list := func() int {
		var got []order
		w.get(w.orders()+"?sort(-orderDate),limit(0,40)").want(t, 200).json(t, &got)
		return len(got)
	}
	id := w.placed(tn[0])
	srv.ClearFaults()
	w.placed(tn[1])
	w.get(w.orders()+"/"+id).want(t, 404)
	if n := list(); n != 1 {
		t.Errorf("%d orders to be seen, want 1", n)
	}
	if n := len(srv.Orders()); n != 2 {
		t.Errorf("%d orders held, want 2", n)
	}
	time.Sleep(150 * time.Millisecond)
	w.get(w.orders()+"/"+id).want(t, 200)
	if n := list(); n != 2 {
		t.Errorf("%d orders to be seen, want 2", n)
	}
}

func TestBusy(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(2, 2), apstest.WithFault("busy", 1), apstest.WithProvisioning(100*time.Millisecond))
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	w.placed(tn[0])
	r := w.place(tn[0]).want(t, 500)
	for _, want := range []string{"already an ", "Order #SO000001", "This order prohibits placing an order of the same order type"} {
		if !strings.Contains(string(r.body), want) {
			t.Errorf("body %s does not say %q", r.body, want)
		}
	}
	w.placed(tn[1]) // another account
	time.Sleep(150 * time.Millisecond)
	w.placed(tn[0])
	if srv.Count("busy") != 1 || srv.OrderCount() != 3 {
		t.Errorf("busy %d times, %d orders", srv.Count("busy"), srv.OrderCount())
	}
	srv.ClearFaults()
	w.placed(tn[0])
	srv.FaultRow("busy", tn[1].Subscriptions[0], 2)
	w.place(tn[1]).want(t, 500)
	w.place(tn[1]).want(t, 500)
	w.placed(tn[1])
}

func TestOrdersGet(t *testing.T) {
	t.Run("from the start", func(t *testing.T) {
		srv := apstest.NewServer(t, apstest.WithFault("orders-get", 1))
		w := newWire(t, srv)
		w.get(w.orders()).want(t, 500)
		id := w.placed(tenantsOf(srv)[0])
		w.get(w.orders()+"/"+id).want(t, 500)
	})
	t.Run("after the first order", func(t *testing.T) {
		srv := apstest.NewServer(t, apstest.WithFault("orders-get-after-first", 1))
		w := newWire(t, srv)
		w.get(w.orders()).want(t, 200)
		id := w.placed(tenantsOf(srv)[0])
		w.get(w.orders()).want(t, 500)
		w.get(w.orders()+"/"+id).want(t, 500)
		w.get(accountsPath).want(t, 200)
	})
}

func TestScopes(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	tn := tenantsOf(srv)[0]
	srv.SetFault("503@accounts", 1)
	w.get(accountsPath).want(t, 503)
	w.get("/aps").want(t, 200)
	srv.SetFault("503@accounts", 0)
	w.get(accountsPath).want(t, 200)
	srv.SetFault("429@any", 1)
	w.get("/aps").want(t, 429)
	w.place(tn).want(t, 429)
	srv.ClearFaults()
	srv.SetFault("lost@orders", 1)
	// A connection of its own: on a kept one net/http sends a GET again by
	// itself, with the same nonce, and is refused.
	w.http.CloseIdleConnections()
	if r := w.get(w.orders()); r.err == nil {
		t.Errorf("answered %d", r.StatusCode)
	}
	srv.ClearFaults()
	srv.SetFault("no-subscriptions", 1)
	r := w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant),limit(0,1),sort(domain)").want(t, 200)
	if strings.Contains(string(r.body), "subscriptions") {
		t.Errorf("subscriptions in %s", r.body)
	}
	srv.ClearFaults()
	srv.SetFault("503", 1) // unscoped: placing and estimates
	w.get(accountsPath).want(t, 200)
	w.send(t.Context(), "POST", w.orders()+"/estimate?includeTaxes=false", orderFor(srv, tn)).want(t, 503)
}

// TestRate: the same seed loses the same number of answers, near the rate.
func TestRate(t *testing.T) {
	lost := func(seed uint64) int {
		srv := apstest.NewServer(t, apstest.WithTenants(400, 1), apstest.WithSeed(seed), apstest.WithFault("504", 0.1))
		w := newWire(t, srv)
		n := 0
		for _, tn := range tenantsOf(srv) {
			if r := w.place(tn); r.StatusCode == http.StatusGatewayTimeout {
				n++
			}
		}
		if n != srv.Count("504") || srv.OrderCount() != 400 {
			t.Errorf("%d seen, %d counted, %d orders", n, srv.Count("504"), srv.OrderCount())
		}
		return n
	}
	if a, b := lost(7), lost(7); a != b || a < 15 || a > 75 {
		t.Errorf("lost %d and %d of 400 at rate 0.1", a, b)
	}
}

func TestParseFault(t *testing.T) {
	for _, tt := range []struct {
		text, kind string
		rate       float64
		fails      bool
	}{
		{text: "lost=0.05", kind: "lost", rate: 0.05},
		{text: "lost=5%", kind: "lost", rate: 0.05},
		{text: "503@any=1", kind: "503@any", rate: 1},
		{text: "rate-limit=20", kind: "rate-limit", rate: 20},
		{text: "lost", fails: true},
		{text: "lost=x", fails: true},
		{text: "lost=2", fails: true},
		{text: "lost=-1", fails: true},
		{text: "lost=NaN", fails: true},
		{text: "nothing=1", fails: true},
		{text: "503@nowhere=1", fails: true},
		{text: "busy@any=1", fails: true},
	} {
		kind, rate, err := apstest.ParseFault(tt.text)
		if (err != nil) != tt.fails || !tt.fails && (kind != tt.kind || rate != tt.rate) {
			t.Errorf("%s: %q %v %v", tt.text, kind, rate, err)
		}
	}
	// All that the sandbox promises.
	for _, kind := range strings.Fields("429 429-wait 503 503-wait 500-wrapped busy empty lost reset 504 slow late no-reference no-range short-pages token-expired clock stuck pf orders-get ignored") {
		if _, _, err := apstest.ParseFault(kind + "=0.5"); err != nil {
			t.Error(err)
		}
	}
}

// busy-other names an order of the same account, where it has one.
func TestBusyOtherNamesTheAccounts(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1), apstest.WithStrict())
	w, tn := newWire(t, srv), tenantsOf(srv)
	for _, i := range []int{0, 1, 0, 1} {
		w.placed(tn[i])
	}
	unknown := tn[0]
	unknown.AccountID = srv.Plans()[0].ID
	srv.SetFault("busy-other", 1)
	for i, tt := range []struct {
		tenant apstest.Tenant
		names  string
	}{{tn[0], "#SO000003"}, {tn[1], "#SO000004"}, {tn[2], "#SO000001"}, {unknown, "#SO000001"}} {
		if r := w.place(tt.tenant).want(t, 500); !strings.Contains(string(r.body), tt.names) {
			t.Errorf("%d: body %s does not name %s", i, r.body, tt.names)
		}
	}
	if srv.OrderCount() != 4 {
		t.Errorf("%d orders", srv.OrderCount())
	}
}

// byRateAndRow switches a fault on in both ways.
func byRateAndRow(t *testing.T, kind string, check func(t *testing.T, strike func(srv *apstest.Server, tn apstest.Tenant))) {
	t.Run("by rate", func(t *testing.T) {
		check(t, func(srv *apstest.Server, _ apstest.Tenant) { srv.SetFault(kind, 1) })
	})
	t.Run("by row", func(t *testing.T) {
		check(t, func(srv *apstest.Server, tn apstest.Tenant) { srv.FaultRow(kind, tn.Subscriptions[0], 1) })
	})
}

// An answer may have the id of another row's order.
func TestOtherID(t *testing.T) {
	byRateAndRow(t, "other-id", func(t *testing.T, strike func(*apstest.Server, apstest.Tenant)) {
		srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithStrict())
		w, tn := newWire(t, srv), tenantsOf(srv)
		first := w.placed(tn[0])
		w.placed(tn[1])
		strike(srv, tn[1])
		if got := w.placed(tn[1]); got != first || srv.OrderCount() != 3 {
			t.Errorf("answered %s, want the other row's order, %s; %d orders", got, first, srv.OrderCount())
		}
	})
}

// A proxy may deliver a request twice.
func TestTwice(t *testing.T) {
	byRateAndRow(t, "twice", func(t *testing.T, strike func(*apstest.Server, apstest.Tenant)) {
		srv := apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithStrict())
		tn := tenantsOf(srv)[0]
		strike(srv, tn)
		got := newWire(t, srv).placed(tn)
		orders := srv.Orders()
		if len(orders) != 2 || got != orders[1].ID || len(srv.StandingDoubles()) != 1 {
			t.Fatalf("answered %s, orders %+v", got, orders)
		}
		if orders[0].Reference != orders[1].Reference || orders[0].SubID != orders[1].SubID {
			t.Errorf("the two orders differ: %+v", orders)
		}
	})
}

// Orders may be made otherwise for one row alone.
func TestTwistedByRow(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithStrict())
	w, tn := newWire(t, srv), tenantsOf(srv)
	srv.FaultRow("reference-edited", tn[1].Subscriptions[0], 1)
	var got []string
	for _, i := range []int{0, 1, 1} {
		got = append(got, *w.order(w.placed(tn[i])).PoNumber)
	}
	ours := func(i int) string { return "azure-import/" + tn[i].Subscriptions[0] }
	if diff := cmp.Diff([]string{ours(0), "PO 4711", ours(1)}, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
