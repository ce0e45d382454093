package simulation_test

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("simulate.seeds", few, "so many seeds")
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

// tally is what happened in worlds.
type tally struct {
	seeds, broken, rows, imports, kills, orders int
	hours                                       float64
}

func (t *tally) add(o tally) {
	t.seeds += o.seeds
	t.broken += o.broken
	t.rows += o.rows
	t.imports += o.imports
	t.kills += o.kills
	t.orders += o.orders
	t.hours += o.hours
}

func (t tally) String() string {
	return fmt.Sprintf("%d seeds, %d broken: %d rows, %d imports, %d kills, %d orders, %.0f virtual hours", t.seeds, t.broken, t.rows, t.imports, t.kills, t.orders, t.hours)
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
		if expect != nil {
			if why := expect(w); why != "" {
				w.fail("%s", why)
			}
		}
		out.wrong, out.tally = w.check(), w.tally()
		if err := w.close(); err != nil {
			out.wrong = append(out.wrong, err.Error())
		}
	})
	out.tally.seeds, out.tally.rows = 1, p.rows()
	if len(out.wrong) > 0 {
		out.tally.broken = 1
	}
	out.elapsed = time.Since(began)
	return out
}

// tally counts what has happened.
func (w *world) tally() (t tally) {
	for _, c := range w.machines {
		for _, p := range c.processes {
			t.imports++
			if p.dead.Load() {
				t.kills++
			}
		}
	}
	t.orders, t.hours = w.platform.OrderCount(), w.since().Hours()
	return t
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
	var next atomic.Uint64
	t.Run("seeds", func(t *testing.T) {
		for i := range workers {
			t.Run(fmt.Sprint("worker ", i+1), func(t *testing.T) {
				t.Parallel()
				for {
					n := next.Add(1) - 1
					if n >= uint64(*seeds) {
						return
					}
					out := simulate(t, generate(first+n), nil, *seeds == 1)
					mu.Lock()
					total.add(out.tally)
					mu.Unlock()
					if len(out.wrong) > 0 {
						t.Errorf("seed %d breaks the promise:\n%s\n%s", first+n, strings.Join(out.wrong[:min(len(out.wrong), 6)], "\n"), out.plan)
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
		a, b := simulate(t, generate(s), nil, true), simulate(t, generate(s), nil, true)
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
	some := func(lines []string) string { return strings.Join(lines[max(n-4, 0):min(n+4, len(lines))], "\n") }
	return some(x) + "\n or\n" + some(y)
}
