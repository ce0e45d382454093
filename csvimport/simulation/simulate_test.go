package simulation_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
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
	seeds    = flag.Int("simulate.seeds", few, "so many seeds")
	seed     = flag.Uint64("simulate.seed", 1, "the first of them; 0 draws it")
	small    = flag.Duration("simulate.shrink", 20*time.Second, "make what breaks the promise smaller for so long")
	workers  = flag.Int("simulate.workers", runtime.NumCPU(), "in so many processes; 0: in this one")
	untilOne = flag.Bool("simulate.until-broken", false, "no more seeds once one breaks the promise")
	isWorker = flag.Bool("simulate.worker", false, "do what is asked for on the standard input")
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
func smallest(t *testing.T, p *plan, limit time.Duration) outcome {
	return watched(t, shrink(p, func(p *plan) bool { return len(watched(t, p, false).wrong) > 0 }, limit), true)
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
		out.wrong, out.tally.Allowed = w.check()
		if err := w.close(); err != nil {
			out.wrong = append(out.wrong, err.Error())
		}
	})
	if len(out.wrong) > 0 {
		out.tally.Broken = 1
	}
	out.elapsed = time.Since(began)
	return out
}

// watched is simulate with a name on all goroutines, so that a crash tells the
// seed, and an end to what never ends although time stands still.
func watched(t *testing.T, p *plan, tell bool) (out outcome) {
	const limit = 5 * time.Minute
	seed := fmt.Sprint(p.seed)
	stuck := time.AfterFunc(limit, func() {
		debug.SetTraceback("all")
		panic("seed " + seed + " has gone on for " + limit.String())
	})
	defer stuck.Stop()
	pprof.Do(t.Context(), pprof.Labels("seed", seed), func(context.Context) { out = simulate(t, p, nil, tell) })
	return out
}

// TestSimulate goes through seeds, several at a time.
func TestSimulate(t *testing.T) {
	first := *seed
	if first == 0 {
		first = mix(uint64(time.Now().UnixNano())) >> 24
	}
	do, end := errand.run, func() {}
	if *workers > 0 {
		c := newCrew(*workers)
		do, end = func(e errand, t *testing.T) report { return c.do(t, e) }, c.end
	}
	defer end()
	s := series{first: first, began: time.Now(), do: do}
	t.Run("seeds", func(t *testing.T) {
		for i := range max(*workers, 1) {
			t.Run(fmt.Sprint("worker ", i+1), func(t *testing.T) {
				t.Parallel()
				s.run(t)
			})
		}
	})
	t.Logf("from seed %d, in %s: %s", first, time.Since(s.began).Round(time.Millisecond), &s.total)
}

// series is seeds, one after the other.
type series struct {
	first uint64
	began time.Time
	do    func(errand, *testing.T) report

	next, broken atomic.Uint64
	mu           sync.Mutex
	total        tally
}

// mostSmaller is how many plans that break the promise are made smaller: that
// takes its time.
const mostSmaller = 10

// run does one seed after the other until there are no more.
func (s *series) run(t *testing.T) {
	const part = 1000
	for {
		n := s.next.Add(1) - 1
		if n >= uint64(*seeds) || *untilOne && s.broken.Load() > 0 {
			return
		}
		e := errand{Seed: s.first + n, Tell: *seeds == 1}
		if s.broken.Load() < mostSmaller {
			e.Small = *small
		}
		r := s.do(e, t)
		p := generate(e.Seed)
		s.mu.Lock()
		s.total.add(r.Tally)
		s.total.meet(p)
		if n > 0 && n%part == 0 {
			t.Logf("%d seeds in %s", n, time.Since(s.began).Round(time.Second))
		}
		s.mu.Unlock()
		if len(r.Wrong) > 0 {
			s.broken.Add(1)
			t.Errorf("seed %d breaks the promise:\n%s", e.Seed, outcome{plan: p, wrong: r.Wrong})
		}
		if r.Smaller != "" {
			t.Logf("made smaller:\n%s", r.Smaller)
		}
		if e.Tell {
			t.Logf("%s\n%s", p, r.Story)
		}
	}
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
	some := func(lines []string) string { return strings.Join(lines[max(n-3, 0):min(n+2, len(lines))], "\n") }
	return some(x) + "\n or\n" + some(y)
}
