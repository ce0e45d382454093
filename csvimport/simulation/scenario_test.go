package simulation_test

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/notice"
)

// scenario is a plan with a name, written down and not drawn: what broke the
// promise once.
type scenario struct {
	name   string
	plan   *plan
	expect func(*world) string // what else has to be true at the end, empty if it is; may be nil
}

// tableOf is n rows, a tenant each.
func tableOf(n int) []tableRow {
	table := make([]tableRow, n)
	for i := range table {
		table[i] = tableRow{tenant: i, account: i}
	}
	return table
}

// scene is a plan of machines that share a file of n rows.
func scene(n int, machines ...steps) *plan {
	return &plan{
		seed: uint64(n), platform: apstest.Config{Tenants: n, Provisioning: 4 * time.Minute},
		options:  engine.Options{Rate: 0.5},
		machines: machines, tables: map[string][]tableRow{"a.csv": tableOf(n)},
	}
}

// with changes a plan.
func (p *plan) with(change func(*plan)) *plan {
	change(p)
	return p
}

// always is a fault from the beginning to the end.
func always(kind string, rate float64) func(*plan) {
	return func(p *plan) { p.faults = append(p.faults, faulty{kind, rate, 0, patience}) }
}

// late makes all orders show so much later.
func late(d time.Duration) func(*plan) {
	return func(p *plan) {
		p.platform.Late = d
		always("late", 1)(p)
	}
}

// runs is an import of the one file.
func runs(meanwhile ...meanwhile) imports {
	return imports{importing: importing{file: "a.csv", proved: true, think: time.Second}, meanwhile: meanwhile}
}

func after(d time.Duration, do event) meanwhile { return meanwhile{d, do} }

func at(d time.Duration, do action) step { return step{d, do} }

func scenarios() []scenario {
	const second, minute, hour = time.Second, time.Minute, time.Hour
	return []scenario{
		{name: "K1 asleep while another machine finishes the file", plan: scene(30,
			steps{at(0, runs(after(20*second, suspended{hour})))},
			steps{at(minute, runs())})},
		{name: "K1 asleep between the intent and the wire, while another machine finishes the file", plan: scene(30,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: "intend back", n: 5, asleep: 3 * hour}}})},
			steps{at(2*minute, runs()), at(minute, runs())}).with(always("stamps-old", 1))},
		{name: "K1 stuck between the intent and the wire, while another machine finishes the file", plan: scene(30,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: "intend back", n: 5, stuck: 3 * hour}}})},
			steps{at(2*minute, runs()), at(minute, runs())}).with(always("stamps-old", 1))},
		{name: "K1 asleep after it has seen that nothing is there, while another machine imports", plan: scene(30,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: "intend out", n: 1, asleep: 9 * hour}}})},
			steps{at(10*second, runs(after(6*minute, interrupted{})))})},
		{name: "K1 asleep for days after it has seen that nothing is there, while another machine imports", plan: scene(30,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: "intend out", n: 1, asleep: 75 * hour}}})},
			steps{at(10*second, runs(after(6*minute, interrupted{})))})},
		{name: "K1 asleep for minutes while another ledger begins", plan: scene(40,
			steps{at(0, runs(after(80*second, suspended{4 * minute})))},
			others(40, minute, 0).from(300*second)), expect: mostTwice(10)},
		{name: "K1 asleep for minutes with an order on its way, while another ledger begins", plan: scene(40,
			steps{at(0, runs(after(83*second, suspended{4 * minute})))},
			others(40, minute, 0).from(300*second)).with(func(p *plan) {
			p.platform.Slow = 270 * second
			p.faults = []faulty{{"slow", 1, 80 * second, 83 * second}}
		}), expect: mostTwice(12)},
		{name: "K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken", plan: wakesLate(30 * hour).with(foreverSigned),
			expect: func(w *world) string { return w.runOf(1, 1).leavesOpen(1) }},
		{name: "K1 asleep between the last look and the wire, on a shared ledger, how old signatures may be is not known", plan: wakesLate(30 * hour),
			expect: func(w *world) string { return w.runOf(1, 1).leavesOpen(1) }},
		{name: "K1 asleep between the last look and the wire, on a shared ledger, old signatures are not taken", plan: wakesLate(30*hour, measures{}),
			expect: func(w *world) string { return w.runOf(1, 1).leavesOpen(0) }},
		{name: "K1 frozen between the last look and the wire, on a shared ledger, while its machine and others import", plan: scene(10,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: atTheWire, n: 5, frozen: 30 * hour}}, meanwhile: []meanwhile{after(10*minute, beside{runs()})}})},
			steps{at(5*minute, runs()), at(25*hour, resending())}).with(foreverSigned).with(func(p *plan) { p.lease = minute }),
			expect: func(w *world) string { return w.runOf(1, 1).leavesOpen(1) }},
		{name: "K1 asleep between the last look and the wire, on a shared ledger, its clock ahead, signatures are taken for long", plan: wakesLate(30*hour, measures{}).with(func(p *plan) {
			p.platform.Window = 20 * hour
			ahead := p.machines[0][0].do.(imports)
			ahead.meanwhile = []meanwhile{after(second, clockSet{12 * hour})}
			p.machines[0][0].do = ahead
			p.machines[1] = p.machines[1].then(at(20*hour, resending()))
		}), expect: both(func(w *world) string { return w.runOf(1, 1).leavesOpen(1) }, func(w *world) string {
			return w.runOf(1, 2).leavesOpen(0)
		})},
		{name: "K1 killed on a shared ledger, and sent again once its machine has told that it is gone", plan: scene(10,
			steps{at(0, imports{importing: runs().importing, traps: []trap{{door: "intend back", n: 5}}}), at(26*hour, resending())},
			steps{at(5*minute, runs()), at(25*hour, resending())}).with(foreverSigned).with(func(p *plan) { p.lease = minute }),
			expect: func(w *world) string { return cmp.Or(w.runOf(1, 1).leavesOpen(1), w.runOf(0, 1).leavesOpen(0)) }},
		{name: "K1 three machines at one import, one killed and one asleep past its lease", plan: helpedBy(60,
			lends{imports{traps: []trap{{door: "ordered", n: 5}}}, 1, 2}, lends{imports{meanwhile: []meanwhile{after(12*second, suspended{5 * minute})}}, 2, 3}),
			expect: func(w *world) string { return w.runOf(0, 0).sharesWith(1) }},
		{name: "K1 three machines at one import of one account", plan: helpedBy(40, lends{machine: 1, hand: 2}, lends{machine: 2, hand: 3}).with(func(p *plan) {
			for i := range p.tables["a.csv"] {
				p.tables["a.csv"][i].account = 0
			}
		}), expect: func(w *world) string { return w.runOf(0, 0).sharesWith(1) }},
		{name: "K1 a hand orders all that is left while the first waits for its first order", plan: helpedBy(20, lends{machine: 1, hand: 2}).with(func(p *plan) {
			p.faults = []faulty{{"500", 1, 160 * second, 168 * second}}
			first := p.machines[0][0].do.(imports)
			first.think = 165 * second // the tenants are read again before the next first order
			p.machines[0][0].do = first
		}), expect: both(func(w *world) string { return w.runOf(0, 0).sharesWith(1) }, func(w *world) string {
			return w.runOf(0, 0).leavesOpen(1)
		})},
		{name: "K1 three machines at one import that is interrupted", plan: helpedBy(60, lends{machine: 1, hand: 2}, lends{machine: 2, hand: 3}).with(func(p *plan) {
			first := p.machines[0][0].do.(imports)
			first.meanwhile = append(first.meanwhile, after(30*second, interrupted{}))
			p.machines[0][0].do = first
		}), expect: func(w *world) string { return w.runOf(0, 0).sharesWith(2) }},
		{name: "K1 asleep since it has read the tenants, while another machine imports, orders that tell nothing after", plan: scene(30,
			steps{at(0, imports{importing: importing{file: "a.csv", proved: true, think: 10 * second}, meanwhile: []meanwhile{after(5*second, suspended{hour})}})},
			steps{at(second, runs())}).with(tellNothing), expect: both(mostTwice(0), func(w *world) string {
			return w.runOf(0, 0).says(w.sub(tableRow{}), csvimport.Existing)
		})},
		{name: "K1 asleep while another machine finishes the file, orders that tell nothing after", plan: scene(30,
			steps{at(0, runs(after(20*second, suspended{hour})))},
			steps{at(minute, runs())}).with(tellNothing), expect: mostTwice(0)},
		{name: "K1 nothing placed for minutes, while a colleague imports, orders that tell nothing", plan: scene(30,
			steps{at(0, runs())}, colleagues(20, 10).from(3*minute)).with(told7Minutes(62 * second)), expect: mostTwice(0)},
		{name: "K1 the first order not taken for minutes, while a colleague imports, orders that tell nothing", plan: scene(30,
			steps{at(0, runs())}, colleagues(20, 10).from(3*minute)).with(told7Minutes(2 * second)), expect: mostTwice(0)},
		{name: "K1 a preview left open, beside a run on the shared ledger, while a colleague imports, orders that tell nothing", plan: scene(60,
			steps{at(220*second, runs())}, steps{at(0, imports{importing: importing{file: "b.csv", proved: true, think: 5 * minute}})},
			colleagues(50, 10).from(100*second)).with(func(p *plan) {
			p.lease = minute
			p.tables["a.csv"], p.tables["b.csv"] = p.tables["a.csv"][:50], p.tables["a.csv"][50:]
			p.faults = []faulty{{"no-products", 1, 10 * second, hour}}
		}), expect: mostTwice(0)},
		{name: "K1 two machines at work on one file and a shared ledger, orders that show late", plan: scene(30,
			steps{at(0, runs())}, steps{at(300*time.Millisecond, runs())}).with(func(p *plan) { p.lease, p.lag.most = minute, 40*second })},
		{name: "K1 off the net while another machine finishes the file", plan: scene(30,
			steps{at(0, runs(after(20*second, unplugged{7 * minute})))},
			steps{at(minute, runs())})},
		{name: "K1 begun while the orders of another machine do not show yet", plan: scene(30,
			steps{at(0, runs())},
			steps{at(40*second, runs())}).with(late(minute))},
		{name: "K1 interrupted while it waits for orders to turn up", plan: scene(30,
			steps{at(0, runs(after(15*second, killed{}))), at(second, loses{}), at(second, runs(after(minute, interrupted{}))), at(second, runs())}).with(late(5 * minute))},
		{name: "K1 interrupted after another run, while the orders of both do not show", plan: scene(30,
			steps{at(0, runs(after(20*second, killed{}))), at(second, runs(after(2*minute, interrupted{}))), at(second, runs())}).with(late(5 * minute))},
		{name: "K1 interrupted while it waits for orders of another ledger, which show late", plan: scene(40,
			steps{at(0, runs(after(minute, interrupted{}))), at(second, runs())},
			others(1, 5*second, 0).from(20*second).then(others(30, 5*minute, 0)[1:]...)), expect: mostTwice(2)},
		{name: "K1 begun when one of the orders of another ledger shows, and the others later", plan: scene(40,
			steps{at(0, edits{"a.csv", "ten rows", func(t []tableRow) []tableRow { return t[30:] }}), at(0, runs()), at(minute, edits{"a.csv", "the others", func([]tableRow) []tableRow { return tableOf(40)[:30] }})}.
				then(others(1, 5*second, 0)...).then(others(30, 5*minute, 0)[1:]...).then(at(20*second, runs()))), expect: mostTwice(0)},
		{name: "K1 begun when one of the orders of another ledger shows, dated in a zone that is not told, and the others later", plan: scene(40,
			steps{at(0, edits{"a.csv", "ten rows", func(t []tableRow) []tableRow { return t[30:] }}), at(0, runs()), at(minute, edits{"a.csv", "the others", func([]tableRow) []tableRow { return tableOf(40)[:30] }})}.
				then(others(1, 5*second, 0)...).then(others(30, 5*minute, 0)[1:]...).then(at(20*second, runs()))).with(always("local-dates", 1)), expect: mostTwice(0)},
		{name: "K1 begun when one of the orders of another ledger shows, dated an hour from now, and the others later", plan: scene(40,
			steps{at(0, edits{"a.csv", "ten rows", func(t []tableRow) []tableRow { return t[30:] }}), at(0, runs()), at(minute, edits{"a.csv", "the others", func([]tableRow) []tableRow { return tableOf(40)[:30] }})}.
				then(others(1, 5*second, -hour)...).then(others(30, 5*minute, 0)[1:]...).then(at(20*second, runs()))), expect: mostTwice(0)},
		{name: "K2 another ledger, after a stop with doubts open", plan: scene(40,
			steps{at(0, runs(after(15*second, interrupted{})))},
			steps{at(2*minute, runs())}).with(late(10 * minute)).with(always("lost", 0.3))},
		{name: "K2 in doubt since the day before, and nobody says that it is to be sent again", plan: scene(20,
			steps{at(0, runs()), at(30*hour, runs())}).with(func(p *plan) { p.faults = []faulty{{"reset", 0.3, 0, hour}} })},
		{name: "K2 in doubt since the day before, no order of this ledger has ever shown, and a person says that they are to be sent again", plan: scene(4,
			steps{at(0, colleague{row: tableRow{tenant: 3, account: 3}, sale: true}), at(minute, runs()), at(26*hour, resending())}).with(func(p *plan) {
			p.platform.Late, p.tables["a.csv"] = 30*hour, p.tables["a.csv"][:3]
			p.faults = []faulty{{"reset", 1, 0, hour}, {"late", 1, hour, 27 * hour}}
		}), expect: func(w *world) string { return w.runOf(0, 1).leavesOpen(3) }},
		{name: "K2 in doubt since the day before, one sent again does not show, and a person says it once more of the others", plan: scene(4,
			steps{at(0, colleague{row: tableRow{tenant: 3, account: 3}, sale: true}), at(minute, runs()), at(26*hour, resending()), at(0, resending())}).with(func(p *plan) {
			p.platform.Late, p.tables["a.csv"] = 30*hour, p.tables["a.csv"][:3]
			p.faults = []faulty{{"reset", 1, 0, hour}, {"late", 1, hour, 27 * hour}}
		}), expect: func(w *world) string { return w.runOf(0, 2).leavesOpen(3) }},
		{name: "K2 an older backup", plan: scene(40,
			steps{at(0, runs(after(6*second, interrupted{}))), at(0, backsUp{}), at(second, runs(after(10*second, killed{}))), at(second, putsBack{}), at(second, runs())}).with(late(5 * minute))},
		{name: "K2 an older backup, and what was ordered since shows late", plan: scene(10,
			steps{at(0, runs(after(66*second, interrupted{}))), at(0, backsUp{}), at(second, runs(after(10*second, interrupted{}))), at(second, putsBack{}), at(second, runs())}).with(func(p *plan) {
			p.platform.Late = 5 * minute
			p.faults = []faulty{{"late", 1, 66 * second, 78 * second}}
		})},
		{name: "K2 an older backup, and what a killed run ordered since shows late", plan: scene(10,
			steps{at(0, runs(after(66*second, interrupted{}))), at(0, backsUp{}), at(second, runs(after(10*second, killed{}))), at(second, putsBack{}), at(second, runs())}).with(func(p *plan) {
			p.platform.Late = 5 * minute
			p.faults = []faulty{{"late", 1, 66 * second, 78 * second}}
		})},
		{name: "K2 another ledger, of whose orders none but the first one shows yet", plan: scene(12,
			steps{at(0, runs(after(95*second, killed{})))},
			steps{at(500*second, runs())}).with(func(p *plan) {
			p.platform.Late, p.platform.ImportShows = 580*second, -1
			p.faults = []faulty{{"late", 1, minute, hour}}
		}), expect: mostTwice(0)},
		{name: "K2 the ledger is deleted while it is used", plan: scene(30,
			steps{at(0, runs(after(15*second, loses{}))), at(second, runs())}).with(late(2 * minute))},
		{name: "K2 a copy used beside it", plan: scene(30,
			steps{at(0, runs(after(10*second, backsUp{})))},
			steps{at(12*second, copies{0}), at(0, runs())}).with(late(10 * minute))},
		{name: "K1 dates in local time", plan: scene(20,
			steps{at(0, runs(after(80*second, killed{}))), at(second, loses{}), at(0, runs())}).with(always("local-dates", 1)),
			expect: func(w *world) string { return w.runOf(0, 1).within(hour) }},
		{name: "K3 lists that end early, against their own count", plan: restarted(always("list-short", 0.5)), expect: soon},
		{name: "K3 lists that end early, while orders are denied that exist", plan: deniedAfter("503-wait-after").with(func(p *plan) {
			p.faults = append(p.faults, faulty{"list-short", 1, 70 * second, 20 * minute})
		})},
		{name: "K3 lists with a most of their own, while orders are denied that exist", plan: deniedAfter("413-after").with(func(p *plan) {
			p.platform.ListCap = 3
			p.faults = append(p.faults, faulty{"list-capped", 1, 70 * second, 20 * minute})
		})},
		{name: "K3 lists with a most of their own, while another ledger orders", plan: scene(200, steps{at(0, runs())},
			others(200, 0, 0)[20:21].from(140*second)).with(func(p *plan) {
			p.platform.ListCap = 3
			p.faults = []faulty{{"list-capped", 1, 80 * second, 8 * minute}}
		}), expect: mostTwice(0)},
		{name: "K3 pages that are short, and lists without a count", plan: restarted(always("no-range", 0.5), always("short-pages", 0.5)), expect: soon},
		{name: "K3 lists that take a filter literally", plan: restarted(always("filter-literal", 1)), expect: soon},
		{name: "K3 lists that ignore a filter", plan: restarted(always("filter-ignored", 1)), expect: soon},
		{name: "K3 lists with a most of their own", plan: restarted(always("list-capped", 1), func(p *plan) { p.platform.ListCap = 8 }), expect: soon},
		{name: "K3 lists that are stale", plan: restarted(always("list-stale", 1)), expect: soon},
		{name: "K3 lists so stale that they show nothing of what the ledger saw, nor what another one has placed", plan: scene(10,
			steps{at(0, edits{"a.csv", "five rows", func(t []tableRow) []tableRow { return t[:5] }}), at(0, runs()),
				at(minute, edits{"a.csv", "the others", func([]tableRow) []tableRow { return tableOf(10)[5:] }})}.
				then(others(10, 0, 0)[5:].from(minute)...).then(at(hour, runs()))).with(func(p *plan) {
			p.platform.Stale, p.platform.ImportShows = 4*hour, -1
			p.faults = []faulty{{"list-stale", 1, hour, 2 * hour}}
		}), expect: mostTwice(0)},
		{name: "K4 400 after creation", plan: deniedAfter("400-after")},
		{name: "K4 401 after creation", plan: deniedAfter("401-after")},
		{name: "K4 403 after creation", plan: deniedAfter("403-after")},
		{name: "K4 404 after creation", plan: deniedAfter("404-after")},
		{name: "K4 409 after creation", plan: deniedAfter("409-after")},
		{name: "K4 413 after creation", plan: deniedAfter("413-after")},
		{name: "K4 429 after creation", plan: deniedAfter("429-after")},
		{name: "K4 503 with Retry-After after creation", plan: deniedAfter("503-wait-after")},
		{name: "K4 busy after creation", plan: deniedAfter("busy-after")},
		{name: "K4 a nonce seen twice", plan: deniedAfter("twice-nonce")},
		{name: "K4 403 after creation, half of them without a reference", plan: deniedAfter("403-after").with(always("no-reference", 0.5))},
		{name: "K4 400 after creation, references edited, lists stale", plan: deniedAfter("400-after").with(always("reference-edited", 0.5)).with(always("list-stale", 0.3))},
		{name: "K4 503 with Retry-After after creation, references edited, lists stale", plan: deniedAfter("503-wait-after").with(always("reference-edited", 0.5)).with(always("list-stale", 0.5))},
		{name: "K4 503 with Retry-After after creation, lists stale that show what is older", plan: scene(60, steps{at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.faults = []faulty{{"503-wait-after", 0.5, 66 * second, 80 * second}, {"list-stale", 1, 68 * second, 20 * minute}}
		})},
		{name: "K4 503 with Retry-After after creation, and the order shows before its row is sent again", plan: scene(60, steps{at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.platform.Provisioning, p.platform.Late = 20*second, 45*second
			p.faults = []faulty{{"503-wait-after", 1, 66 * second, 70 * second}, {"late", 1, 66 * second, 70 * second}}
		})},
		{name: "K4 503 with Retry-After after creation, and the order shows between the last look and its row's turn", plan: scene(40, steps{at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.platform.Provisioning, p.platform.Late = 20*second, 45*second
			p.faults = []faulty{{"503-wait-after", 1, 66 * second, 70 * second}, {"late", 1, 66 * second, 70 * second}}
		})},
		{name: "K4 503 to the first order of the first day, whose account has other rows", plan: scene(12,
			steps{at(0, colleague{row: tableRow{tenant: 11}}), at(30*hour, imports{importing: importing{file: "a.csv"}})}).with(func(p *plan) {
			p.tables["a.csv"] = p.tables["a.csv"][:11]
			oneAccount(p)
			p.faults = []faulty{{"503-wait", 1, 30 * hour, 30*hour + minute}}
		}), expect: func(w *world) string { return w.runOf(0, 0).within(hour) }},
		{name: "K4 busy with the order of the row before, of the same account", plan: scene(12, steps{at(0, runs())}).with(oneAccount).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.faults = []faulty{{"busy-other", 0.5, 66 * second, 5 * minute}}
		})},
		{name: "K4 busy with the order of the row before, of the same account, orders that do not tell whose they are", plan: scene(12, steps{at(0, runs())}).with(oneAccount).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.faults = []faulty{{"busy-other", 0.5, 66 * second, 5 * minute}, {"no-products", 1, 66 * second, hour}, {"no-reference", 1, 62 * second, hour}}
		})},
		{name: "K4 429 after creation, more than a week after an order was seen, and it shows late", plan: scene(3,
			steps{at(0, edits{"a.csv", "two rows", func(t []tableRow) []tableRow { return t[:2] }}), at(0, runs()),
				at(180*hour, edits{"a.csv", "the third", func([]tableRow) []tableRow { return tableOf(3)[2:] }}), at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off, p.platform.Late = true, minute
			p.faults = []faulty{{"429-after", 1, 180 * hour, 181 * hour}, {"late", 1, 180 * hour, 181 * hour}}
		})},
		{name: "K4 429 after creation to the only row there ever was, and lists show nothing for long", plan: scene(1, steps{at(0, runs())}).with(func(p *plan) {
			p.platform.Stale = hour
			p.faults = []faulty{{"429-after", 1, 0, minute}, {"list-stale", 1, 0, 20 * minute}}
		})},
		{name: "K4 429 after creation, in the middle, and later ones show before", plan: scene(40, steps{at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.lag.most = 90 * second
			p.faults = []faulty{{"429-after", 0.5, 100 * second, 200 * second}}
		})},
		{name: "K5 a wrapped refusal", plan: deniedAfter("500-wrapped")},
		{name: "K5 a wrapped refusal after creation", plan: deniedAfter("wrapped-after")},
		{name: "K6 the id of another order", plan: scene(20, steps{at(0, runs())}).with(always("other-id", 0.3))},
		{name: "K6 the id of another order, and none is followed", plan: scene(20, steps{at(0, runs())}).with(always("other-id", 0.3)).with(func(p *plan) { p.options.Wait = -1 })},
		{name: "K6 the id of the order before, and none is followed", plan: scene(20, steps{at(0, runs())}).with(func(p *plan) {
			p.options.Wait = -1
			p.faults = []faulty{{"other-id", 1, 70 * second, hour}}
		})},
		{name: "K6 the id of the order before, orders that do not tell what they are for", plan: scene(20, steps{at(0, runs())}).with(always("no-products", 1)).with(func(p *plan) {
			p.faults = append(p.faults, faulty{"no-reference", 1, 65 * second, patience}, faulty{"other-id", 1, 70 * second, hour})
		})},
		{name: "K6 the id of another machine's order, of the same account, orders that do not tell whose they are for hours", plan: scene(8,
			steps{at(0, runs())}, steps{at(second, imports{importing: importing{file: "b.csv", proved: true}})}).with(func(p *plan) {
			p.lease, p.platform.Provisioning = minute, 20*second
			oneAccount(p)
			p.tables["a.csv"], p.tables["b.csv"] = p.tables["a.csv"][:4], p.tables["a.csv"][4:]
			p.faults = []faulty{{"no-products", 1, 0, 3 * hour}, {"no-reference", 1, 62 * second, hour}, {"other-id", 1, 69200 * time.Millisecond, 70 * second}}
		})},
		{name: "K6 the id of a colleague's order, of the same account, orders that do not tell whose they are for minutes", plan: scene(8,
			steps{at(0, runs())}, steps{at(66*second, colleague{row: tableRow{tenant: 7}, takes: 8 * minute})}).with(func(p *plan) {
			oneAccount(p)
			p.tables["a.csv"] = p.tables["a.csv"][:7]
			p.faults = []faulty{{"no-products", 1, 62 * second, 3 * minute}, {"no-reference", 1, 62 * second, hour}, {"other-id", 1, 66 * second, 70 * second}}
		})},
		{name: "K6 the id of the order before, orders that do not show for hours", plan: scene(20, steps{at(0, runs())}).with(func(p *plan) {
			p.faults = []faulty{{"other-id", 1, 70 * second, 74 * second}, {"late", 1, 65 * second, hour}}
			p.platform.Late = 3 * hour
		})},
		{name: "K6 orders that were accepted and that nothing shows for hours", plan: scene(10, steps{at(0, runs())}).with(func(p *plan) {
			p.faults = []faulty{{"late", 1, 65 * second, hour}}
			p.platform.Late = 3 * hour
		}), expect: func(w *world) string {
			if p := w.runOf(0, 0); p.ending.Count[csvimport.Submitted] > 0 {
				return p.said()
			}
			return ""
		}},
		{name: "K6 the id of the order before, orders that do not show for hours, and the ledger deleted", plan: scene(20, steps{at(0, runs(after(95*second, loses{})))}).with(func(p *plan) {
			p.faults = []faulty{{"other-id", 1, 70 * second, 74 * second}, {"late", 1, 65 * second, hour}}
			p.platform.Late = 3 * hour
		})},
		{name: "K6 the id of the order before, and off the net at the end", plan: scene(20, steps{at(0, runs(after(80*second, unplugged{hour})))}).with(func(p *plan) {
			p.options.Wait = -1
			p.faults = []faulty{{"other-id", 1, 70 * second, hour}}
		}), expect: adoptedNothing},
		{name: "K6 the id of the order before, which hides for hours, killed, and interrupted", plan: scene(20,
			steps{at(0, runs(after(81*second, killed{}))), at(second, runs(after(5*second, interrupted{}))), at(minute, runs())},
			steps{at(73800*time.Millisecond, colleague{sale: true, shows: 3 * hour})}).with(func(p *plan) {
			p.options.Wait = -1
			p.faults = []faulty{{"other-id", 1, 74 * second, 82 * second}}
		})},
		{name: "K3 the order of another ledger shows after days, in which this one has listed what there is", plan: scene(20,
			steps{at(0, colleague{row: tableRow{tenant: 19, account: 19}, ours: true, shows: 100 * hour, takes: 150 * hour}),
				at(95*hour, edits{"a.csv", "the last row is left out", func(t []tableRow) []tableRow { return t[:19] }}), at(0, runs()),
				at(7*hour, edits{"a.csv", "it is there", func(t []tableRow) []tableRow { return append(t, tableRow{tenant: 19, account: 19}) }}),
				at(minute, runs())}),
			expect: func(w *world) string {
				return w.runOf(0, 1).says(w.sub(tableRow{tenant: 19, account: 19}), csvimport.Submitted)
			}},
		{name: "K7 completed, and cancelled since", plan: scene(20,
			steps{at(0, edits{"a.csv", "the last row is left out", func(t []tableRow) []tableRow { return t[:19] }}), at(0, runs()),
				at(minute, staff{tableRow{}, "CL"}), at(0, edits{"a.csv", "it is there", func(t []tableRow) []tableRow { return append(t, tableRow{tenant: 19, account: 19}) }}),
				at(minute, runs())}),
			expect: func(w *world) string { return w.runOf(0, 1).says(w.sub(tableRow{}), csvimport.Failed) }},
		{name: "K7 imported by a colleague under another plan", plan: scene(20,
			steps{at(0, colleague{row: tableRow{plan: 2}}), at(minute, runs())}),
			expect: func(w *world) string { return w.runOf(0, -1).says(w.sub(tableRow{}), csvimport.Differs) }},
		{name: "K7 imported by colleagues, orders that do not tell what they are for", plan: scene(20,
			colleagues(10, 5).then(at(10*minute, runs()))).with(always("no-products", 1)),
			expect: both(mostTwice(0), func(w *world) string { return w.runOf(0, 0).says(w.sub(tableRow{tenant: 12}), csvimport.Existing) })},
		{name: "K8 a Date header that is off", plan: scene(20,
			steps{at(0, runs(after(20*second, interrupted{}))), at(5*second, runs())}).with(always("lost", 0.4)).with(func(p *plan) {
			p.platform.Late, p.platform.ClockSkew = 3*minute, 280*second
			p.faults = append(p.faults, faulty{"late", 0.5, 0, hour}, faulty{"clock", 1, 22 * second, hour})
		})},
		{name: "K8 the clock of the machine is hours behind in a doubt, and that of the platform hours ahead a day later", plan: scene(20,
			steps{at(0, runs(after(second, clockSet{-4 * hour}), after(5*minute, clockSet{4 * hour}))), at(20*hour, imports{importing: importing{file: "a.csv", proved: true, resend: true, think: second}})}).with(func(p *plan) {
			p.platform.ClockSkew = 3*hour + 54*minute
			p.faults = []faulty{{"stamps-old", 1, 0, patience}, {"reset", 0.3, 0, hour}, {"clock", 1, 20 * hour, 20*hour + 390*second}}
		})},
		{name: "K9 Retry-After of a day", plan: scene(20,
			steps{at(0, runs())}).with(func(p *plan) {
			p.platform.RetryAfter = 24 * hour
			p.faults = []faulty{{"503-wait", 1, 20 * second, 2 * hour}, {"lost", 0.5, 0, hour}}
		}), expect: func(w *world) string { return w.runOf(0, 0).within(hour) }},
		{name: "K9 an order of the future", plan: scene(20,
			steps{at(0, colleague{row: tableRow{}, ours: true, provided: -5 * hour}), at(minute, runs())}),
			expect: func(w *world) string { return w.runOf(0, 0).within(hour) }},
		{name: "K10 accounts by number", plan: toldOtherwise("account-number"), expect: soon},
		{name: "K10 ids in capitals", plan: toldOtherwise("upper-ids"), expect: soon},
		{name: "K10 dates in another form", plan: toldOtherwise("date-form"), expect: soon},
		{name: "K10 orders without what was ordered", plan: toldOtherwise("no-products"), expect: soon},
		{name: "K10 denied after creation, orders without what was ordered and with no reference", plan: scene(2, steps{at(minute, runs())}).with(func(p *plan) {
			p.lag.most = 30 * second
			p.faults = []faulty{{"503-wait-after", 1, 0, 2 * minute}, {"no-products", 1, 0, patience}, {"no-reference", 1, 0, patience}}
		})},
		{name: "K11 again, after the order was cancelled", plan: scene(5,
			steps{at(0, runs()), at(minute, staff{tableRow{}, "CL"}), at(minute, asking{"a.csv", []tableRow{{}}})}),
			expect: func(w *world) string { return w.runOf(0, 1).says(w.sub(tableRow{}), csvimport.Completed) }},
		{name: "K11 again, after the order was cancelled, and denied, orders without a reference", plan: scene(5,
			steps{at(0, runs()), at(minute, staff{tableRow{}, "CL"}), at(minute, asking{"a.csv", []tableRow{{}}})}).with(always("no-reference", 1)).with(func(p *plan) {
			p.faults = append(p.faults, faulty{"503-wait", 1, 7 * minute, 9 * minute})
		}), expect: func(w *world) string { return w.runOf(0, 1).says(w.sub(tableRow{}), csvimport.Completed) }},
		{name: "K11 again on another machine, while a run on the shared ledger has the cancelled one", plan: scene(2,
			steps{at(0, runs())},
			steps{at(90*second, staff{tableRow{}, "CL"}), at(40*second, asking{"a.csv", []tableRow{{}}})}).with(func(p *plan) { p.lease = 3 * minute })},
		{name: "K12 two ledgers in lockstep", plan: scene(30,
			steps{at(0, runs())},
			steps{at(0, runs())}).with(late(30 * second)), expect: mostTwice(0)},
		{name: "K12 another ledger begins, whose orders show after the first order has", plan: scene(40,
			others(30, 50*second, 0).then(at(5*second, runs()))), expect: mostTwice(1)},
		{name: "K12 another ledger begins, whose orders show after the first order has, references are not kept", plan: scene(40,
			others(5, 50*second, 0).then(others(30, 4*minute, 0)[5:]...).unmarked().then(at(5*second, runs()))).with(always("no-reference", 1)), expect: mostTwice(1)},
		{name: "K12 another ledger begins, of which a second order for a row shows, and those for other rows later", plan: scene(40,
			steps{at(0, runs())},
			steps{at(80*second, colleague{row: tableRow{tenant: 15, account: 15}, ours: true, takes: 10 * minute, shows: 5 * second})}.then(others(15, 4*minute, 0)...)),
			expect: mostTwice(1)}, // the first run begins with row 15
		{name: "K12 orders of another ledger that show later than those of the run, below them", plan: scene(60,
			sales(40, second, 5*minute).then(others(60, 80*second, 0)...).then(at(5*second, runs()))).with(func(p *plan) {
			p.platform.PageSize = 5 // a look takes long, and breaks off where it has come to what is known
			p.faults = []faulty{{"list-short", 1, 82 * second, 95 * second}}
		}), expect: mostTwice(6)},
		{name: "K12 another ledger begins, whose orders show before the first order does", plan: scene(40,
			others(30, 100*second, 0).then(at(5*second, runs()))).with(firstOrderShowsLate), expect: mostTwice(1)},
		{name: "K12 another ledger begins, and a run that does not see its first order is killed again and again", plan: scene(20,
			others(20, 140*second, 0).then(at(5*second, short()), at(second, short()), at(second, short()), at(second, short()))).with(firstOrderShowsLate),
			expect: mostTwice(1)},
		{name: "K12 another ledger begins a day after a run on this one was killed", plan: scene(40,
			steps{at(0, runs(after(2*minute, killed{}))), at(30*hour, edits{"a.csv", "other rows", func([]tableRow) []tableRow { return tableOf(40)[:30] }})}.
				then(others(30, 50*second, 0)...).then(at(5*second, runs()))).with(func(p *plan) { p.tables["a.csv"] = p.tables["a.csv"][30:] }),
			expect: mostTwice(1)},
		{name: "K12 asleep for hours, and below its own are those of another ledger that it could not see", plan: scene(40,
			others(30, 140*second, 0).then(at(5*second, imports{importing: runs().importing, traps: []trap{{door: "intend back", n: 15, asleep: 6 * hour}}}))).with(func(p *plan) { p.platform.PageSize, p.platform.ImportShows = 5, -1 }),
			expect: both(mostTwice(16), func(w *world) string { return w.runOf(0, 0).sawNoOutage() })},
		{name: "K12 a second run on a ledger that is at work needs no first order", plan: scene(60,
			steps{at(0, runs())}, steps{at(90*second, imports{importing: importing{file: "b.csv", proved: true}})}).with(func(p *plan) {
			p.lease = minute
			p.tables["a.csv"], p.tables["b.csv"] = p.tables["a.csv"][:50], p.tables["a.csv"][50:]
		}), expect: func(w *world) string { return w.runOf(1, 0).placesWithin(2, 20*second) }},
		{name: "K12 orders of another ledger that were dated hours ago turn up, below others", plan: scene(40,
			steps{at(0, colleague{row: tableRow{tenant: 39, account: 39}, provided: 7 * hour})}.
				then(others(30, 100*second, 5*hour)...).then(sales(10, 100*second, 4*hour)...).then(at(5*second, runs()))).with(firstOrderShowsLate).with(func(p *plan) { p.platform.PageSize = 5 }),
			expect: mostTwice(2)},
		{name: "K12 another ledger begins when nothing was placed for minutes", plan: scene(40,
			steps{at(0, runs())},
			others(30, 50*second, 0).from(490*second)).with(told7Minutes(62 * second)).with(func(p *plan) { p.faults = p.faults[:1] }),
			expect: mostTwice(2)}, // one of them was there when the other ledger began
		{name: "K12 another ledger begins, and another one when the wait for it is over", plan: scene(40,
			steps{at(0, runs())},
			others(1, 10*second, 0).from(20*second).then(others(40, minute, 0).from(600*second)...)), expect: mostTwice(2)},
		{name: "K12 another ledger begins, and the first order is in doubt", plan: scene(40,
			others(30, 50*second, 0).then(at(5*second, runs()))).with(firstOrderShowsLate).with(func(p *plan) { p.faults = []faulty{{"lost", 1, 0, minute}} }),
			expect: mostTwice(1)},
		{name: "K12 another ledger begins, and the first order shows of a run that was killed", plan: scene(40,
			steps{at(0, short()), at(second, runs())},
			others(40, 130*second, 0).from(40*second)).with(func(p *plan) { p.lag.most = 2 * minute }), expect: mostTwice(2)},
		{name: "K4 a no that says that there is one, and it hides for long", plan: scene(60, steps{at(0, runs())}).with(func(p *plan) {
			p.options.MaxErrors.Off = true
			p.lag.tail, p.lag.longest = 0.3, 9*minute
			p.faults = []faulty{{"busy-after", 0.4, 0, hour}}
		})},
	}
}

// wakesLate is a machine that falls asleep over its fifth order, and another one on the same
// ledger that takes its rows over, and has a person's word the day after that doubts may be
// sent again. It does something before.
func wakesLate(asleep time.Duration, before ...action) *plan {
	other := steps{}
	for _, do := range before {
		other = append(other, at(0, do))
	}
	return scene(10, steps{at(0, imports{importing: runs().importing, traps: []trap{{door: atTheWire, n: 5, asleep: asleep}}})},
		other.then(at(5*time.Minute, runs()), at(25*time.Hour, resending()))).with(func(p *plan) { p.lease = time.Minute })
}

// oneAccount has all rows be of one account.
func oneAccount(p *plan) {
	for _, t := range p.tables {
		for i := range t {
			t[i].account = 0
		}
	}
}

// foreverSigned has the platform take signatures of any age.
func foreverSigned(p *plan) { p.platform.Window = 10 * patience }

// resending is an import for which a person says that doubts may be sent again.
func resending() imports {
	r := runs()
	r.resend = true
	return r
}

// others are orders of another ledger for the first n tenants, dated so long ago, each
// of which shows after a while.
func others(n int, shows, ago time.Duration) (list steps) {
	for i := range n {
		list = append(list, at(0, colleague{row: tableRow{tenant: i, account: i}, ours: true, takes: 10 * time.Minute, shows: shows, provided: ago}))
	}
	return list
}

// unmarked has orders have no reference of ours.
func (s steps) unmarked() steps {
	for i := range s {
		o := s[i].do.(colleague)
		o.ours = false
		s[i].do = o
	}
	return s
}

// colleagues are orders in the panel, without our reference, for n tenants from one on,
// which import within seconds.
func colleagues(first, n int) (list steps) {
	for i := range n {
		list = append(list, at(0, colleague{row: tableRow{tenant: first + i, account: first + i}, takes: 5 * time.Second}))
	}
	return list
}

// told7Minutes has the platform ask, from a time on, to wait seven minutes; soon after
// that orders tell no longer what they are for, until it lets orders in again.
func told7Minutes(from time.Duration) func(*plan) {
	return func(p *plan) {
		p.platform.RetryAfter = 7 * time.Minute
		p.faults = []faulty{{"429-wait", 1, from, from + 20*time.Second}, {"no-products", 1, from + 30*time.Second, from + 8*time.Minute}}
	}
}

// sales are n orders that are no imports, dated so long ago, as others.
func sales(n int, shows, ago time.Duration) (list steps) {
	for range n {
		list = append(list, at(0, colleague{sale: true, shows: shows, provided: ago}))
	}
	return list
}

// from lets steps begin so much later.
func (s steps) from(d time.Duration) steps {
	s[0].after += d
	return s
}

// then adds steps.
func (s steps) then(more ...step) steps { return append(s, more...) }

// short is an import that is killed soon after its first order.
func short() imports { return runs(after(15*time.Second, killed{})) }

// tellNothing has staff edit the references of all orders, and from half an hour on the
// platform tells no longer what they are for.
func tellNothing(p *plan) {
	p.faults = []faulty{{"reference-edited", 1, 0, 3 * time.Hour}, {"no-products", 1, 30 * time.Minute, 3 * time.Hour}}
}

// firstOrderShowsLate lets orders of imports take minutes to show.
func firstOrderShowsLate(p *plan) { p.lag.most = 5 * time.Minute }

// mostTwice checks for how many subscriptions there are orders of two at most.
func mostTwice(most int) func(*world) string {
	return func(w *world) string {
		by := make(map[string]map[*computer]bool)
		twice := 0
		for _, o := range w.gateway.orders() {
			var whose *computer
			if o.by != nil {
				whose = o.by.c
			}
			if by[o.SubID] == nil {
				by[o.SubID] = make(map[*computer]bool)
			}
			if by[o.SubID][whose] = true; len(by[o.SubID]) == 2 {
				twice++
			}
		}
		if twice > most {
			return fmt.Sprintf("%d subscriptions have orders of two, want %d at most", twice, most)
		}
		return ""
	}
}

// adoptedNothing checks that no import took an order for that of another ledger.
func adoptedNothing(w *world) string {
	for _, c := range w.machines {
		for _, p := range c.processes {
			if p.adopted > 0 {
				return fmt.Sprintf("%s says that it has adopted %d orders", p.name, p.adopted)
			}
		}
	}
	return ""
}

// both checks two things.
func both(a, b func(*world) string) func(*world) string {
	return func(w *world) string { return cmp.Or(a(w), b(w)) }
}

// restarted is an import whose ledger is lost in the middle, and another one after
// it.
func restarted(changes ...func(*plan)) *plan {
	p := scene(20, steps{at(0, runs(after(90*time.Second, killed{}))), at(time.Second, loses{}), at(time.Minute, runs())})
	for _, change := range changes {
		change(p)
	}
	return p
}

// deniedAfter is an import in which half of the first orders are denied, and orders
// show after some seconds.
func deniedAfter(kind string) *plan {
	p := scene(20, steps{at(0, runs())})
	p.lag.most = 20 * time.Second
	p.options.MaxErrors.Off = true
	p.faults = []faulty{{kind, 0.5, 0, 3 * time.Minute}}
	return p
}

// toldOtherwise is an import of rows that colleagues have ordered by half, and then
// again, where orders are told otherwise than they are.
func toldOtherwise(kind string) *plan {
	var list steps
	for i := range 5 {
		list = append(list, at(time.Second, colleague{row: tableRow{tenant: i, account: i, cutOff: "2027-01-01T00:00:00.000Z"}, ours: i%2 == 0}))
	}
	p := scene(10, append(list, at(time.Hour, runs()), at(time.Minute, runs()))).with(always(kind, 1))
	for i := range p.tables["a.csv"] {
		p.tables["a.csv"][i].cutOff = "2027-01-01T00:00:00.000Z"
	}
	return p
}

// What broke the promise once does not break it any more.
func TestScenario(t *testing.T) {
	for i, s := range scenarios() {
		if i%each != 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			out := simulate(t, s.plan, s.expect, testing.Verbose())
			if testing.Verbose() {
				t.Logf("%s\n%s", out.plan, out.story)
			}
			if len(out.wrong) > 0 {
				t.Errorf("it breaks the promise:\n%s", out)
			}
		})
	}
}

// soon checks that the first machine needed no more imports than four.
func soon(w *world) string {
	const most = 4
	if n := len(w.imports(0)); n > most {
		return fmt.Sprintf("it took %d imports, want %d at most; the last of these said: %s", n, most, w.runOf(0, most-1).said())
	}
	return ""
}

// imports are the imports on a machine.
func (w *world) imports(machine int) (list []*process) {
	for _, p := range w.machines[machine].processes {
		if p.table != nil {
			list = append(list, p)
		}
	}
	return list
}

// runOf is an import on a machine, by the order in which they began; -1 is the
// last.
func (w *world) runOf(machine, n int) *process {
	imports := w.imports(machine)
	if n < 0 {
		n += len(imports)
	}
	return imports[n]
}

// helpedBy is an import of n rows on the first machine, with hands that others lend it.
func helpedBy(n int, hands ...lends) *plan {
	first := runs()
	first.shared = true
	machines := []steps{nil}
	for _, h := range hands {
		first.meanwhile = append(first.meanwhile, after(10*time.Second, h))
		machines = append(machines, nil)
	}
	machines[0] = steps{at(0, first)}
	return scene(n, machines...).with(func(p *plan) {
		p.lease, p.options, p.platform.Provisioning = time.Minute, engine.Options{Concurrency: 1}, 5*time.Second
	})
}

// sharesWith checks that so many hands, at least, have placed a part of an import.
func (p *process) sharesWith(hands int) string {
	placed := make(map[*process]int)
	for _, o := range p.c.w.gateway.orders() {
		if o.ofHand(p) {
			placed[o.by]++
		}
	}
	if len(placed) < hands {
		return fmt.Sprintf("%d hands have placed orders of %s, want %d", len(placed), p.name, hands)
	}
	return ""
}

// says checks what an import said of a subscription.
func (p *process) says(sub string, want csvimport.Status) string {
	for _, r := range p.results {
		if r.sub == sub && r.status != want {
			return fmt.Sprintf("%s: %s is %s (%s), want %s", p.name, sub, r.status, r.why(), want)
		}
	}
	return ""
}

// leavesOpen checks of how many rows an import says that their orders may exist.
func (p *process) leavesOpen(n int) string {
	if open := p.ending.Count[csvimport.Unknown]; open != n {
		return fmt.Sprintf("%s leaves %d open, want %d: %s", p.name, open, n, p.said())
	}
	return ""
}

// placesWithin checks how soon an import had placed n orders.
func (p *process) placesWithin(n int, d time.Duration) string {
	for _, o := range p.c.w.gateway.orders() {
		if o.by != p {
			continue
		}
		if n--; n == 0 && o.at.Sub(p.began) <= d {
			return ""
		}
	}
	return fmt.Sprintf("%s has not placed as many orders within %v", p.name, d)
}

// sawNoOutage checks that an import did not end since nothing answered: the machine may
// have been asleep.
func (p *process) sawNoOutage() string {
	if stop, ok := errors.AsType[*notice.StopError](p.ending.Stopped); ok && stop.Code == notice.StopOutage {
		return p.said()
	}
	return ""
}

// within checks how long an import took.
func (p *process) within(d time.Duration) string {
	if took := p.ended.Sub(p.began); took > d {
		return fmt.Sprintf("%s took %v, want at most %v", p.name, took, d)
	}
	return ""
}
