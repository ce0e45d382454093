package ledgertest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestShared: the plainest ledger that keeps to the rules passes the suites, with
// leases and without.
func TestShared(t *testing.T) {
	for _, lease := range []time.Duration{0, time.Hour} {
		t.Run("lease of "+lease.String(), func(t *testing.T) {
			stores := make(map[string]*ledgertest.Shared)
			ledgertest.Exercise(t, ledgertest.Kind{
				Alone: true,
				Fresh: func(tb testing.TB) string { return tb.Name() },
				Open: func(_ context.Context, where string) (ledgertest.Ledger, error) {
					if stores[where] == nil {
						stores[where] = &ledgertest.Shared{Lease: lease}
					}
					return stores[where].Open(ledgertest.Host{}), nil
				},
			})
		})
	}
}

// A run whose machine is asleep may not send after half a lease, and is dead after
// a whole one: what it held is another's then, and what it tries is refused.
func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		began := time.Now()
		var asleep atomic.Bool
		store := &ledgertest.Shared{Lease: time.Minute}
		open := func(reach func() error) (ledgertest.Ledger, ledger.Begun) {
			l := store.Open(ledgertest.Host{Elapsed: func() time.Duration { return time.Since(began) }, Reach: reach})
			b, err := l.Platform(ctx, ledgertest.PlatformID, ledgertest.PlatformURL)
			if err != nil {
				t.Fatal(err)
			}
			r, err := b.Begin(ctx, ledger.RunInfo{})
			if err != nil {
				t.Fatal(err)
			}
			return l, r
		}
		l, a := open(func() error {
			for asleep.Load() {
				time.Sleep(time.Second)
			}
			return nil
		})
		other, b := open(nil)
		if _, granted, err := a.Intend(ctx, ledger.Entry{Sub: "s"}); !granted || err != nil {
			t.Fatal(granted, err)
		}
		time.Sleep(time.Hour)
		if !a.MaySend() || !b.Alive(a.ID()) {
			t.Error("a lease that is renewed has passed")
		}
		asleep.Store(true)
		time.Sleep(40 * time.Second)
		if a.MaySend() || !b.Alive(a.ID()) {
			t.Errorf("after 40 s without a renewal: may send %v, alive %v", a.MaySend(), b.Alive(a.ID()))
		}
		if _, taken, err := b.Take(ctx, "s", time.Now()); taken || err != nil {
			t.Errorf("taken while it is alive: %v, %v", taken, err)
		}
		time.Sleep(time.Minute)
		if e, taken, err := b.Take(ctx, "s", time.Now()); !taken || e.State != ledger.Doubt || err != nil {
			t.Errorf("not taken after it died: %+v, %v, %v", e, taken, err)
		}
		asleep.Store(false)
		time.Sleep(time.Minute)
		if err := a.Record(ctx, "", ledger.Entry{Sub: "s", State: ledger.Accepted, OrderID: "o"}); !errors.Is(err, ledger.ErrRunEnded) || a.MaySend() {
			t.Errorf("a dead run wrote: %v", err)
		}
		for _, end := range []func() error{func() error { return a.End(ctx, "") }, func() error { return b.End(ctx, "") }, l.Close, other.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
}
