package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
)

// TestDrawer keeps for one machine what another has put there, by drawer, kind and key.
func TestDrawer(t *testing.T) {
	address := cluster.Fresh(t)
	a, b := commons(t, address), commons(t, address)
	put := func(d *postgres.Drawer, kind, key, text string) {
		t.Helper()
		err := d.Change(t.Context(), kind, key, func([]byte) ([]byte, time.Time) { return []byte(text), time.Now().Add(time.Hour) })
		if err != nil {
			t.Fatal(err)
		}
	}
	put(a.Drawer("one"), "kind", "x", "1")
	put(a.Drawer("one"), "kind", "y", "")
	put(a.Drawer("one"), "other", "x", "2")
	put(a.Drawer("two"), "kind", "x", "3")
	all, err := b.Drawer("one").All(t.Context(), "kind")
	if diff := cmp.Diff(map[string][]byte{"x": []byte("1"), "y": {}}, all); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	err = b.Drawer("one").Change(t.Context(), "kind", "x", func(old []byte) ([]byte, time.Time) {
		if string(old) != "1" {
			t.Errorf("to be changed: %q", old)
		}
		return nil, time.Time{}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ drawer, kind, key, want string }{
		{"one", "kind", "x", "none"}, {"one", "kind", "y", ""}, {"one", "other", "x", "2"}, {"two", "kind", "x", "3"}, {"three", "kind", "x", "none"},
	} {
		got, err := a.Drawer(test.drawer).Get(t.Context(), test.kind, test.key)
		if text := string(got); err != nil || text != test.want && (got != nil || test.want != "none") {
			t.Errorf("%+v: %q, error %v", test, got, err)
		}
	}
}

// TestDrawerAtOnce counts what many do at once, also where there was nothing before.
func TestDrawerAtOnce(t *testing.T) {
	address := cluster.Fresh(t)
	servers := []*postgres.Drawer{commons(t, address).Drawer("one"), commons(t, address).Drawer("one")}
	const each = 10
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for range each {
				err := servers[w%2].Change(t.Context(), "kind", "key", func(old []byte) ([]byte, time.Time) {
					return append(old, 'x'), time.Now().Add(time.Hour)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := servers[0].Get(t.Context(), "kind", "key"); err != nil || len(got) != 4*each {
		t.Errorf("%d changes are there of %d, error %v", len(got), 4*each, err)
	}
}

// TestDrawerForgets what may be forgotten, when something new comes.
func TestDrawerForgets(t *testing.T) {
	d := commons(t, cluster.Fresh(t)).Drawer("one")
	for i, age := range []time.Duration{2 * time.Hour, time.Minute, -time.Minute, -time.Hour} {
		err := d.Change(t.Context(), "kind", fmt.Sprint(i), func([]byte) ([]byte, time.Time) { return []byte("x"), time.Now().Add(-age) })
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := d.All(t.Context(), "kind")
	if _, kept := all["0"]; err != nil || kept || len(all) != 3 {
		t.Errorf("kept: %v, error %v; want all but what is over for long", all, err)
	}
}

// A server that does not answer is not waited for long, and the error says where it is.
func TestDrawerAway(t *testing.T) {
	d := commons(t, cluster.Fresh(t)).Drawer("one")
	hold := make(chan struct{})
	began := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- d.Change(t.Context(), "kind", "key", func([]byte) ([]byte, time.Time) {
			close(began)
			<-hold
			return nil, time.Time{}
		})
	}()
	<-began
	err := d.Change(t.Context(), "kind", "key", func([]byte) ([]byte, time.Time) { return nil, time.Time{} })
	close(hold)
	if _, ok := errors.AsType[*ledger.Error](err); !ok {
		t.Errorf("waited in vain: %v", err)
	}
	<-done
}
