package apstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
)

// Ways in which a platform tells of its orders otherwise than they are.

// listed places n orders and tells which of them a list has, and its
// Content-Range.
func listed(t *testing.T, kind string, n int, query string, options ...apstest.Option) (numbers []string, contentRange string) {
	srv := apstest.NewServer(t, append(options, apstest.WithTenants(n, 1), apstest.WithStrict())...)
	w := newWire(t, srv)
	for _, tn := range tenantsOf(srv) {
		w.placed(tn)
	}
	srv.SetFault(kind, 1)
	r := w.get(w.orders()+"?"+query).want(t, 200)
	var list []order
	r.json(t, &list)
	for _, o := range list {
		numbers = append(numbers, o.OrderNumber[len("SO00000"):])
	}
	return numbers, r.Header.Get("Content-Range")
}

func TestLists(t *testing.T) {
	capped := func(c *apstest.Config) { c.ListCap = 2 }
	for _, tt := range []struct {
		kind, query string
		options     []apstest.Option
		want        []string
		says        string
	}{
		{"list-short", "sort(orderDate),limit(0,10)", nil, []string{"1", "2"}, "items 0-1/4"},
		{"list-short", "sort(orderDate),limit(2,10)", nil, nil, "items */4"},
		{"list-capped", "sort(-orderDate),limit(0,10)", []apstest.Option{capped}, []string{"4", "3"}, ""},
		{"list-capped", "sort(-orderDate),limit(2,10)", []apstest.Option{capped}, nil, ""},
		{"filter-ignored", "like(poNumber,nothing*),sort(orderDate),limit(0,10)", nil, []string{"1", "2", "3", "4"}, "items 0-3/4"},
		{"filter-literal", "like(poNumber,azure-import*),sort(orderDate),limit(0,10)", nil, nil, "items */0"},
		{"list-stale", "sort(orderDate),limit(0,10)", nil, nil, "items */0"},
	} {
		t.Run(tt.kind+" "+tt.query, func(t *testing.T) {
			got, says := listed(t, tt.kind, 4, tt.query, tt.options...)
			if diff := cmp.Diff(tt.want, got); diff != "" || says != tt.says {
				t.Errorf("%s, want %s; orders (-want +got):\n%s", says, tt.says, diff)
			}
		})
	}
}

func TestOrdersToldOtherwise(t *testing.T) {
	for _, tt := range []struct {
		kind string
		told func(o order, tn apstest.Tenant) (got, want string)
	}{
		{"local-dates", func(o order, _ apstest.Tenant) (string, string) {
			at, err := time.Parse("2006-01-02T15:04:05", o.OrderDate)
			return fmt.Sprint(err, time.Until(at).Round(time.Hour)), fmt.Sprint(nil, 9*time.Hour)
		}},
		{"account-number", func(o order, tn apstest.Tenant) (string, string) { return o.AccountID, tn.AccountNumber }},
		{"upper-ids", func(o order, tn apstest.Tenant) (string, string) {
			return o.AccountID + fmt.Sprint(strings.Contains(string(o.Products), strings.ToUpper(tn.Subscriptions[0]))), strings.ToUpper(tn.AccountID) + "true"
		}},
		{"no-products", func(o order, _ apstest.Tenant) (string, string) { return string(o.Products), "" }},
		{"date-form", func(o order, _ apstest.Tenant) (string, string) {
			return fmt.Sprint(strings.Contains(string(o.Products), `"2027-01-01T00:00:00Z"`)), "true"
		}},
		{"reference-edited", func(o order, _ apstest.Tenant) (string, string) { return *o.PoNumber, "PO 4711" }},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithFault(tt.kind, 1), apstest.WithStrict())
			w, tn := newWire(t, srv), tenantsOf(srv)[0]
			body := strings.Replace(orderFor(srv, tn), `]}]}`, `,{"key":"cut_off_date","value":"2027-01-01T00:00:00.000Z"}]}]}`, 1)
			w.send(t.Context(), "POST", w.orders(), body).want(t, 200)
			if got, want := tt.told(w.order(srv.Orders()[0].ID), tn); got != want {
				t.Errorf("told %s, want %s", got, want)
			}
		})
	}
}

// Only lists are stale.
func TestStaleIsTheListAlone(t *testing.T) {
	now := time.Now()
	srv := apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithFault("list-stale", 1), apstest.WithProvisioning(time.Minute),
		func(c *apstest.Config) { c.Clock = func() time.Time { return now } })
	w := newWire(t, srv)
	w.at = func() time.Time { return now }
	id := w.placed(tenantsOf(srv)[0])
	for _, tt := range []struct {
		at             time.Duration
		listed, single string
	}{{0, "", "LO"}, {90 * time.Second, "", "CP"}, {30 * time.Second, "LO", "CP"}, {time.Minute, "CP", "CP"}} {
		now = now.Add(tt.at)
		var list []order
		w.get(w.orders()+"?sort(orderDate),limit(0,9)").want(t, 200).json(t, &list)
		listed := ""
		if len(list) > 0 {
			listed = list[0].Status
		}
		if single := w.order(id).Status; listed != tt.listed || single != tt.single {
			t.Errorf("%v later: listed %q, by itself %q, want %q and %q", tt.at, listed, single, tt.listed, tt.single)
		}
	}
}

// What staff do to orders shows at once, to stale lists later, and is kept.
func TestStaff(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	file := filepath.Join(t.TempDir(), "state")
	start := func() *apstest.Server {
		return apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithStrict(), func(c *apstest.Config) {
			c.State, c.Clock = file, func() time.Time { return now }
		})
	}
	srv := start()
	seen := func(query string) string {
		w := newWire(t, srv)
		w.at = func() time.Time { return now }
		var list []order
		w.get(w.orders()+"?"+query+",sort(orderDate),limit(0,9)").want(t, 200).json(t, &list)
		if len(list) == 0 {
			return "nothing"
		}
		return *list[0].PoNumber + " " + list[0].Status
	}
	w := newWire(t, srv)
	w.at = func() time.Time { return now }
	id := w.placed(tenantsOf(srv)[0])
	ours := srv.Orders()[0].Reference
	byRef, like := "eq(poNumber,"+strings.ReplaceAll(ours, "/", "%2F")+")", "like(poNumber,azure-import*)"
	check := func(what string, want map[string]string) {
		t.Helper()
		got := make(map[string]string)
		for query := range want {
			got[query] = seen(query)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("placed", map[string]string{byRef: ours + " CP", like: ours + " CP"})
	now = now.Add(time.Hour)
	if err := errors.Join(srv.EditReference(id, "PO 1"), srv.SetOrderStatus(id, "CL")); err != nil {
		t.Fatal(err)
	}
	after := map[string]string{byRef: "nothing", like: "nothing", "eq(poNumber,PO%201)": "PO 1 CL", "eq(status,CL)": "PO 1 CL"}
	check("edited and cancelled", after)
	srv.SetFault("list-stale", 1)
	check("stale", map[string]string{byRef: ours + " CP", like: ours + " CP", "eq(poNumber,PO%201)": "nothing", "eq(status,CL)": "nothing"})
	srv.Close()
	srv = start()
	check("restarted", after)
	if got := srv.Orders()[0]; got.Reference != "PO 1" || got.Status != "CL" {
		t.Errorf("held: %+v", got)
	}
}

// In a bubble orders show when they are told to, on each node later than on the
// one before.
func TestLagAndNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n apstest.Network
		node := 0
		srv := apstest.NewServer(t, apstest.WithTenants(2, 1), func(c *apstest.Config) {
			c.Listener = n.Listen
			c.Lag = func(order int, sub string) time.Duration { return time.Duration(order+1) * time.Minute }
			c.Nodes, c.NodeLag, c.NodeSkew = 3, time.Hour, 10*time.Second
			c.Node = func(*http.Request) int { return node }
		})
		w := newWire(t, srv)
		w.http.Transport = &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}
		var ids []string
		for _, tn := range tenantsOf(srv) {
			ids = append(ids, w.placed(tn))
		}
		began := time.Now()
		for _, tt := range []struct {
			at    time.Duration
			shown []int // on each node
		}{
			{59 * time.Second, []int{0, 0, 0}}, {time.Minute, []int{1, 0, 0}}, {2 * time.Minute, []int{2, 0, 0}},
			{61 * time.Minute, []int{2, 1, 0}}, {3 * time.Hour, []int{2, 2, 2}},
		} {
			time.Sleep(time.Until(began.Add(tt.at)))
			for node = range 3 {
				var list []order
				r := w.get(w.orders()+"?sort(orderDate),limit(0,9)").want(t, 200)
				r.json(t, &list)
				single := w.get(w.orders() + "/" + ids[1]).StatusCode
				if len(list) != tt.shown[node] || (single == 200) != (tt.shown[node] == 2) {
					t.Errorf("after %v node %d lists %d orders, want %d; the second by itself: %d", tt.at, node, len(list), tt.shown[node], single)
				}
				date, _ := http.ParseTime(r.Header.Get("Date"))
				if ahead := time.Until(date).Round(time.Second); ahead != time.Duration(node)*10*time.Second {
					t.Errorf("the clock of node %d is %v ahead", node, ahead)
				}
			}
		}
		w.http.CloseIdleConnections()
	})
}

// A node whose clock is off dates its answers and the orders placed there wrongly;
// what becomes of orders does not hang on it.
func TestClocksThatDiffer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		option apstest.Option
	}{
		{"nodes", func(c *apstest.Config) { c.Nodes, c.NodeSkew = 2, 4*time.Minute }},
		{"nodes behind", func(c *apstest.Config) { c.Nodes, c.NodeSkew = 2, -4*time.Minute }},
		{"fault", func(c *apstest.Config) { c.ClockSkew = 4 * time.Minute }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n apstest.Network
				node := 0
				srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithProvisioning(time.Minute), tt.option, func(c *apstest.Config) {
					c.Listener, c.Node = n.Listen, func(*http.Request) int { return node }
				})
				on := func(other int) {
					node = other
					if tt.name == "fault" {
						srv.SetFault("clock", float64(other))
					}
				}
				w, tn := newWire(t, srv), tenantsOf(srv)
				w.http.Transport = &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}
				var ids []string
				for placedOn := range 2 {
					on(placedOn)
					ids = append(ids, w.placed(tn[placedOn]))
				}
				for _, want := range []string{"LO", "CP"} {
					time.Sleep(31 * time.Second)
					for readOn := range 2 {
						on(readOn)
						tenants := string(w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant)").body)
						got := []string{w.order(ids[0]).Status, w.order(ids[1]).Status, fmt.Sprint(strings.Count(tenants, `"imported":true`))}
						imported := map[string]string{"LO": "0", "CP": "2"}[want]
						if diff := cmp.Diff([]string{want, want, imported}, got); diff != "" {
							t.Errorf("read on %d (-want +got):\n%s", readOn, diff)
						}
					}
				}
			})
		})
	}
}

// A client that sends the node's cookie stays there, whatever its connection.
func TestNodeCookie(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithStrict(), func(c *apstest.Config) {
		c.Nodes, c.NodeSkew = 3, time.Minute
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		kept bool // one connection for all requests
		jar  http.CookieJar
		want []string
	}{
		{"without", false, nil, []string{"0", "1", "2", "0"}},
		{"with", false, jar, []string{"1", "1", "1", "1"}},
		{"one connection", true, nil, []string{"2", "2", "2", "2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, srv)
			tr := &http.Transport{DisableKeepAlives: !tt.kept}
			defer tr.CloseIdleConnections()
			w.http.Transport, w.http.Jar = tr, tt.jar
			var nodes []string
			for range tt.want {
				r := w.get("/aps").want(t, 200)
				nodes = append(nodes, strings.TrimPrefix(r.Cookies()[0].String(), "APSNODE=")[:1])
			}
			if diff := cmp.Diff(tt.want, nodes); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

// Every request may take its time, and is dated when it is served.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n apstest.Network
		var asked []string
		srv := apstest.NewServer(t, apstest.WithTenants(1, 1), func(c *apstest.Config) {
			c.Listener = n.Listen
			c.Delay = func(method, path, sub string, n int) time.Duration {
				asked = append(asked, fmt.Sprintf("%s %s %s %d", method, path, sub, n))
				return time.Duration(n+1) * time.Second
			}
		})
		w, tn := newWire(t, srv), tenantsOf(srv)[0]
		w.http.Transport = &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}
		began := time.Now()
		w.placed(tn)
		w.placed(tn)
		w.order(srv.Orders()[0].ID)
		w.get("/aps").want(t, 200)
		if took := time.Since(began); took != 5*time.Second || !srv.Orders()[1].Placed.Equal(began.Add(3*time.Second)) {
			t.Errorf("took %v, orders %+v", took, srv.Orders())
		}
		place := "POST " + w.orders() + " " + tn.Subscriptions[0]
		if diff := cmp.Diff([]string{place + " 0", place + " 1", "GET " + w.orders() + "/" + srv.Orders()[0].ID + " " + tn.Subscriptions[0] + " 0", "GET /aps  0"}, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

// A draw of the caller's own decides, and ids follow from the seed.
func TestDraw(t *testing.T) {
	var asked [2][]string
	var ids [2]string
	for i := range asked {
		srv := apstest.NewServer(t, apstest.WithTenants(2, 1), apstest.WithFault("429", 0.5), func(c *apstest.Config) {
			c.Draw = func(fault, about string) float64 {
				asked[i] = append(asked[i], fault+": "+about)
				if strings.HasSuffix(about, " 0") {
					return 0.4
				}
				return 0.5
			}
		})
		w := newWire(t, srv)
		tn := tenantsOf(srv)[0]
		w.place(tn).want(t, 429)
		ids[i] = w.placed(tn)
	}
	sub := strings.Fields(asked[0][0])[2]
	want := []string{"429: place " + sub + " 0", "429: place " + sub + " 1"}
	if !slices.Equal(asked[0], want) || !slices.Equal(asked[1], want) || ids[0] != ids[1] {
		t.Errorf("asked %q, %q, want %q; ids %q", asked[0], asked[1], want, ids)
	}
}

// An import shows later than its order ends, or never.
func TestImportShowsLate(t *testing.T) {
	for _, shows := range []time.Duration{-1, time.Hour} {
		now := time.Now()
		srv := apstest.NewServer(t, apstest.WithTenants(1, 1), func(c *apstest.Config) {
			c.ImportShows, c.Clock = shows, func() time.Time { return now }
		})
		w := newWire(t, srv)
		w.placed(tenantsOf(srv)[0])
		for _, later := range []time.Duration{0, 2 * time.Hour} {
			now = now.Add(later)
			w := newWire(t, srv)
			w.at = func() time.Time { return now }
			got := strings.Contains(string(w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant)").body), `"imported":true`)
			if want := later > 0 && shows > 0; got != want {
				t.Errorf("shows after %v: imported %v after %v", shows, got, later)
			}
		}
	}
}

// A clone has the same ids and orders, and goes its own way.
func TestClone(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1), apstest.WithStrict())
	tn := tenantsOf(srv)
	first := newWire(t, srv).placed(tn[0])
	srv.SetOrderStatus(first, "HL")
	clone, err := srv.Clone(apstest.Config{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer clone.Close()
	if diff := cmp.Diff(tn, tenantsOf(clone)); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if clone.URL() == srv.URL() || clone.OrderServiceID() != srv.OrderServiceID() || newWire(t, clone).order(first).Status != "HL" {
		t.Errorf("the clone is at %s and has order service %s", clone.URL(), clone.OrderServiceID())
	}
	srv.SetOrderStatus(first, "CL")
	here, there := newWire(t, srv).placed(tn[1]), newWire(t, clone).placed(tn[2])
	if here != there || srv.Orders()[1].SubID != tn[1].Subscriptions[0] || clone.Orders()[1].SubID != tn[2].Subscriptions[0] || clone.Orders()[0].Status != "HL" {
		t.Errorf("orders %s and %s: %+v, %+v", here, there, srv.Orders(), clone.Orders())
	}
}

// Staff may type a reference into an order that has none.
func TestReferenceGivenLater(t *testing.T) {
	for _, name := range []string{"poNumber", "attributes.ClientRef"} {
		t.Run(name, func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(1, 1), apstest.WithFault("no-reference", 1), func(c *apstest.Config) { c.Names.Reference = name })
			w := newWire(t, srv)
			id := w.placed(tenantsOf(srv)[0])
			if err := srv.EditReference(id, "PO 1"); err != nil {
				t.Fatal(err)
			}
			if got := string(w.get(w.orders() + "/" + id).body); !strings.Contains(got, `:"PO 1"`) || !srv.Orders()[0].HasReference {
				t.Errorf("told %s, held %+v", got, srv.Orders()[0])
			}
		})
	}
}

// A second order that stands beside the first is one too many; one that was
// cancelled, failed or rolled back is not.
func TestStandingDoubles(t *testing.T) {
	for _, tt := range []struct {
		first, second string
		standing      bool
	}{
		{"CP", "CP", true}, {"LO", "WP", true}, {"WZ", "HL", true},
		{"CL", "CP", false}, {"CP", "PF", false}, {"CP", "RB", false},
	} {
		t.Run(tt.first+" "+tt.second, func(t *testing.T) {
			srv := apstest.NewServer(t, apstest.WithTenants(2, 2), apstest.WithStrict())
			w, tn := newWire(t, srv), tenantsOf(srv)[1]
			var ids []string
			for _, status := range []string{tt.first, tt.second} {
				id := w.placed(tn)
				if err := srv.SetOrderStatus(id, status); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
			w.placed(tenantsOf(srv)[0])
			want := map[string][]string{}
			if tt.standing {
				want[tn.Subscriptions[0]] = ids
			}
			if diff := cmp.Diff(want, srv.StandingDoubles()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The lag of an order does not grow when the platform is started again.
func TestLagIsKept(t *testing.T) {
	now := time.Now()
	file := filepath.Join(t.TempDir(), "state")
	start := func() *apstest.Server {
		return apstest.NewServer(t, apstest.WithTenants(1, 1), func(c *apstest.Config) {
			c.State, c.Clock = file, func() time.Time { return now }
			c.Lag = func(int, string) time.Duration { return time.Hour }
		})
	}
	srv := start()
	w := newWire(t, srv)
	id := w.placed(tenantsOf(srv)[0])
	srv.Close()
	now = now.Add(time.Hour)
	w = newWire(t, start())
	w.at = func() time.Time { return now }
	w.order(id)
}
