package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/pace"
)

// mostSends is how often one row is sent in one run.
const mostSends = 5

// lookGap is how far apart the looks for an order are at most.
const lookGap = 15 * time.Second

// doubt is a request whose effect is not known: it got no clear answer, or a no that
// may be the echo of a delivery that created the order.
type doubt struct {
	since   time.Time     // when the answer came, or did not
	heard   time.Time     // the platform's latest word on the time before that
	earlier time.Duration // how long ago that was when this run took it up, 0 for its own
	next    time.Time     // when to look
	looks   int
	no      error         // the no, nil where there was no clear answer
	asked   time.Duration // to be waited, by the no
	arrives time.Duration // for so long after it began a run that may wake up can write the request; 0 if that has ended

	begun  time.Time       // since when it is looked for: for as long as the patience lasts
	looked evidence.Moment // when the look began that counts and found nothing; zero if none has
	entry  ledger.Entry    // as it was then
	again  bool            // it is looked for again, since that was too long ago
}

// doubts are the items whose effect is not known.
type doubts struct {
	frame
	lanes   *lanes
	senders *senders
	outage  *pace.Outage
	others  *otherRuns
	open    *follower
	gate    *gate

	items    map[*item]*doubt
	absent   map[*item]*doubt // ended by looks that found nothing: they may be sent again
	again    []*item          // sent again, or to be, while there was no control
	next     time.Time        // no item is due before
	looking  bool
	failures pace.ReadFailures
}

func (d *doubts) len() int { return len(d.items) }

// waitsFor says what orders without an answer wait for.
func (d *doubts) waitsFor(now time.Time) string {
	var last time.Time
	var of *item
	for it, in := range d.items {
		if until := d.until(in); of == nil || until.After(last) || until.Equal(last) && it.row < of.row {
			last, of = until, it
		}
	}
	words := csvimport.Plural(d.len(), "order", "orders") + " without an answer"
	if now.Before(last) {
		return fmt.Sprintf("%s to turn up, or not, until %s, last that of %s", words, last.Format("15:04:05 MST"), of.name())
	}
	return words + " that cannot be read back, such as that of " + of.name()
}

// add takes a request that ended at now without a clear answer.
func (d *doubts) add(it *item, now time.Time) {
	d.take(it, &doubt{since: now, heard: it.entry.DoubtSince, next: now})
}

// deny takes a no that is to be borne out by a look.
func (d *doubts) deny(it *item, no error, now time.Time) {
	d.take(it, &doubt{since: now, heard: it.entry.DoubtSince, no: no, asked: min(pace.RetryAfter(no), d.opt.Patience)})
}

// take has an item looked for from now on.
func (d *doubts) take(it *item, in *doubt) {
	delete(d.absent, it)
	d.items[it], d.next, in.begun = in, time.Time{}, d.now()
}

// resume takes an item whose doubt began in an earlier run: as long ago as the
// platform's clock and this machine's agree on.
func (d *doubts) resume(it *item, now time.Time) {
	here := d.job.Machine.Now().Round(0)
	if it.entry.DoubtHere.IsZero() {
		it.entry.DoubtHere = here
	}
	earlier := min(d.job.Orders.Now().Sub(it.entry.DoubtSince), here.Sub(it.entry.DoubtHere))
	in := &doubt{since: now, heard: it.entry.DoubtSince, next: now, earlier: max(earlier, 0)}
	if it.entry.State == ledger.Denied {
		in.no = errDeniedEarlier
	}
	if by := it.entry.SentBy; d.opt.ResendDoubts && by != d.job.Run.ID() && !d.job.Run.Ended(by) {
		in.arrives = evidence.MayArrive(d.gate.memory.Measured.Window, !d.job.Orders.Stamp().IsZero())
	}
	d.take(it, in)
}

// stale reports whether the look that found no order of an item is too old to send it
// again on: one may have shown since.
func (d *doubts) stale(it *item) bool {
	in, ok := d.absent[it]
	return ok && !in.looked.Recent(d.moment())
}

// recheck takes an item back, to be looked for again by what is known of its doubt since
// that began. No more are than may be sent at once; ok is false of one that has to wait.
func (d *doubts) recheck(it *item) (ok bool) {
	n := 0
	for _, in := range d.items {
		if in.again {
			n++
		}
	}
	if n >= d.opt.Concurrency {
		return false
	}
	in := d.absent[it]
	it.entry, in.again, in.next = in.entry, true, d.now()
	d.take(it, in)
	return true
}

var errDeniedEarlier = &apsclient.Error{Kind: apsclient.SlowDown, Op: "place order", Message: "denied in an earlier run"}

// until is from when on a look that finds nothing is the last one.
func (d *doubts) until(in *doubt) time.Time {
	lag, measured := d.measured()
	switch {
	case in.no == nil && d.resendLater(in):
		return in.since.Add(max(d.rules.Again(in.arrives)-in.earlier, 0))
	case in.no == nil:
		return in.since.Add(max(d.rules.Doubt(lag)-in.earlier, 0))
	case measured, d.course.barred():
		return in.since.Add(max(d.rules.Denied(lag, in.asked)-in.earlier, 0))
	}
	return in.since.Add(max(d.turnUp()-in.earlier, 0))
}

// due is when an item is to be looked for next. One that was denied is not before
// the look can bear it out, and not while its account is busy.
func (d *doubts) due(it *item, in *doubt) time.Time {
	if in.no == nil {
		if until := d.until(in); until.After(d.now()) {
			return pace.Earliest(in.next, until)
		}
		return in.next
	}
	at := pace.Latest(in.next, d.until(in))
	if l := d.lanes.byAccount[it.entry.AccountID]; l != nil && l.Busy && d.course.phase == placing {
		at = pace.Latest(at, pace.Earliest(l.ProbeAt, in.begun.Add(d.opt.Patience)))
	}
	return at
}

// look looks for all that are due, in one batch.
func (d *doubts) look(now time.Time, wake *pace.Alarm) {
	if d.looking || d.len() == 0 {
		return
	}
	if now.Before(d.next) {
		wake.At(d.next)
		return
	}
	batch, next := d.batch(now)
	if len(batch) == 0 {
		d.next = pace.Earliest(next, now.Add(lookGap))
		wake.At(d.next)
		return
	}
	entries := make([]ledger.Entry, len(batch))
	for i, it := range batch {
		entries[i] = it.entry
	}
	kept, controls := d.references(), slices.Clone(d.gate.controls)
	known := make([]ledger.Entry, len(controls))
	for i := range controls {
		known[i] = controls[i].Entry
	}
	final := slices.ContainsFunc(batch, func(it *item) bool { return !now.Before(d.until(d.items[it])) })
	d.looking = true
	d.tasks.background(func() func() {
		s, err := d.ask.look(entries, kept, known, final)
		return func() {
			d.looking = false
			d.next = time.Time{}
			d.looked(batch, controls, s, err)
		}
	})
}

// batch is which items are to be looked for now, and when the next one is.
func (d *doubts) batch(now time.Time) (batch []*item, next time.Time) {
	var wake pace.Alarm
	for it, in := range d.items {
		if at := d.due(it, in); now.Before(at) {
			wake.At(at)
		} else if len(batch) < joined.Chunk {
			batch = append(batch, it)
		}
	}
	slices.SortFunc(batch, func(a, b *item) int { return a.index - b.index })
	return batch, time.Time(wake)
}

// looked takes what a look found. An order that stands is one also where the look could
// not be brought to its end.
func (d *doubts) looked(batch []*item, controls []control, s sight, err error) {
	now := d.now()
	began := d.began.Add(s.began.Elapsed)
	var found, unread, absent []*item
	for i, it := range batch {
		in := d.items[it]
		if o, ok := s.orders[i]; ok && (err == nil || o.Phase() != apsclient.Bad) {
			outcome.Found(&it.entry, &o, d.job.Orders.Now())
			d.ask.nameAccount(&it.entry)
			it.compare()
			found = append(found, it)
			continue
		}
		if err != nil {
			unread = append(unread, it)
			continue
		}
		in.looks++
		in.next = now.Add(d.Backoff(in.looks, time.Second, lookGap))
		switch counts := d.counts(in, controls, &s, began); {
		case began.Before(d.until(in)):
		case s.unclear[i]:
			d.giveUp(it, "an order is listed of which the platform does not tell what it is for")
		case in.no != nil && counts, in.no == nil && d.mayResend(it, in, &s, counts, now):
			in.looked, in.entry = s.began, it.entry
			absent = append(absent, it)
		case in.no == nil && !d.resendLater(in):
			d.giveUp(it, notice.NotFound(in.arrives > 0, evidence.Until(in.heard, in.arrives)))
		case now.Sub(in.begun) >= d.opt.Patience || in.no != nil && d.noControlToCome(in, now):
			d.giveUp(it, "no order known to exist could be read back, so a missing one proves nothing")
		}
	}
	d.adopt(found, "found on the platform by a look-up")
	if err != nil {
		d.lookFailed(unread, err, now)
		return
	}
	d.failures.Over()
	d.open.learn(s.kept)
	d.believe(absent)
}

// counts reports whether a look that found nothing proves something: it listed a
// control that was accepted after the row was written, or, where there is none and
// orders have had the time to turn up, any control; for a no, and where there is no
// control at all, any order.
func (d *doubts) counts(in *doubt, controls []control, s *sight, began time.Time) bool {
	old := began.Sub(in.since)+in.earlier >= d.turnUp()
	if n := len(controls); n > 0 && in.earlier == 0 && controls[n-1].accepted.After(in.since) {
		old = false
	}
	if len(controls) == 0 && old && s.any && in.no != nil {
		return true
	}
	for i := range controls {
		c := &controls[i]
		if s.controls[c.OrderID] && (old || in.earlier == 0 && c.accepted.After(in.since)) {
			return true
		}
	}
	return false
}

// noControlToCome reports that a denied row can no longer be borne out in this run.
func (d *doubts) noControlToCome(in *doubt, now time.Time) bool {
	_, measured := d.measured()
	if !measured && d.course.barred() {
		return true
	}
	return !measured && now.Sub(in.since)+in.earlier >= d.turnUp() && len(d.gate.controls) == 0 && !d.firstToCome()
}

// firstToCome reports whether an order of this run is to show still that would be a control:
// the first one, that of a row that waits for its turn, or that of a row in doubt that may
// be sent again, or has been and has not ended.
func (d *doubts) firstToCome() bool {
	if d.course.phase != placing {
		return false
	}
	if d.lanes.waiting > 0 || !d.lanes.fed || d.senders.working > 0 || d.gate.first.Waiting() {
		return true
	}
	for _, in := range d.items {
		if in.no == nil && d.resendLater(in) {
			return true
		}
	}
	return slices.ContainsFunc(d.again, func(it *item) bool { return d.ends.rows.Of(it.index) == "" })
}

// resendLater reports whether a row in doubt may come to be sent again in this
// run: where a person said so and settle is short.
func (d *doubts) resendLater(in *doubt) bool {
	lag, _ := d.measured()
	return d.opt.ResendDoubts && d.rules.Again(in.arrives)-in.earlier <= d.rules.Resend(lag)
}

// mayResend reports whether a row in doubt may be sent again: a person said so,
// settle has passed by both clocks, its request can no longer arrive, and a look that
// counts finds nothing. Without any control a single row may be, as first order.
func (d *doubts) mayResend(it *item, in *doubt, s *sight, counts bool, now time.Time) bool {
	if !d.opt.ResendDoubts || evidence.Passed(now.Sub(in.since)+in.earlier, in.heard, s.date) < d.rules.Again(in.arrives) {
		return false
	}
	return counts || len(d.gate.controls) == 0 && d.mayBeFirst(it)
}

// mayBeFirst reports whether a row in doubt may be sent again as the first order: one
// may be placed now, none is to show still, and of no other row that was sent again so
// it is open what became of it.
func (d *doubts) mayBeFirst(it *item) bool {
	if d.course.phase != placing || d.paused.Load() || d.gate.first.Begun() || d.gate.first.Waiting() {
		return false
	}
	for other, in := range d.items {
		if other != it && !in.looked.Wall.IsZero() {
			return false
		}
	}
	return !slices.ContainsFunc(d.again, func(other *item) bool {
		s := d.ends.rows.Of(other.index)
		return other != it && (s == "" || s == csvimport.Unknown)
	})
}

// lookFailed takes a look that could not be made.
func (d *doubts) lookFailed(batch []*item, err error, now time.Time) {
	if d.course.fatal(err) {
		return
	}
	d.failures.Failed(err, now)
	for _, it := range batch {
		in := d.items[it]
		if now.Sub(in.begun) >= d.opt.Patience {
			d.giveUp(it, "orders could not be read back: "+err.Error())
			continue
		}
		in.looks++
		wait := max(min(pace.RetryAfter(err), d.opt.Patience), d.Backoff(in.looks, time.Second, 10*time.Second))
		in.next = pace.Earliest(now.Add(wait), pace.Latest(in.begun.Add(d.opt.Patience), now.Add(time.Second)))
	}
}

// believe takes that rows have no order.
func (d *doubts) believe(items []*item) {
	var again, refused []*item
	for _, it := range items {
		in := d.items[it]
		if in.no == nil && it.sends >= mostSends {
			d.giveUp(it, fmt.Sprintf("sent %d times in this run without a clear answer", it.sends))
			continue
		}
		delete(d.items, it)
		it.entry.Doubted = it.entry.Doubted && in.no != nil
		it.entry.FinishedAt = d.job.Orders.Now()
		d.ends.pardon(it)
		if in.no != nil && !mayTryAgain(in.no) {
			refused = append(refused, it)
			continue
		}
		d.absent[it] = in
		again = append(again, it)
		if in.no == nil && len(d.gate.controls) == 0 {
			d.again = append(d.again, it)
		}
	}
	if len(refused) > 0 {
		d.record(refused, ledger.Refused, "refused, and no order found", d.ends.all(csvimport.Refused))
	}
	if len(again) > 0 {
		d.record(again, ledger.NotSent, "no order found: may be sent again", func(again []*item) {
			for _, it := range again {
				if in := d.absent[it]; in.again || apsclient.KindOf(in.no) == apsclient.Busy {
					d.lanes.first(it, d.now())
				} else {
					d.lanes.last(it)
				}
			}
		})
	}
}

// mayTryAgain reports whether sending again may help after a no.
func mayTryAgain(no error) bool {
	return slices.Contains([]apsclient.Kind{apsclient.SlowDown, apsclient.Busy, apsclient.Credentials}, apsclient.KindOf(no))
}

// giveUp leaves an item to a person or a later run, with the reason.
func (d *doubts) giveUp(it *item, why string) {
	delete(d.items, it)
	d.ends.pardon(it)
	if !strings.Contains(it.entry.Message, why) {
		it.entry.Message = strings.TrimPrefix(it.entry.Message+"; "+why, "; ")
	}
	d.record([]*item{it}, 0, "", d.ends.all(csvimport.Unknown))
}

// adopt takes orders that were found for items.
func (d *doubts) adopt(items []*item, note string) {
	if len(items) == 0 {
		return
	}
	for _, it := range items {
		delete(d.items, it)
		d.ends.pardon(it)
	}
	d.record(items, 0, note, func(items []*item) {
		now := d.now()
		d.outage.Over(now)
		for _, it := range items {
			d.gate.adopted(it)
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

// leave ends the rows whose effect is not known still.
func (d *doubts) leave() {
	for it := range d.items {
		d.ends.end(it, csvimport.Unknown)
	}
}
