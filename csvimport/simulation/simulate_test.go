package simulation_test

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("simulate.seeds", few, "so many seeds")
	all   = flag.Bool("simulate.all", false, "also what is known to break the promise (notDrawnYet)")
	small = flag.Duration("simulate.shrink", 20*time.Second, "make what breaks the promise smaller for so long")
	seed  = flag.Uint64("simulate.seed", 1, "the first of them; 0 draws it")
)

// outcome is what one seed came to.
type outcome struct {
	plan    *plan
	story   *story
	wrong   []string
	tally   tally
	elapsed time.Duration // of real time
}

// String is what broke, and the plan.
func (o outcome) String() string {
	const most = 6
	wrong := o.wrong
	if len(wrong) > most {
		wrong = append(slices.Clip(wrong[:most]), fmt.Sprintf("and %d more", len(o.wrong)-most))
	}
	return strings.Join(wrong, "\n") + "\n" + o.plan.String()
}

// smallest makes a plan that breaks the promise smaller.
func smallest(t *testing.T, p *plan) outcome {
	small := shrink(p, func(p *plan) bool { return len(simulate(t, p, nil, false).wrong) > 0 }, *small)
	return simulate(t, small, nil, true)
}

// simulate lets a plan happen in a bubble of its own.
func simulate(t *testing.T, p *plan, expect func(*world) string, tell bool) (out outcome) {
	began := time.Now()
	dir, err := scratch()
	if err != nil {
		t.Fatal(err)
	}
	out.plan = p
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(p, dir)
		if err != nil {
			t.Fatal(err)
		}
		out.story, w.story.tell = w.story, tell
		if err := w.run(p); err != nil {
			w.fail("%v", err)
		}
		time.Sleep(time.Hour) // for all orders to come to their end
		if expect != nil {
			if why := expect(w); why != "" {
				w.fail("%s", why)
			}
		}
		out.tally = w.tally()
		out.wrong, out.tally.allowed = w.check()
		if err := w.close(); err != nil {
			out.wrong = append(out.wrong, err.Error())
		}
	})
	if len(out.wrong) > 0 {
		out.tally.broken = 1
	}
	out.elapsed = time.Since(began)
	return out
}

// watched is simulate with a name on all goroutines, so that a crash tells the
// seed, and an end to what never ends although time stands still.
func watched(t *testing.T, p *plan, tell bool) (out outcome) {
	const limit = 10 * time.Minute
	seed := fmt.Sprint(p.seed)
	stuck := time.AfterFunc(limit, func() {
		debug.SetTraceback("all")
		panic("seed " + seed + " has gone on for " + limit.String())
	})
	defer stuck.Stop()
	pprof.Do(t.Context(), pprof.Labels("seed", seed), func(context.Context) { out = simulate(t, p, nil, tell) })
	return out
}

// notDrawnYet is what breaks the promise today, and why: seeds are drawn without.
var notDrawnYet = map[happening]string{
	ledgerLost:     "a ledger whose traces are gone is not missed yet",
	ledgerRestored: "a ledger that was put back is not noticed yet",
	ledgerCopied:   "a copy is not noticed yet",
}

// left is what is not drawn.
func left() map[happening]string {
	if *all {
		return nil
	}
	return notDrawnYet
}

// workers is how many seeds go on at once.
const workers = 2

// TestSimulate goes through seeds, two at a time.
func TestSimulate(t *testing.T) {
	first := *seed
	if first == 0 {
		first = mix(uint64(time.Now().UnixNano())) >> 24
	}
	began := time.Now()
	var total tally
	var mu sync.Mutex
	var next, broken atomic.Uint64
	t.Run("seeds", func(t *testing.T) {
		for i := range workers {
			t.Run(fmt.Sprint("worker ", i+1), func(t *testing.T) {
				t.Parallel()
				for {
					n := next.Add(1) - 1
					if n >= uint64(*seeds) {
						return
					}
					p := generate(first+n, left())
					out := watched(t, p, *seeds == 1)
					mu.Lock()
					total.add(out.tally)
					mu.Unlock()
					if len(out.wrong) > 0 {
						t.Errorf("seed %d breaks the promise:\n%s", first+n, out)
						if broken.Add(1) <= 3 && *small > 0 {
							out = smallest(t, out.plan)
							t.Logf("made smaller:\n%s", out)
						}
					}
					if *seeds == 1 {
						t.Logf("%s\n%s", out.plan, out.story)
					}
				}
			})
		}
	})
	t.Logf("from seed %d, in %s: %s", first, time.Since(began).Round(time.Millisecond), total)
}

// A seed tells the same story twice, however the goroutines take turns.
func TestSameStory(t *testing.T) {
	for n := range max(uint64(*seeds)/5, 1) {
		s := *seed + n
		a, b := simulate(t, generate(s, left()), nil, true), simulate(t, generate(s, left()), nil, true)
		if a.story.sum != b.story.sum {
			t.Errorf("seed %d: two stories that part here:\n%s", s, parting(a.story.String(), b.story.String()))
		}
	}
}

// parting shows where two stories part.
func parting(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	some := func(lines []string) string { return strings.Join(lines[max(n-3, 0):min(n+2, len(lines))], "\n") }
	return some(x) + "\n or\n" + some(y)
}
