package engine_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
)

// interlude is a run with something that happens between its third intent and the wire.
type interlude struct {
	ledger.Run
	intents atomic.Int32
	between func(*interlude)
	barred  atomic.Bool // it may not send

	sub   string    // of the third intent
	ended time.Time // when that which happens was over
}

func (r *interlude) Intend(ctx context.Context, e ledger.Entry) (ledger.Entry, bool, error) {
	for r.barred.Load() {
		time.Sleep(time.Second)
	}
	got, granted, err := r.Run.Intend(ctx, e)
	if r.intents.Add(1) == 3 {
		r.sub = e.Sub
		r.between(r)
		r.ended = time.Now()
	}
	return got, granted, err
}

func (r *interlude) MaySend() bool { return !r.barred.Load() && r.Run.MaySend() }

// TestWire: what was right when an order was intended is asked for again before it is
// written, and where it took long it is dated with the time when it was decided on.
func TestWire(t *testing.T) {
	for _, tc := range []struct {
		name    string
		between func(*fixture, *interlude)
		waits   time.Duration // with the request, after what happens
		status  int           // of the answer to the first request
	}{
		{name: "nothing happens", between: func(*fixture, *interlude) { time.Sleep(20 * time.Second) }, status: http.StatusOK},
		{name: "the ledger is not heard of any more", between: func(_ *fixture, r *interlude) {
			r.barred.Store(true)
			time.AfterFunc(10*time.Second, func() { r.barred.Store(false) })
		}, waits: 10 * time.Second, status: http.StatusOK},
		{name: "an order of another ledger shows", between: func(f *fixture, _ *interlude) {
			f.platform.add(10)
			time.Sleep(4 * time.Second)
		}, waits: 5 * time.Second, status: http.StatusOK},
		{name: "it takes longer than a signature is taken for", between: func(f *fixture, _ *interlude) {
			f.platform.fault("stamps-short", 1)
			time.Sleep(40 * time.Second)
		}, status: http.StatusUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				r := &interlude{between: func(r *interlude) { tc.between(f, r) }}
				f.ledger = func(whole ledger.Run) ledger.Run {
					r.Run = whole
					return r
				}
				if out := f.run(t.Context(), f.platform.table(6, 6), engine.Options{Watch: time.Second}); out.err != nil {
					t.Fatal(out.err)
				}
				var first *apstest.Request
				for _, q := range f.platform.Requests() {
					if q.Kind == "place" && q.SubID == r.sub && (first == nil || q.Time.Before(first.Time)) {
						first = &q
					}
				}
				switch {
				case first == nil:
					t.Error("no order was placed")
				case first.Time.Sub(r.ended) < tc.waits, first.Status != tc.status:
					t.Errorf("the order was written after %v and answered %d, want %v at least and %d", first.Time.Sub(r.ended), first.Status, tc.waits, tc.status)
				}
			})
		})
	}
}
