package simulation_test

import (
	"iter"
	"slices"
	"time"
)

// shrink makes a plan that breaks the promise smaller for as long as it still
// does, and as time lasts.
func shrink(p *plan, breaks func(*plan) bool, limit time.Duration) *plan {
	end := time.Now().Add(limit)
	for smaller := true; smaller; {
		smaller = false
		for c := range p.smaller() {
			if time.Now().After(end) {
				return p
			}
			if breaks(c) {
				p, smaller = c, true
				break
			}
		}
	}
	return p
}

// smaller yields plans with less in them, those first with much less.
func (p *plan) smaller() iter.Seq[*plan] {
	return func(yield func(*plan) bool) {
		for _, less := range []func(func(*plan) bool) bool{p.fewerMachines, p.fewerRows, p.fewerFaults, p.fewerSteps, p.fewerEvents} {
			if !less(yield) {
				return
			}
		}
	}
}

// fewerMachines leaves what one machine does out. The machine stays: others may
// name it.
func (p *plan) fewerMachines(yield func(*plan) bool) bool {
	for i := range p.machines {
		if len(p.machines[i]) == 0 {
			continue
		}
		c := p.clone()
		c.machines[i] = nil
		if !yield(c) {
			return false
		}
	}
	return true
}

// fewerRows leaves rows out, of all files at once: halves, quarters, single ones.
func (p *plan) fewerRows(yield func(*plan) bool) bool {
	for _, name := range sortedKeys(p.tables) {
		table := p.tables[name]
		for size := len(table) / 2; size > 0; size /= 2 {
			for from := 0; from+size <= len(table); from += size {
				c := p.clone()
				c.tables[name] = slices.Delete(slices.Clone(table), from, from+size)
				if len(c.tables[name]) > 0 && !yield(c) {
					return false
				}
			}
		}
	}
	return true
}

func (p *plan) fewerFaults(yield func(*plan) bool) bool {
	for i := range p.faults {
		c := p.clone()
		c.faults = slices.Delete(c.faults, i, i+1)
		if !yield(c) {
			return false
		}
	}
	return true
}

// fewerSteps leaves a step out, but not the time that passes before it.
func (p *plan) fewerSteps(yield func(*plan) bool) bool {
	for i, m := range p.machines {
		for j := range m {
			c := p.clone()
			c.machines[i] = slices.Delete(c.machines[i], j, j+1)
			if j+1 < len(m) {
				c.machines[i][j].after += m[j].after
			}
			if !yield(c) {
				return false
			}
		}
	}
	return true
}

// fewerEvents leaves out what happens while an import goes on.
func (p *plan) fewerEvents(yield func(*plan) bool) bool {
	for i, m := range p.machines {
		for j, s := range m {
			a, ok := s.do.(imports)
			if !ok {
				continue
			}
			for less := range a.smaller() {
				c := p.clone()
				c.machines[i][j].do = less
				if !yield(c) {
					return false
				}
			}
		}
	}
	return true
}

// smaller yields the import with less that happens to it.
func (a imports) smaller() iter.Seq[imports] {
	return func(yield func(imports) bool) {
		for k := range a.traps {
			b := a
			b.traps = slices.Delete(slices.Clone(a.traps), k, k+1)
			if !yield(b) {
				return
			}
		}
		for k := range a.meanwhile {
			b := a
			b.meanwhile = slices.Delete(slices.Clone(a.meanwhile), k, k+1)
			if !yield(b) {
				return
			}
		}
	}
}
