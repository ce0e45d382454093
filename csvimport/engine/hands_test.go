package engine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/pace"
)

// TestHands has three runs of one ledger share an import: each places some of its rows,
// the first tells what became of all, and no account has two requests at once.
func TestHands(t *testing.T) {
	const hands = 3
	refuses := map[string]float64{"refused": 0.1}
	for _, tt := range []struct {
		name           string
		rows, accounts int
		faults         map[string]float64
		stop           time.Duration // the first is stopped then; 0: never
		takes          time.Duration // a request for an order
	}{
		{"a row an account", 600, 600, nil, 0, 50 * time.Millisecond},
		{"ten rows an account", 300, 30, nil, 0, 50 * time.Millisecond},
		{"slow answers", 120, 4, nil, 0, 20 * time.Second},
		{"two accounts", 100, 2, nil, 0, 50 * time.Millisecond},
		{"answers lost", 400, 400, map[string]float64{"lost": 0.05}, 0, 50 * time.Millisecond},
		{"pushed back", 400, 100, map[string]float64{"429-wait": 0.05, "503-wait": 0.02}, 0, 50 * time.Millisecond},
		{"refused", 200, 200, refuses, 0, 50 * time.Millisecond},
		{"stopped", 600, 600, nil, 3500 * time.Millisecond, 50 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.latency = tt.takes
				for kind, rate := range tt.faults {
					f.platform.fault(kind, rate)
				}
				rows := f.platform.table(tt.rows, tt.accounts)
				o := engine.Options{Concurrency: 4, Settle: 5 * time.Second, MaxErrors: pace.Limit{Off: true}}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if tt.stop > 0 {
					time.AfterFunc(tt.stop, stop)
				}
				helping, end := context.WithCancel(t.Context())
				defer end()
				var others sync.WaitGroup
				for n := 2; n <= hands; n++ {
					others.Go(func() {
						time.Sleep(2 * time.Second) // the first order of the first has shown
						g := *f
						g.hand = n
						if out := g.run(helping, rows, o); out.err != nil {
							t.Errorf("hand %d: %v", n, out.err)
						}
					})
				}
				first := *f
				first.hand, first.alone = 1, func() { end(); others.Wait() }
				out := first.run(ctx, rows, o)
				if out.err != nil {
					t.Fatal(out.err)
				}
				orders := f.platform.OrderCount()
				placed, want, got := map[string]int{}, count{}, count{}
				for _, r := range out.results {
					got[r.Status]++
					placed[r.PlacedBy]++
				}
				delete(placed, "")
				if tt.accounts >= 2*hands && len(placed) != hands {
					t.Errorf("placed by %v", placed)
				}
				refused := got[csvimport.Refused]
				if (refused > 0) != (tt.faults["refused"] > 0) {
					t.Errorf("%d rows are refused", refused)
				}
				want[csvimport.Refused] = refused
				want[csvimport.Completed], want[csvimport.Submitted] = orders-got[csvimport.Submitted], got[csvimport.Submitted]
				want[csvimport.Unsent] = tt.rows - orders - refused
				for _, s := range []csvimport.Status{csvimport.Refused, csvimport.Submitted, csvimport.Unsent} {
					if want[s] == 0 {
						delete(want, s)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" || (got[csvimport.Unsent] > 0) != (tt.stop > 0) {
					t.Errorf("rows by status (-want +got):\n%s%v", diff, got)
				}
				if diff := cmp.Diff(got, count(out.Count)); diff != "" {
					t.Errorf("counted (-results +counted):\n%s", diff)
				}
				// A row that was denied is sent again by whoever comes to it, also while another
				// hand has the next one of its account on the way.
				most := 1
				if tt.faults["429-wait"] > 0 {
					most = hands
				}
				if n := f.platform.MaxInFlightAccount(); n > most {
					t.Errorf("%d requests for one account at once, want %d at most", n, most)
				}
			})
		})
	}
}

// TestHandsSpeed holds three hands against one while all are at work, where the platform
// takes all that come and where it has a limit.
func TestHandsSpeed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit float64 // orders a second
		least float64
	}{
		{"no limit", 0, 2.8},
		{"one limit", 15, 0.95},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const rows = 1500
			var perSecond [2]float64
			for i, hands := range []int{1, 3} {
				scene(t, func(t *testing.T, f *fixture) {
					f.platform.latency = 200 * time.Millisecond
					table := f.platform.table(rows, rows)
					o := engine.Options{Concurrency: 4}
					helping, end := context.WithCancel(t.Context())
					defer end()
					var others sync.WaitGroup
					for n := 2; n <= hands; n++ {
						others.Go(func() {
							time.Sleep(2 * time.Second)
							g := *f
							g.hand = n
							g.run(helping, table, o)
						})
					}
					first := *f
					first.hand, first.alone = 1, func() { end(); others.Wait() }
					out := first.run(t.Context(), table, o)
					perSecond[i] = amid(f.platform.Requests())
					t.Logf("%d hands: %.1f/s, %d refused, %v", hands, perSecond[i], f.platform.Count("rate-limit"), out.Count)
				}, apstest.WithTenants(rows, 1), func(c *apstest.Config) { c.RateLimit = tt.limit })
			}
			if ratio := perSecond[1] / perSecond[0]; ratio < tt.least {
				t.Errorf("three are %.2f times as fast as one, want %.2f", ratio, tt.least)
			} else {
				t.Logf("ratio %.2f", ratio)
			}
		})
	}
}

// amid is how many orders were placed a second between the first tenth and the last.
func amid(requests []apstest.Request) float64 {
	var placed []time.Time
	for _, r := range requests {
		if r.Kind == "place" && r.Status < 300 {
			placed = append(placed, r.Time)
		}
	}
	slices.SortFunc(placed, time.Time.Compare)
	from, to := len(placed)/10, len(placed)*9/10
	return float64(to-from) / placed[to].Sub(placed[from]).Seconds()
}
