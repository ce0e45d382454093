package engine_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// together has two runs import halves of a table at once, each as its own process.
func (f *fixture) together(t *testing.T, rows []csvimport.Row, o [2]engine.Options) {
	t.Helper()
	var both sync.WaitGroup
	for i, part := range [][]csvimport.Row{rows[:len(rows)/2], rows[len(rows)/2:]} {
		both.Go(func() {
			g := *f
			if out := g.run(t.Context(), part, o[i]); out.err != nil || out.Stopped != nil {
				t.Errorf("run %d: error %v, stopped %v", i, out.err, out.Stopped)
			}
		})
	}
	both.Wait()
}

// placed are the times of the requests for orders.
func (f *fixture) placed() (at []time.Time) {
	for _, r := range f.platform.Requests() {
		if r.Kind == "place" {
			at = append(at, r.Time)
		}
	}
	return at
}

// most is the largest number of times within any span of a length that begins after a
// moment and ends before another.
func most(times []time.Time, span time.Duration, from, to time.Time) (n int) {
	for i, first := range times {
		if first.Before(from) || first.Add(span).After(to) {
			continue
		}
		for j := i; j < len(times) && times[j].Before(first.Add(span)); j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// settled is when runs that began at the same time have heard of each other, and placed
// their first orders.
const settled = 15 * time.Second

// TestRateTogether: two runs of one rate keep it together, and the one that is left has
// all of it.
func TestRateTogether(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(599, 599)
		began := time.Now()
		o := engine.Options{Concurrency: 16, Rate: 10}
		f.together(t, rows[:300], [2]engine.Options{o, o})
		at, ended := f.placed(), time.Now()
		last := at[len(at)-1]
		if n := most(at, 5*time.Second, began.Add(settled), last); n > 50 || n < 45 {
			t.Errorf("%d orders in 5 s together, want 50", n)
		}
		f.run(t.Context(), rows[300:], o)
		if n := most(f.placed(), 5*time.Second, ended.Add(settled), time.Now()); n > 50 || n < 45 {
			t.Errorf("%d orders in 5 s alone, want 50", n)
		}
	})
}

// TestMaxOpenTogether: no more orders are open than one run's limit, of two.
func TestMaxOpenTogether(t *testing.T) {
	const provisioning = 20 * time.Second
	scene(t, func(t *testing.T, f *fixture) {
		began := time.Now()
		o := engine.Options{Concurrency: 16, MaxOpen: 10}
		f.together(t, f.platform.table(120, 120), [2]engine.Options{o, o})
		at := f.placed()
		if n := most(at, provisioning, began.Add(settled+provisioning), at[len(at)-1]); n > 10 || n < 8 {
			t.Errorf("%d orders are open together, want 10", n)
		}
	}, apstest.WithProvisioning(provisioning))
}

// asked is when the platform asked for a pause last, zero if it never has.
func (f *fixture) asked() (at time.Time) {
	for _, r := range f.platform.Requests() {
		if r.Kind == "place" && r.Status == http.StatusTooManyRequests {
			at = r.Time
		}
	}
	return at
}

// TestPauseTogether: a pause that the platform asks one run for is the other's too.
func TestPauseTogether(t *testing.T) {
	const pause = 30 * time.Second
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(400, 400)
		time.AfterFunc(settled+10*time.Second, func() { // it asks the first run once
			for i := range rows[:len(rows)/2] {
				f.platform.FaultRow("429-wait", rows[i].SubID, 1)
			}
			for f.asked().IsZero() && t.Context().Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
			f.platform.ClearFaults()
		})
		o := engine.Options{Rate: 8}
		f.together(t, rows, [2]engine.Options{o, o})
		asked := f.asked()
		if asked.IsZero() {
			t.Fatal("the platform has asked for no pause")
		}
		const heard = 5 * time.Second
		if n := most(f.placed(), time.Nanosecond, asked.Add(heard), asked.Add(pause)); n > 0 {
			t.Error("orders were placed in the pause")
		}
		for name, from := range map[string]time.Time{"before": asked.Add(-heard), "after": asked.Add(pause)} {
			if n := most(f.placed(), 2*time.Second, from, from.Add(heard)); n < 10 {
				t.Errorf("%d orders in 2 s %s the pause, want those of both runs", n, name)
			}
		}
	}, func(c *apstest.Config) { c.RetryAfter = pause })
}

// cut is a way to the platform on which orders and probes come to nothing for a time.
type cut struct {
	engine.Orders
	from, to time.Time
}

var errCut = &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Err: errors.New("no connection")}

func (c *cut) out() bool { now := time.Now(); return !now.Before(c.from) && now.Before(c.to) }

func (c *cut) Place(ctx context.Context, r apsclient.OrderRequest) (apsclient.Placed, error) {
	if c.out() {
		return apsclient.Placed{}, errCut
	}
	return c.Orders.Place(ctx, r)
}

func (c *cut) Ping(ctx context.Context) error {
	if c.out() {
		return errCut
	}
	return c.Orders.Ping(ctx)
}

// TestOutageTogether: where the platform answers neither run both wait; the run whose own
// way there is broken waits alone.
func TestOutageTogether(t *testing.T) {
	const wait, outage = 30 * time.Second, 40 * time.Second
	for name, both := range map[string]bool{"both": true, "one": false} {
		t.Run(name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				from := time.Now().Add(wait)
				runs := 0
				var mu sync.Mutex
				f.orders = func(o engine.Orders) engine.Orders {
					mu.Lock()
					defer mu.Unlock()
					if runs++; runs == 1 || both {
						return &cut{o, from, from.Add(outage)}
					}
					return o
				}
				o := engine.Options{Rate: 6}
				f.together(t, f.platform.table(500, 500), [2]engine.Options{o, o})
				n := 0
				for _, at := range f.placed() {
					if at.After(from.Add(5*time.Second)) && at.Before(from.Add(outage)) {
						n++
					}
				}
				if want := int(3 * (outage - 5*time.Second).Seconds()); both && n > 0 || !both && n < want*9/10 {
					t.Errorf("%d orders while the way was broken; of a run with a whole one come %d", n, want)
				}
			})
		})
	}
}
