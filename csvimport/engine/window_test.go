package engine_test

import (
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/pace"
)

// TestWindow: what may go in five minutes counts the orders of earlier runs too.
func TestWindow(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(50, 50)
		o := engine.Options{Window: pace.Window{Most: 20, Per: 5 * time.Minute}}
		began := time.Now()
		f.must(t, rows[:15], o, count{csvimport.Completed: 15})
		if spent := time.Since(began); spent > time.Minute {
			t.Errorf("15 orders took %v", spent)
		}
		f.must(t, rows, o, count{csvimport.Completed: 35, csvimport.Existing: 15})
		if spent := time.Since(began); spent < 10*time.Minute || spent > 12*time.Minute {
			t.Errorf("50 orders took %v, want the third twenty after ten minutes", spent)
		}
	})
}

// TestWindowOfTwoRuns: two runs at once share what may go, whichever began first.
func TestWindowOfTwoRuns(t *testing.T) {
	for _, later := range []time.Duration{0, 90 * time.Second} {
		t.Run(later.String(), func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows := f.platform.table(300, 300)
				o := engine.Options{Concurrency: 16, Window: pace.Window{Most: 100, Per: 5 * time.Minute}}
				began := time.Now()
				var outs [2]run
				var both sync.WaitGroup
				for i := range outs {
					both.Go(func() {
						g := *f
						time.Sleep(time.Duration(i) * later)
						outs[i] = g.run(t.Context(), rows[150*i:150*(i+1)], o)
					})
				}
				both.Wait()
				for i, out := range outs {
					if out.err != nil || out.Count[csvimport.Completed] != 150 {
						t.Errorf("run %d: %v, error %v", i, out.Count, out.err)
					}
				}
				if spent := time.Since(began); spent < 10*time.Minute || spent > 13*time.Minute {
					t.Errorf("300 orders took %v, want little more than ten minutes", spent)
				}
				if most := mostWithin(f.platform.Requests(), 5*time.Minute); most > 100 {
					t.Errorf("%d orders in five minutes, want 100 at most", most)
				}
			})
		})
	}
}

// mostWithin is the most orders that were placed in any time of a length.
func mostWithin(requests []apstest.Request, length time.Duration) (most int) {
	var placed []time.Time
	for _, r := range requests {
		if r.Kind == "place" {
			placed = append(placed, r.Time)
		}
	}
	for i, from := range placed {
		n := 0
		for _, at := range placed[i:] {
			if at.Sub(from) < length {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
