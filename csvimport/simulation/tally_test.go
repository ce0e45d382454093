package simulation_test

import (
	"fmt"
	"testing"

	"bulkimport/apsclient/apstest"
)

// tally is what happened in worlds.
type tally struct {
	Seeds, Broken, Rows, Imports, Orders, Kills int
	Hands, ByHands                              int            // hands that were lent, and orders that they placed
	Hours                                       float64        // of virtual time
	Allowed                                     map[string]int // doubles, by what allows them

	pairs map[[2]string]int // of faults of the platform in one world
}

func (t *tally) add(o tally) {
	t.Seeds += o.Seeds
	t.Broken += o.Broken
	t.Rows += o.Rows
	t.Imports += o.Imports
	t.Orders += o.Orders
	t.Kills += o.Kills
	t.Hands += o.Hands
	t.ByHands += o.ByHands
	t.Hours += o.Hours
	if t.Allowed == nil {
		t.Allowed = make(map[string]int)
	}
	for name, n := range o.Allowed {
		t.Allowed[name] += n
	}
}

// tally counts what has happened.
func (w *world) tally() tally {
	t := tally{Seeds: 1, Rows: w.plan.rows(), Orders: w.platform.OrderCount(), Hours: w.since().Hours()}
	for _, c := range w.machines {
		for _, p := range c.processes {
			switch {
			case p.helps != nil:
				t.Hands++
			case p.table != nil:
				t.Imports++
			}
			if p.dead.Load() {
				t.Kills++
			}
		}
	}
	for _, o := range w.gateway.orders() {
		if o.by != nil && o.by.helps != nil {
			t.ByHands++
		}
	}
	return t
}

// meet counts the faults of the platform that meet in a plan.
func (t *tally) meet(p *plan) {
	if t.pairs == nil {
		t.pairs = make(map[[2]string]int)
	}
	for i, a := range p.faults {
		for _, b := range p.faults[i+1:] {
			t.pairs[pairOf(a.kind, b.kind)]++
		}
	}
}

func pairOf(a, b string) [2]string {
	return [2]string{min(a, b), max(a, b)}
}

func (t *tally) String() string {
	each := func(n int) float64 { return float64(n) / float64(max(t.Seeds, 1)) }
	s := fmt.Sprintf("%d seeds, %d broken: %d rows, %d imports, %d orders, %d hands with %d of them, %d kills, %.0f virtual hours; a seed: %.1f rows, %.1f imports, %.2f kills; %s",
		t.Seeds, t.Broken, t.Rows, t.Imports, t.Orders, t.Hands, t.ByHands, t.Kills, t.Hours, each(t.Rows), each(t.Imports), each(t.Kills), t.rarest())
	for _, name := range sortedKeys(t.Allowed) {
		s += fmt.Sprintf("\n%d doubled, as is left out: %s", t.Allowed[name], name)
	}
	return s
}

// rarest tells how often the rarest pair of faults came, of those that are drawn.
func (t *tally) rarest() string {
	n, least, rarest := t.least()
	return fmt.Sprintf("%d pairs of faults, each at least %d times (%s and %s)", n, least, rarest[0], rarest[1])
}

// least is the pair that came least often, of so many.
func (t *tally) least() (pairs, least int, rarest [2]string) {
	kinds := apstest.FaultKinds()
	least = -1
	for i, a := range kinds {
		for _, b := range kinds[i+1:] {
			pairs++
			if came := t.pairs[pairOf(a, b)]; least < 0 || came < least {
				rarest, least = pairOf(a, b), came
			}
		}
	}
	return pairs, least, rarest
}

// Ten thousand seeds have enough in them: rows, and each two faults of the platform
// together.
func TestWhatIsDrawn(t *testing.T) {
	const seeds, rows, together = 10_000, 60, 20
	var drawn tally
	for n := range uint64(seeds) {
		p := generate(*seed + n)
		drawn.Rows += p.rows()
		drawn.meet(p)
	}
	if drawn.Rows < rows*seeds {
		t.Errorf("%d rows, want %d a seed", drawn.Rows, rows)
	}
	if _, least, pair := drawn.least(); least < together {
		t.Errorf("%s and %s meet %d times, want %d", pair[0], pair[1], least, together)
	}
}
