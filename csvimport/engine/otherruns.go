package engine

import (
	"maps"
	"slices"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/pace"
)

// otherRuns are rows that another run of the same ledger is working on: they are
// waited for and reported with the end it brings about, or taken over once it
// is dead.
type otherRuns struct {
	frame
	admit  func(*item, ledger.Entry) // takes a row back with an entry that is ours, or nobody's
	items  map[string]other          // by subscription
	turns  map[string]string         // by account: the subscription that was on its way last
	with   string                    // who works on the first of them
	asking bool
	next   time.Time
}

type other struct {
	it    *item
	want  ledger.Entry // as its row asks for
	until time.Time    // when it is reported as it stands
}

func (o *otherRuns) len() int { return len(o.items) }

// first is the first of the rows.
func (o *otherRuns) first() *item {
	return slices.MinFunc(slices.Collect(maps.Values(o.items)), func(a, b other) int { return a.it.row - b.it.row }).it
}

// example names the first of the rows, and who works on it as far as that is known.
func (o *otherRuns) example() string {
	words := ", such as " + o.first().name()
	if o.with != "" {
		words += ", which is with " + o.with
	}
	return words
}

// wait waits for what another run does with a row: for an order it has placed no
// longer than for one of our own, since two runs may each wait for rows that the
// other has already ended as they stood. A further hand waits for a request on its way
// alone, whose account is not to have another one beside it.
func (o *otherRuns) wait(it *item, want ledger.Entry, now time.Time) {
	if it.entry.State == ledger.Intended {
		o.turns[it.entry.AccountID] = it.entry.Sub
	} else if o.job.Hand > 1 {
		o.ends.byOrder(it)
		return
	}
	limit := max(o.opt.Wait, 0)
	if it.entry.State.InDoubt() {
		limit += o.turnUp() + o.opt.Patience
	}
	o.items[it.entry.Sub] = other{it, want, now.Add(limit)}
}

// sending reports whether another run's request for an account is still on its way.
func (o *otherRuns) sending(account string) bool {
	if w, ok := o.items[o.turns[account]]; ok && w.it.entry.State == ledger.Intended {
		return true
	}
	delete(o.turns, account)
	return false
}

// look looks at what the other runs have done, once a second.
func (o *otherRuns) look(now time.Time, wake *pace.Alarm) {
	if o.asking || o.len() == 0 {
		return
	}
	if now.Before(o.next) {
		wake.At(o.next)
		return
	}
	o.asking = true
	subs := make([]string, 0, o.len())
	for sub := range o.items {
		subs = append(subs, sub)
	}
	run := o.first().entry.Run
	o.tasks.background(func() func() {
		entries, taken, err := o.ask.readOthers(subs)
		with := o.job.Whose(run)
		return func() {
			o.asking = false
			o.with = with
			o.next = o.now().Add(time.Second)
			if err != nil {
				if o.course.phase != ending {
					o.course.unwritten(err)
				}
				return
			}
			for sub, e := range entries {
				o.moved(sub, e, taken[sub])
			}
			o.expire(o.now())
		}
	})
}

// moved takes how an entry stands now, and whether this run has taken it over.
func (o *otherRuns) moved(sub string, e ledger.Entry, taken bool) {
	w, ok := o.items[sub]
	if !ok {
		return
	}
	switch {
	case taken, e.State == ledger.NotSent:
		delete(o.items, sub)
		w.it.entry = w.want
		o.admit(w.it, e)
	case e.State.Holds():
		if e.State != w.it.entry.State {
			delete(o.items, sub)
			w.it.entry = e
			w.it.compare()
			o.wait(w.it, w.want, o.now())
		}
	default:
		delete(o.items, sub)
		w.it.entry = e
		w.it.compare()
		o.ends.byOrder(w.it)
	}
}

// expire reports the rows that have been waited for long enough as they stand.
func (o *otherRuns) expire(now time.Time) {
	for sub, w := range o.items {
		if !now.Before(w.until) {
			delete(o.items, sub)
			o.ends.byOrder(w.it)
		}
	}
}

// leave ends the rows that are waited for still.
func (o *otherRuns) leave() {
	for _, w := range o.items {
		o.ends.byOrder(w.it)
	}
}
