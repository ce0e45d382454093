package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	d.drawFaults()
	machines := 1
	if d.chance(0.4) {
		machines = 2 + d.IntN(2)
		if d.chance(0.4) {
			d.lease = d.span(20*time.Second, 3*time.Minute)
		}
	}
	for _, file := range d.drawTables(machines) {
		d.machines = append(d.machines, d.operator(file))
	}
	d.drawHands()
	d.drawFrozen()
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

// drawLag draws how long orders take to show.
func (d drawing) drawLag() {
	const second, minute = time.Second, time.Minute
	d.lag.most = pick(d, 0, 0, d.span(0, 5*second), d.span(0, minute), d.span(0, 4*minute))
	if d.chance(0.3) {
		d.lag.tail, d.lag.longest = pick(d, 0.02, 0.1), pick(d, 2*minute, 10*minute, 3*time.Hour)
	}
}

func (d drawing) drawPlatform() {
	const second, minute = time.Second, time.Minute
	d.platform = apstest.Config{
		Tenants: 12 + d.IntN(110), Subscriptions: 1,
		Provisioning: pick(d, 0, d.span(second, 20*second), d.span(second, 20*second), d.span(20*second, 5*minute)),
		Late:         pick(d, d.span(0, 10*second), d.span(0, minute), d.span(minute, 10*minute)),
		Slow:         pick(d, d.span(10*second, minute), 310*second),
		RetryAfter:   pick(d, second, d.span(second, minute).Truncate(second), 24*time.Hour),
		ClockSkew:    d.span(-4*minute, 4*minute),
		PageSize:     pick(d, 1000, 1000, 5+d.IntN(50)),
		Partial:      d.chance(0.3),
	}
	d.drawLag()
	if d.chance(0.15) {
		d.platform.Nodes, d.platform.NodeLag = 2+d.IntN(2), d.span(0, 20*second)
		d.platform.NodeSkew = pick(d, 0, d.span(0, 2*minute))
	}
	if d.chance(0.2) {
		d.platform.ImportShows = pick(d, -1, d.span(second, minute), d.span(minute, 2*time.Hour))
	}
	d.platform.Stale, d.platform.ListCap = d.span(10*second, 2*minute), 1+d.IntN(100)
	if d.chance(0.3) {
		d.platform.Tenants, d.platform.Subscriptions = 4+d.IntN(17), 2+d.IntN(6)
	}
	d.options.Concurrency = 1 + d.IntN(8)
	if d.chance(0.3) {
		d.options.Wait = d.span(10*second, 10*minute)
	}
}

// drawTables draws the operators' files: the same one for all, or parts of it that
// may overlap. It returns which of them is whose.
func (d drawing) drawTables(machines int) (names []string) {
	var all []tableRow
	for i := range d.platform.Tenants {
		for j := range d.platform.Subscriptions {
			all = append(all, tableRow{tenant: i, sub: j, account: i, plan: d.IntN(3), byName: d.chance(0.3)})
		}
	}
	d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if machines == 1 || d.chance(0.5) {
		d.tables["a.csv"] = all
		return slices.Repeat([]string{"a.csv"}, machines)
	}
	overlap := pick(d, 0, 0, len(all)/4)
	for i := range machines {
		from, to := i*len(all)/machines, (i+1)*len(all)/machines
		name := string(rune('a'+i)) + ".csv"
		d.tables[name] = slices.Clone(all[max(from-overlap, 0):to])
		names = append(names, name)
	}
	return names
}

// drawFaults draws what the platform does wrong, each for a while.
func (d drawing) drawFaults() {
	d.hidesDenied = d.chance(0.05)
	kinds := apstest.FaultKinds()
	d.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	for _, kind := range kinds[:min(d.IntN(9), len(kinds))] {
		from := pick(d, 0, d.span(0, 10*time.Minute))
		rate := pick(d, 0.02, 0.1, 0.3)
		switch {
		case everywhere[kind]:
			rate = pick(d, 0.1, 1, 1)
		case kind == "rate-limit":
			rate = pick(d, 0.2, 1, 5) // orders a second
		}
		d.faults = append(d.faults, faulty{kind, rate, from, from + d.span(time.Minute, 4*time.Hour)})
	}
	// Where orders are denied that exist, they show before the look that looks for
	// them, or the seed is one of a few.
	has := func(is func(kind string) bool) bool {
		return slices.ContainsFunc(d.faults, func(f faulty) bool { return is(f.kind) })
	}
	if d.hidesDenied || !has(func(kind string) bool { return strings.HasSuffix(kind, "-after") || kind == "twice-nonce" }) {
		return
	}
	d.lag.tail = 0
	if has(func(kind string) bool { return kind == "late" }) {
		d.lag.most, d.platform.Late = 0, d.span(0, 3*time.Second)
	}
}

// everywhere are the faults that a platform has always rather than now and then.
var everywhere = map[string]bool{
	"late": true, "no-reference": true, "no-range": true, "short-pages": true, "busy": true, "no-subscriptions": true, "list-capped": true,
	"filter-ignored": true, "filter-literal": true, "local-dates": true, "account-number": true, "upper-ids": true, "no-products": true, "date-form": true,
	"clocks-apart": true, "stamps-old": true, "stamps-short": true,
}

// operator draws what a person does with a file.
func (d drawing) operator(file string) (list steps) {
	then := func(do action) {
		list = append(list, step{d.span(time.Second, pick(d, time.Minute, time.Minute, 20*time.Minute, 20*time.Minute, 3*time.Hour, 3*time.Hour, 60*time.Hour)), do})
	}
	first := d.span(0, pick(d, 0, time.Second, time.Minute, 20*time.Minute))
	for n := range 1 + d.IntN(3) {
		if n > 0 {
			d.between(file, then)
		}
		then(d.imports(file, n > 0 || d.chance(0.3)))
	}
	list[0].after = first // machines often begin at about the same time
	return list
}

// between draws what a person does between two imports.
func (d drawing) between(file string, then func(action)) {
	rows := len(d.tables[file])
	row := d.tables[file][d.IntN(rows)]
	switch {
	case d.chance(0.15):
		then(edits{file, "reordered", func(t []tableRow) []tableRow {
			slices.Reverse(t)
			return t
		}})
	case d.chance(0.15):
		i, account, plan := d.IntN(rows), d.IntN(d.platform.Tenants), d.IntN(3)
		then(edits{file, fmt.Sprintf("row %d gets the account of tenant %d and plan %d", i, account, plan), func(t []tableRow) []tableRow {
			if i < len(t) {
				t[i].account, t[i].plan = account, plan
			}
			return t
		}})
	case d.chance(0.1):
		n := d.IntN(rows)
		then(edits{file, fmt.Sprintf("the first %d rows are taken out", n), func(t []tableRow) []tableRow { return t[min(n, len(t)-1):] }})
	case d.chance(0.15):
		then(reconciles{})
	case d.lease == 0 && d.chance(0.1):
		then(loses{})
	case d.lease == 0 && d.chance(0.1):
		then(putsBack{})
	case len(d.machines) > 0 && d.lease == 0 && d.chance(0.2):
		then(copies{d.IntN(len(d.machines))})
	case d.chance(0.15):
		then(staff{row, "CL"})
		if d.chance(0.7) {
			then(asking{file, []tableRow{row}})
		}
	case d.chance(0.1):
		then(colleague{row: row, ours: d.chance(0.3)})
	}
}

func (d drawing) imports(file string, proved bool) imports {
	a := imports{importing: importing{file: file, proved: proved, think: d.span(time.Second, pick(d, 10*time.Second, 5*time.Minute)), resend: d.chance(0.2)}}
	moment := func() time.Duration {
		return d.span(time.Second, pick(d, 20*time.Second, 2*time.Minute, 15*time.Minute))
	}
	meanwhile := func(do event) { a.meanwhile = append(a.meanwhile, after(moment(), do)) }
	switch {
	case d.chance(0.45):
		t := trap{door: pick(d, doorsToDieAt...), n: 1 + d.IntN(pick(d, 2, 10, 40))}
		if d.chance(0.3) {
			t = trap{door: pick(d, doorsOnce...), n: 1}
		}
		a.traps = append(a.traps, t)
	case d.chance(0.2):
		meanwhile(killed{})
	case d.chance(0.15):
		meanwhile(powerCut{})
	case d.chance(0.2):
		meanwhile(interrupted{})
	}
	switch long := d.span(10*time.Second, pick(d, 10*time.Minute, 10*time.Hour)); {
	case d.chance(0.12):
		meanwhile(suspended{long})
	case d.chance(0.1): // between the look, the intent and the wire
		a.traps = append(a.traps, trap{door: pick(d, "intend out", "intend back"), n: 1 + d.IntN(pick(d, 3, 10, 40)), asleep: long})
	}
	if d.chance(0.1) {
		meanwhile(unplugged{d.span(time.Second, pick(d, time.Minute, 30*time.Minute))})
	}
	if d.chance(0.08) {
		meanwhile(clockSet{pick[time.Duration](d, 1, -1) * d.span(time.Second, pick(d, 4*time.Minute, 12*time.Hour))})
	}
	if d.chance(0.1) {
		meanwhile(down{d.span(time.Second, pick(d, time.Minute, 30*time.Minute)), d.chance(0.5)})
	}
	if d.lease == 0 && d.chance(0.03) {
		meanwhile(loses{})
	}
	if d.lease == 0 && d.chance(0.1) {
		meanwhile(backsUp{})
	}
	if d.chance(0.1) {
		meanwhile(beside{d.imports(file, true)})
	}
	return a
}

// drawFrozen has a sender stand still between its intent and its request now and then, for
// longer than its lease, and go on after that. It draws from a stream of its own: seeds in
// which it draws none are what they were before there was this.
func (d drawing) drawFrozen() {
	const second, minute, hour = time.Second, time.Minute, time.Hour
	d.Rand = rand.New(rand.NewPCG(mix(d.seed), d.seed))
	frozen := false
	for _, m := range d.machines {
		for i := range m {
			a, ok := m[i].do.(imports)
			if !ok || !d.chance(0.05) {
				continue
			}
			t := trap{door: pick(d, "intend back", atTheWire, atTheWire), n: 1 + d.IntN(pick(d, 3, 10, 40))}
			*pick(d, &t.asleep, &t.frozen) = d.span(max(d.lease, 10*second), pick(d, 10*minute, hour, 30*hour))
			a.traps = append(slices.Clip(a.traps), t)
			m[i].do, frozen = a, true
		}
	}
	// Machines that share a ledger are to bear it where a signature is good for long, too.
	if !frozen || d.lease == 0 {
		return
	}
	d.platform.Window = pick(d, 0, 0, 3*hour, 20*hour)
	if i := d.IntN(len(d.machines)); d.chance(0.3) {
		d.machines[i] = append(steps{step{0, measures{}}}, d.machines[i]...)
	}
}

// doorsToDieAt are where a process may be killed: around all that matters.
var doorsToDieAt = []string{
	"intend out", "intend back", "ordered", "ordered", "answered", "answered", "recording out", "recording back",
	"record out", "record back", "asked", "told", "amend out", "amend back",
}

// doorsOnce are those that a process comes to once or twice.
var doorsOnce = []string{
	"platform back", "loss back", "begin out", "begin back", "take over back", "confirmed", "sighted back", "trusted out", "trusted back",
	"results out", "results back", "end out", "end back",
}
