package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"bulkimport/apsclient/apstest"
)

// drawing draws a plan.
type drawing struct {
	*rand.Rand
	*plan
}

// generate draws the plan of a seed.
func generate(seed uint64) *plan {
	d := drawing{rand.New(rand.NewPCG(seed, mix(seed))), &plan{seed: seed, tables: make(map[string][]tableRow)}}
	d.drawPlatform()
	d.drawTables()
	d.drawFaults()
	d.machines = append(d.machines, d.operator("a.csv"))
	return d.plan
}

// chance is true so often.
func (d drawing) chance(p float64) bool { return d.Float64() < p }

// span draws a duration.
func (d drawing) span(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Float64()*float64(most-least))
}

// pick is one of several.
func pick[T any](d drawing, of ...T) T { return of[d.IntN(len(of))] }

func (d drawing) drawPlatform() {
	d.platform = apstest.Config{
		Tenants: 20 + d.IntN(100), Subscriptions: 1,
		Provisioning: pick(d, 0, d.span(time.Second, 20*time.Second), d.span(time.Second, 20*time.Second), d.span(20*time.Second, 5*time.Minute)),
	}
	if d.chance(0.2) {
		d.platform.Tenants, d.platform.Subscriptions = 5+d.IntN(20), 2+d.IntN(6)
	}
}

func (d drawing) drawTables() {
	var table []tableRow
	for i := range d.platform.Tenants {
		for j := range d.platform.Subscriptions {
			table = append(table, tableRow{tenant: i, sub: j, account: i, plan: d.IntN(3), byName: d.chance(0.3)})
		}
	}
	d.tables["a.csv"] = table
}

func (d drawing) drawFaults() {
	kinds := []string{"lost", "504", "reset", "503", "429", "no-id", "truncated", "slow", "empty", "html"}
	for range d.IntN(3) {
		from := d.span(0, 10*time.Minute)
		d.faults = append(d.faults, faulty{pick(d, kinds...), d.Float64() * 0.1, from, from + d.span(time.Minute, 4*time.Hour)})
	}
}

// operator draws what a person does.
func (d drawing) operator(file string) (list steps) {
	for n := range 1 + d.IntN(3) {
		list = append(list, step{d.span(time.Second, 5*time.Minute), d.imports(file, n > 0)})
	}
	return list
}

func (d drawing) imports(file string, proved bool) imports {
	a := imports{importing: importing{file: file, proved: proved, think: d.span(time.Second, 5*time.Minute)}}
	switch {
	case d.chance(0.4):
		a.trap = trap{pick(d, "intend out", "intend back", "ordered", "answered", "recording out", "recording back", "record back", "results out"), 1 + d.IntN(20)}
	case d.chance(0.3):
		a.meanwhile = append(a.meanwhile, meanwhile{d.span(time.Second, 10*time.Minute), pick[event](d, interrupted{}, killed{}, powerCut{})})
	}
	return a
}

var _ = fmt.Sprint
