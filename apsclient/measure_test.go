package apsclient_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
)

func TestStamped(t *testing.T) {
	type taken map[time.Duration]bool
	for _, test := range []struct {
		name   string
		option apstest.Option
		want   taken
	}{
		{"five minutes", func(*apstest.Config) {}, taken{0: true, 4 * time.Minute: true, 6 * time.Minute: false, time.Hour: false}},
		{"of a platform whose clock is ahead", func(c *apstest.Config) { c.Skew = 3 * time.Minute }, taken{4 * time.Minute: true, 6 * time.Minute: false}},
		{"half a minute", apstest.WithFault("stamps-short", 1), taken{0: true, time.Minute: false}},
		{"for ever", apstest.WithFault("stamps-old", 1), taken{0: true, time.Hour: true, 25 * time.Hour: true}},
	} {
		_, c := standIn(t, test.option)
		if _, err := c.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for age, want := range test.want {
			err := c.Stamped(t.Context(), age)
			if want && err != nil || !want && (err == nil || apsclient.KindOf(err) != apsclient.Credentials) {
				t.Errorf("%s: at an age of %v: %v, want taken %v", test.name, age, err, want)
			}
		}
	}
}

// An order is as old as it says: the platform refuses one that comes too late. With OAuth 2
// none says so.
func TestStampOfAnOrder(t *testing.T) {
	server, c := standIn(t)
	orders, err := c.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tenant := slices.Collect(server.Tenants())[0]
	for age, taken := range map[time.Duration]bool{0: true, 4 * time.Minute: true, 6 * time.Minute: false} {
		_, err := orders.Place(t.Context(), apsclient.OrderRequest{
			AccountID: tenant.AccountID, PlanID: server.Plans()[0].ID, Tenant: tenant.Domain, Subscription: tenant.Subscriptions[0], Reference: age.String(),
			Stamp: orders.Stamp().Add(-age),
		})
		if taken != (err == nil) || err != nil && apsclient.KindOf(err) != apsclient.Credentials {
			t.Errorf("decided on %v ago: %v, want taken %v", age, err, taken)
		}
	}
	if n := server.OrderCount(); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

func TestClocks(t *testing.T) {
	for _, test := range []struct {
		name   string
		option apstest.Option
		apart  time.Duration
	}{
		{"one", func(*apstest.Config) {}, 0},
		{"two nodes", func(c *apstest.Config) { c.Nodes, c.NodeSkew = 2, 2*time.Minute }, 2 * time.Minute},
		{"one that jumps", apstest.WithFault("clocks-apart", 0.5), 2 * time.Minute},
	} {
		_, c := standIn(t, test.option)
		ahead, err := c.Clocks(t.Context(), 8)
		if err != nil || len(ahead) != 8 {
			t.Errorf("%s: %v, error %v", test.name, ahead, err)
			continue
		}
		if spread := slices.Max(ahead) - slices.Min(ahead); (spread - test.apart).Abs() > 2*time.Second {
			t.Errorf("%s: the answers are %v apart, want %v", test.name, spread, test.apart)
		}
	}
}

func TestSearches(t *testing.T) {
	type found struct{ Whole, Beginning apsclient.Search }
	const (
		untold, finds, misses, ignores, refuses = apsclient.SearchUntold, apsclient.SearchFinds, apsclient.SearchMisses, apsclient.SearchIgnores, apsclient.SearchRefuses
	)
	for _, test := range []struct {
		name   string
		option apstest.Option
		wire   apsclient.Wire
		orders int
		want   found
	}{
		{"no order yet", func(*apstest.Config) {}, apsclient.Wire{}, 0, found{untold, untold}},
		{"as it should be", func(*apstest.Config) {}, apsclient.Wire{}, 2, found{finds, finds}},
		{"wildcards are letters", apstest.WithFault("filter-literal", 1), apsclient.Wire{}, 2, found{finds, misses}},
		{"no condition counts", apstest.WithFault("filter-ignored", 1), apsclient.Wire{}, 1, found{ignores, ignores}},
		{"not known by this name", func(*apstest.Config) {}, apsclient.Wire{ReferenceField: "customerRef"}, 2, found{refuses, refuses}},
		{"references are lost", apstest.WithFault("no-reference", 1), apsclient.Wire{}, 2, found{misses, misses}},
	} {
		s := apstest.NewServer(t, test.option)
		c := newClient(t, apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}, Wire: test.wire})
		o, err := c.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reference := ""
		for i := range test.orders {
			r := requestFor(t, s, c, i)
			reference = r.Reference
			if test.wire.ReferenceField != "" {
				continue // the stand-in takes no such order
			}
			if _, err := o.Place(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		var got found
		got.Whole, got.Beginning, err = o.Searches(t.Context(), reference, "nobody-s", "azure-import/")
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}

func TestCount(t *testing.T) {
	for _, test := range []struct {
		name   string
		option apstest.Option
		orders int
		want   apsclient.Count
	}{
		{"none", func(*apstest.Config) {}, 0, apsclient.Count{Told: 0, True: true}},
		{"three", func(*apstest.Config) {}, 3, apsclient.Count{Told: 3, True: true}},
		{"not told", apstest.WithFault("no-range", 1), 3, apsclient.Count{Told: -1}},
		{"not true", apstest.WithFault("list-short", 1), 3, apsclient.Count{Told: 3}},
	} {
		s, c := standIn(t, test.option)
		o, err := c.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for tenant := range s.Tenants() {
			if s.OrderCount() == test.orders {
				break
			}
			if _, err := s.AddOrder(apstest.StoredOrder{AccountID: tenant.AccountID, PlanID: s.Plans()[0].ID, SubID: tenant.Subscriptions[0]}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := o.Count(t.Context())
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}
