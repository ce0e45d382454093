package simulation_test

import (
	"fmt"
	"slices"

	"bulkimport/apsclient/apstest"
)

// tally is what happened in worlds.
type tally struct {
	seeds, broken, rows, imports, kills, orders int
	hours                                       float64
	pairs                                       map[[2]happening]int // of faults of the platform in one world
	allowed                                     map[string]int       // doubles, by what allows them
}

func (t *tally) add(o tally) {
	t.seeds += o.seeds
	t.broken += o.broken
	t.rows += o.rows
	t.imports += o.imports
	t.kills += o.kills
	t.orders += o.orders
	t.hours += o.hours
	if t.pairs == nil {
		t.pairs, t.allowed = make(map[[2]happening]int), make(map[string]int)
	}
	for name, n := range o.allowed {
		t.allowed[name] += n
	}
	for pair, n := range o.pairs {
		t.pairs[pair] += n
	}
}

// tally counts what has happened.
func (w *world) tally() tally {
	t := tally{seeds: 1, rows: w.plan.rows(), orders: w.platform.OrderCount(), hours: w.since().Hours(), pairs: w.plan.pairs()}
	for _, c := range w.machines {
		for _, p := range c.processes {
			t.imports++
			if p.dead.Load() {
				t.kills++
			}
		}
	}
	return t
}

// pairs are the faults of the platform that meet in the plan.
func (p *plan) pairs() map[[2]happening]int {
	pairs := make(map[[2]happening]int)
	for i, a := range p.faults {
		for _, b := range p.faults[i+1:] {
			pairs[pairOf(a.kind, b.kind)]++
		}
	}
	return pairs
}

func pairOf(a, b string) [2]happening {
	return [2]happening{happening(min(a, b)), happening(max(a, b))}
}

func (t tally) String() string {
	s := fmt.Sprintf("%d seeds, %d broken: %d rows, %d commands, %d kills, %d orders, %.0f virtual hours; %s",
		t.seeds, t.broken, t.rows, t.imports, t.kills, t.orders, t.hours, t.rarest())
	for _, name := range sortedKeys(t.allowed) {
		s += fmt.Sprintf("\n%d doubled, as is left out: %s", t.allowed[name], name)
	}
	return s
}

// rarest tells how often the rarest pair of faults came, of those that are drawn.
func (t tally) rarest() string {
	kinds := slices.DeleteFunc(apstest.FaultKinds(), func(kind string) bool { return left()[happening(kind)] != "" })
	rarest, least, n := [2]happening{}, -1, 0
	for i, a := range kinds {
		for _, b := range kinds[i+1:] {
			n++
			if came := t.pairs[pairOf(a, b)]; least < 0 || came < least {
				rarest, least = pairOf(a, b), came
			}
		}
	}
	return fmt.Sprintf("%d pairs of faults, each at least %d times (%s and %s)", n, least, rarest[0], rarest[1])
}
