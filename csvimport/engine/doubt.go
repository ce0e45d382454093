package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// mostSends is how often one row is sent in one run.
const mostSends = 5

// doubt is a request without a clear answer, to be looked up and never
// repeated before its order is proved absent.
type doubt struct {
	settles time.Time // from then on a look that finds nothing is the last one
	next    time.Time // when to look
	looks   int
	verdict error // a refusal or busy answer, to be believed once a look finds nothing
}

// doubts are the items in doubt.
type doubts struct {
	frame
	lanes   *lanes
	senders *senders
	outage  *outage
	others  *otherRuns
	open    *follower

	items    map[*item]*doubt
	next     time.Time // no item is due before
	looking  bool
	failures readFailures
}

func (d *doubts) len() int { return len(d.items) }

// waitsFor says what orders without an answer wait for.
func (d *doubts) waitsFor(now time.Time) string {
	var last time.Time
	for _, in := range d.items {
		if in.settles.After(last) {
			last = in.settles
		}
	}
	n := csvimport.Plural(d.len(), "order", "orders")
	if now.Before(last) {
		return fmt.Sprintf("%s without an answer to turn up, or not, until %s", n, last.Format("15:04:05"))
	}
	return n + " without an answer that cannot be read back"
}

// add takes a request that ended at now without a clear answer, or with one that
// may be an echo.
func (d *doubts) add(it *item, now time.Time, verdict error) {
	d.items[it] = &doubt{settles: now.Add(d.opt.Settle), next: now, verdict: verdict}
	d.next = time.Time{}
}

// resume takes an item whose doubt began in an earlier run, by the platform's
// clock.
func (d *doubts) resume(it *item, now time.Time) {
	past := max(d.job.Orders.Now().Sub(it.entry.DoubtSince), 0)
	d.add(it, now, nil)
	d.items[it].settles = now.Add(max(d.opt.Settle-past, 0))
}

// look looks for all that are due, in one batch.
func (d *doubts) look(now time.Time, wake *alarm) {
	if d.looking || d.len() == 0 {
		return
	}
	if now.Before(d.next) {
		wake.at(d.next)
		return
	}
	due, next := d.due(now)
	if len(due) == 0 {
		d.next = next
		wake.at(d.next)
		return
	}
	entries := make([]ledger.Entry, len(due))
	for i, it := range due {
		entries[i] = it.entry
	}
	ev := d.open.evidence
	final := slices.ContainsFunc(due, func(it *item) bool { return !now.Before(d.items[it].settles) })
	d.looking = true
	d.tasks.background(func() func() {
		s, err := d.ask.look(entries, ev, final)
		return func() {
			d.looking = false
			d.next = time.Time{}
			d.looked(due, s, err)
		}
	})
}

// due is which items are to be looked for now, and when the next one is.
func (d *doubts) due(now time.Time) (due []*item, next time.Time) {
	var wake alarm
	for it, in := range d.items {
		if now.Before(in.next) {
			wake.at(in.next)
		} else if len(due) < chunk {
			due = append(due, it)
		}
	}
	return due, time.Time(wake)
}

// looked takes what a look found.
func (d *doubts) looked(batch []*item, s sight, err error) {
	now := d.now()
	if err != nil {
		d.lookFailed(batch, err, now)
		return
	}
	d.failures.over()
	d.open.learn(s.kept)
	var adopted, absent []*item
	for i, it := range batch {
		in := d.items[it]
		if o, ok := s.orders[i]; ok {
			take(&it.entry, &o)
			it.compare()
			adopted = append(adopted, it)
			continue
		}
		in.looks++
		settled := !s.began.Before(in.settles)
		switch {
		case in.verdict != nil:
			delete(d.items, it)
			d.believe(it, in.verdict, now)
		case settled && s.controlled:
			absent = append(absent, it)
		case settled && (d.noControlToCome() || now.Sub(in.settles) > d.opt.Patience):
			d.giveUp(it, "no order known to exist could be read back, so a missing one proves nothing")
		case settled:
			in.next = now.Add(d.backoff(in.looks, time.Second, 15*time.Second))
		default:
			in.next = earliest(now.Add(d.backoff(in.looks, time.Second, max(d.opt.Settle/8, time.Second))), in.settles)
		}
	}
	d.adopt(adopted, "found on the platform by a look-up")
	d.proveAbsent(absent)
}

// lookFailed takes a look that could not be made.
func (d *doubts) lookFailed(batch []*item, err error, now time.Time) {
	if d.course.fatal(err) {
		return
	}
	d.failures.failed(err, now)
	tooLong := d.failures.tooLong(now, d.opt.Patience, d.opt.Settle)
	for _, it := range batch {
		in := d.items[it]
		if tooLong && !now.Before(in.settles) {
			d.giveUp(it, "orders could not be read back: "+err.Error())
			continue
		}
		in.looks++
		in.next = now.Add(max(retryAfter(err), d.backoff(in.looks, time.Second, 10*time.Second)))
	}
}

// noControlToCome reports that nothing still under way can show an order that
// exists.
func (d *doubts) noControlToCome() bool {
	if d.senders.working > 0 || d.open.len() > 0 {
		return false
	}
	first := d.ends.canary
	return d.course.phase != placing || d.lanes.fed && d.lanes.waiting == 0 || !first.admits() && first.ended+d.len() >= first.begun
}

// believe takes a refusal or busy answer for true after all.
func (d *doubts) believe(it *item, verdict error, now time.Time) {
	it.entry.Doubted = false
	if apsclient.KindOf(verdict) == apsclient.Busy {
		d.record([]*item{it}, ledger.NotSent, "busy, and no order found", func(items []*item) {
			for _, it := range items {
				d.lanes.park(it, now)
			}
		})
		return
	}
	d.record([]*item{it}, ledger.Refused, "refused, and no order found", d.ends.all(csvimport.Refused))
}

// proveAbsent allows one further send for each.
func (d *doubts) proveAbsent(items []*item) {
	var again []*item
	for _, it := range items {
		if it.sends >= mostSends {
			d.giveUp(it, fmt.Sprintf("sent %d times in this run without a clear answer", it.sends))
			continue
		}
		delete(d.items, it)
		again = append(again, it)
	}
	if len(again) == 0 {
		return
	}
	d.record(again, ledger.NotSent, "no order found after the settle time: may be sent again", func(again []*item) {
		for _, it := range again {
			d.lanes.back(it)
		}
	})
}

// giveUp leaves a doubt to a person or a later run, with the reason.
func (d *doubts) giveUp(it *item, why string) {
	delete(d.items, it)
	if !strings.Contains(it.entry.Message, why) {
		it.entry.Message = strings.TrimPrefix(it.entry.Message+"; "+why, "; ")
	}
	d.record([]*item{it}, ledger.Doubt, "", d.ends.all(csvimport.Unknown))
}

// adopt takes orders that were found for items in doubt.
func (d *doubts) adopt(items []*item, note string) {
	if len(items) == 0 {
		return
	}
	for _, it := range items {
		delete(d.items, it)
	}
	d.record(items, 0, note, func(items []*item) {
		now := d.now()
		d.outage.over()
		for _, it := range items {
			d.open.evidence.saw(&it.entry)
			if it.entry.State != ledger.Accepted {
				d.ends.byOrder(it)
				continue
			}
			d.open.accepted(it, now)
		}
	})
}

// record writes the items' entries, in state s unless 0, and then runs done on
// the loop.
func (d *doubts) record(items []*item, s ledger.State, note string, done func([]*item)) {
	entries := make([]ledger.Entry, len(items))
	for i, it := range items {
		if s != 0 {
			it.entry.State = s
		}
		entries[i] = it.entry
	}
	d.tasks.background(func() func() {
		theirs, err := d.ask.record(d.readCtx, entries, note)
		return func() { done(d.recorded(items, theirs, err)) }
	})
}

// recorded returns those of items that were written. Some may belong to another
// run by now: they are left to it. If the ledger is broken, what is known of
// them is kept for the results.
func (d *doubts) recorded(items []*item, theirs map[string]bool, err error) []*item {
	if err != nil {
		d.course.unwritten(err)
		for _, it := range items {
			d.ends.unrecorded[it.index] = it.entry
		}
	}
	return slices.DeleteFunc(items, func(it *item) bool {
		if !theirs[it.entry.Sub] {
			return false
		}
		want := it.entry
		if it.want != nil {
			want = *it.want
		}
		d.others.wait(it, want, d.now())
		return true
	})
}

// leave ends the rows that are in doubt still.
func (d *doubts) leave() {
	for it := range d.items {
		d.ends.end(it, csvimport.Unknown)
	}
}
