package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/engine"
)

// plan is all that will happen in a world, but for what it leads to.
type plan struct {
	seed        uint64
	platform    apstest.Config
	options     engine.Options
	faults      []faulty
	lag         lag
	lease       time.Duration // of runs on a ledger that machines share; 0: each has its own
	hidesDenied bool          // orders that were denied may hide for as long as any
	machines    []steps
	tables      map[string][]tableRow // the operators' files, by name
}

// lag is how long orders take to show.
type lag struct {
	most    time.Duration // at least half of it
	tail    float64       // so many of them take longer
	longest time.Duration // and up to this
}

// faulty is a fault of the platform for a while.
type faulty struct {
	kind     string
	rate     float64
	from, to time.Duration
}

// steps is what the operator of a machine does, one thing after the other.
type steps []step

type step struct {
	after time.Duration // since the step before
	do    action
}

// action is one thing a person does. Its words are those of the plan.
type action interface {
	do(*operator) error
	String() string
}

// draws reports whether a fault of this kind happens.
func (p *plan) draws(kind string) bool {
	return slices.ContainsFunc(p.faults, func(f faulty) bool { return f.kind == kind })
}

// rows is how many rows there are in the operators' files.
func (p *plan) rows() (n int) {
	for _, t := range p.tables {
		n += len(t)
	}
	return n
}

// String is the plan for a person who looks for what went wrong.
func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d tenants with %d subscriptions, provisioning takes %v\n", p.seed, p.platform.Tenants, p.platform.Subscriptions, p.platform.Provisioning)
	if p.lease > 0 {
		fmt.Fprintf(&b, "the machines share a ledger, with a lease of %v\n", p.lease.Round(time.Second))
	}
	if p.platform.Window > 0 {
		fmt.Fprintf(&b, "signatures are good for %v\n", p.platform.Window.Round(time.Second))
	}
	fmt.Fprintf(&b, "orders show after %v, %.2f of them after up to %v; %d nodes, %v later and %v ahead each; imports show after %v\n",
		p.lag.most.Round(time.Millisecond), p.lag.tail, p.lag.longest.Round(time.Second), p.platform.Nodes, p.platform.NodeLag.Round(time.Millisecond), p.platform.NodeSkew.Round(time.Second), p.platform.ImportShows.Round(time.Second))
	for _, f := range p.faults {
		fmt.Fprintf(&b, "fault %s at %.3f from %v to %v\n", f.kind, f.rate, f.from.Round(time.Second), f.to.Round(time.Second))
	}
	for _, name := range sortedKeys(p.tables) {
		fmt.Fprintf(&b, "file %s: %d rows\n", name, len(p.tables[name]))
	}
	for i, m := range p.machines {
		fmt.Fprintf(&b, "machine-%d:\n", i+1)
		for _, s := range m {
			fmt.Fprintf(&b, "  after %v: %v\n", s.after.Round(time.Millisecond), s.do)
		}
	}
	return b.String()
}

// faulty reports whether the platform misbehaves in a way at a time.
func (p *plan) faulty(kind string, at time.Duration) bool {
	return slices.ContainsFunc(p.faults, func(f faulty) bool { return f.kind == kind && f.from <= at && at <= f.to })
}

// clone is a copy that may be changed.
func (p *plan) clone() *plan {
	c := *p
	c.faults = slices.Clone(p.faults)
	c.machines = nil
	for _, m := range p.machines {
		c.machines = append(c.machines, slices.Clone(m))
	}
	c.tables = make(map[string][]tableRow)
	for name, t := range p.tables {
		c.tables[name] = slices.Clone(t)
	}
	return &c
}
