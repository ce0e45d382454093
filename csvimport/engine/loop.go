package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

const (
	backlog   = 20_000 // rows read ahead of the placing, at most
	readAhead = 2_000  // rows read ahead where enough of them can be sent
)

// loop takes the rows of a run to their ends. What it and its parts know is
// touched by its own goroutine alone, which is the caller's of Import: what
// others find out reaches it as functions posted to the run.
type loop struct {
	frame
	pressure *pace.Pressure
	outage   pace.Outage
	canary   pace.Canary
	lanes    *lanes
	senders  *senders
	others   *otherRuns
	open     *follower
	doubts   *doubts
	gate     *gate

	before   time.Duration     // for how long the machine had slept when that was asked last
	answered time.Time         // when the last answer to an order came
	doubled  []ledger.Sighting // second orders that stand, at the end
}

func newLoop(r *run) *loop {
	l := &loop{
		frame:    frame{run: r, ask: asker{r}, tasks: &tasks{run: r}, course: &course{run: r}},
		pressure: pace.New(r.opt.Concurrency, r.opt.Rate),
		outage:   pace.Outage{Chance: r.Chance},
		canary:   pace.NewCanary(r.opt.Canary, r.opt.FirstOnly),
	}
	l.pressure.Window = r.opt.Window
	l.before = r.slept()
	l.ends = newEnds(l.course, &l.canary)
	l.lanes = newLanes(l.frame)
	l.senders = &senders{asker: l.ask, freed: l.freed, orders: make(chan toPlace)}
	l.others = &otherRuns{frame: l.frame, admit: l.admitKnown, items: make(map[string]other), turns: make(map[string]string)}
	l.lanes.elsewhere = l.others.sending
	l.gate = &gate{frame: l.frame}
	l.open = &follower{frame: l.frame, lanes: l.lanes, others: l.others, gate: l.gate, timely: make(joined.SubSet)}
	l.doubts = &doubts{
		frame: l.frame, lanes: l.lanes, senders: l.senders, outage: &l.outage, others: l.others, open: l.open, gate: l.gate,
		items: make(map[*item]*doubt), absent: make(map[*item]*doubt),
	}
	l.open.back = l.doubts.add
	return l
}

// turn runs until every row has ended or the run has. Rows come from feed.
func (l *loop) turn(ctx context.Context, feed <-chan []joined.Pair) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	interrupted, stopping := ctx.Done(), l.job.Run.Stopping()
	var grace <-chan time.Time
	for {
		wake := l.tick(l.now())
		if l.finished() {
			l.leave()
			return
		}
		if wake.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(wake.Sub(l.now()), 1)) // never at once: go1.26's race detector breaks on that in fake time
		}
		rows := feed
		if l.lanes.fed || l.course.phase != placing || l.enough() {
			rows = nil
		}
		select {
		case f := <-l.events:
			f()
			l.drain()
		case <-stopping:
			stopping = nil
			l.course.interrupt()
			grace = time.After(l.opt.Grace)
		case r, ok := <-rows:
			if !ok {
				l.lanes.fed = true
				break
			}
			l.admit(r)
		case <-timer.C:
		case <-interrupted:
			interrupted = nil
			l.course.interrupt()
			grace = time.After(pace.Grace(ctx, l.opt.Grace))
		case <-grace:
			l.endSend()
		}
	}
}

// enough reports whether enough rows have been read for now: more are read as
// long as those read are mostly of accounts that have to wait. What is read far ahead
// others have by then.
func (l *loop) enough() bool {
	ready := len(l.lanes.queue) >= 4*l.opt.Concurrency && (l.job.Hand > 0 || l.lanes.waiting >= readAhead)
	return ready || l.lanes.waiting >= backlog
}

// drain runs what has been posted.
func (l *loop) drain() {
	for n := cap(l.events); n > 0 && len(l.events) > 0; n-- {
		(<-l.events)()
	}
}

// tick starts whatever is due at now and returns when to look again, zero if
// only an event can bring anything new.
func (l *loop) tick(now time.Time) time.Time {
	defer l.showProgress()
	if l.course.phase == ending {
		return time.Time{}
	}
	if d := l.hasSlept(); d > 0 {
		l.outage.Slept(d)
		for _, f := range []*pace.ReadFailures{&l.gate.failures, &l.open.failures, &l.doubts.failures} {
			f.Slept(d)
		}
	}
	var wake pace.Alarm
	if l.course.phase == placing {
		l.share(now)
		l.probe(now, &wake)
		l.gate.tick(now, &wake, l.senders.working)
		if l.lanes.waiting > 0 && l.gate.blind(now) {
			l.course.stop(draining, &notice.StopError{Code: notice.StopOutage, Waited: l.opt.Patience})
		}
		l.lanes.release(now, &wake)
		l.lanes.probe(now, &wake)
		l.dispatch(now, &wake)
	}
	l.doubts.look(now, &wake)
	l.open.poll(now, &wake)
	l.others.look(now, &wake)
	return time.Time(wake)
}

// share goes by what the ledger tells of other runs, and has it tell them.
func (l *loop) share(now time.Time) {
	theirs, along := l.job.Orders.Now(), l.job.Run.Alongside()
	l.ends.runs = along.Runs
	l.pressure.Share(along.Runs)
	l.pressure.Heard(along.PausedUntil, theirs, now, l.opt.Patience)
	l.outage.Heard(now.Add(along.SilentAt.Sub(theirs)), now)
	if until, ok := l.pressure.News(now); ok {
		l.gate.amend(func(e *ledger.Evidence) { e.Pause(theirs.Add(until.Sub(now))) })
	}
	if along.Runs > 1 && l.outage.News(now) {
		l.gate.amend(func(e *ledger.Evidence) { e.SilentAt = theirs })
	}
}

// hasSlept is for how long the machine has slept since this was asked last, to about a
// second.
func (l *loop) hasSlept() time.Duration {
	d := l.slept() - l.before
	if d < time.Second {
		return 0
	}
	l.before += d
	return d
}

func (l *loop) finished() bool {
	switch {
	case l.senders.working > 0 || l.pressure.InFlight > 0 || l.tasks.n > 0:
		return false
	case l.course.phase == ending:
		return true
	case l.course.phase == placing && (!l.lanes.fed || l.lanes.waiting > 0):
		return false
	}
	return l.doubts.len() == 0 && l.open.len() == 0 && l.others.len() == 0
}

// leave gives every row that has been sent the status it has got to. Those that
// were not are told apart by the ledger, with the results.
func (l *loop) leave() {
	l.doubts.leave()
	l.open.leave()
	l.others.leave()
}

func (l *loop) showProgress() {
	l.job.Progress.Show(l.pressure.InFlight, l.open.len(), l.open.oldest())
	l.job.Progress.Waits(l.waitsFor())
}

// waitsFor says what a run that places nothing waits for.
func (l *loop) waitsFor() string {
	switch {
	case l.course.phase == ending:
		return "requests begun to finish"
	case l.outage.Paused:
		return "the platform to answer again"
	case l.pressure.InFlight > 0:
		quiet := l.now().Sub(l.answered)
		if l.answered.IsZero() || quiet <= 10*time.Second {
			return ""
		}
		return fmt.Sprintf("answers to %s, the last one came %s ago", csvimport.Plural(l.pressure.InFlight, "order", "orders"), quiet.Round(time.Second))
	case l.gate.waits() != "":
		return l.gate.waits()
	case l.lanes.waiting > 0 && l.pressure.Held(l.now()):
		return "a pause to end that the platform has asked for"
	case l.lanes.waiting > 0 && !l.pressure.Window.Admits(l.now()):
		return fmt.Sprintf("the limit of %d orders in %v", l.opt.Window.Most, l.opt.Window.Per)
	case l.doubts.len() > 0 && l.lanes.waiting == 0 && l.open.len() == 0:
		return l.doubts.waitsFor(l.now())
	case l.open.len() > 0 && l.lanes.waiting == 0:
		return csvimport.Plural(l.open.len(), "order", "orders") + " still being provisioned" + l.open.example()
	case l.others.len() > 0 && l.lanes.waiting == 0:
		return csvimport.Plural(l.others.len(), "row", "rows") + " another run is working on" + l.others.example()
	case l.lanes.waiting > 0 && len(l.lanes.queue) == 0:
		return "accounts whose open order has to end first"
	}
	return ""
}

// admit takes rows from the feed: those at their end get their status, the
// others their place.
func (l *loop) admit(rows []joined.Pair) {
	for i := range rows {
		r := &rows[i]
		if s, done := l.ends.settled(r); done {
			l.ends.atOnce(&r.Row, r.Entry, s)
			continue
		}
		it := &item{index: r.Row.Index, line: r.Row.Line, row: r.Row.Row, entry: outcome.Wanted(&r.Row)}
		switch e := r.Entry; {
		case e == nil:
			l.lanes.enqueue(it, false)
		case e.State == ledger.NotSent, e.State == ledger.Refused && !l.theirs(e): // the refusal of a live run is this row's as well
			it.entry.Gen, it.entry.Sends, it.entry.Doubted, it.entry.SentBy = e.Gen, e.Sends, e.Doubted, e.SentBy
			l.lanes.enqueue(it, false)
		default:
			l.admitKnown(it, *e)
		}
	}
}

// admitKnown takes an entry that was there when the row was looked at or its
// intent was to be written: an order, a doubt, or another run at work.
func (l *loop) admitKnown(it *item, e ledger.Entry) {
	now := l.now()
	want := it.entry
	it.entry, it.want = e, &want
	it.compare()
	mine := e.Run == l.job.Run.ID()
	it.earlier = (e.State == ledger.Completed || e.State == ledger.Failed) && !l.sentHere(e.SentBy)
	switch {
	case e.State == ledger.Completed:
		l.ends.byOrder(it)
	case e.State == ledger.Failed: // staff may have resubmitted it: asked again
		l.open.follow(it, now, time.Minute)
	case mine && e.State.InDoubt():
		l.doubts.resume(it, now)
	case mine && e.State == ledger.Accepted:
		l.open.accepted(it, now)
	case e.State == ledger.NotSent:
		it.mend()
		l.lanes.later(it, now)
	default:
		if e.State == ledger.Intended { // the account's turn is another run's
			l.lanes.park(it.entry.AccountID, now)
		}
		l.others.wait(it, want, now)
	}
}

// dispatch sends as many rows as pressure, lanes, canary and limits allow. One that may
// have an order is looked for again where the look that found none is old.
func (l *loop) dispatch(now time.Time, wake *pace.Alarm) {
	l.judge()
	for len(l.lanes.queue) > 0 && l.course.phase == placing {
		if !l.outage.Admits(l.senders.working) {
			return
		}
		if most := pace.Share(l.opt.MaxOpen, l.ends.runs); most > 0 && l.open.len()+l.doubts.len()+l.senders.working >= most {
			return
		}
		as := l.gate.admits(l.senders.working, now, wake)
		if as == evidence.None {
			return
		}
		ok, at := l.pressure.Open(now)
		if !ok {
			wake.At(at)
			return
		}
		it := l.lanes.next(l.canary.Admits())
		if it == nil {
			return
		}
		if l.doubts.stale(it) {
			l.lanes.untake(it)
			if l.doubts.recheck(it) {
				continue
			}
			l.lanes.enqueue(it, false)
			return
		}
		it.canary = it.canary || l.canary.Begin()
		l.gate.sent(it, as)
		l.pressure.Start(now)
		l.senders.send(toPlace{it.entry, func(a answer) { l.post(func() { l.placed(it, a) }) }})
	}
}

// judge decides once the canary has ended: go on, or stop.
func (l *loop) judge() {
	last := l.lanes.fed && l.lanes.waiting == 0 && l.senders.working == 0
	shows := l.job.Imported != nil && l.gate.memory.Follows > 0
	switch l.canary.Judge(last, shows, l.tasks.n > 0) {
	case pace.Failed:
		l.course.stop(draining, &notice.StopError{Code: notice.StopCanary, Rows: l.canary.Begun(), Bad: l.canary.Bad()})
	case pace.Suspected:
		timely := maps.Clone(l.open.timely)
		l.tasks.background(func() func() {
			found, err := l.ask.imported(l.readCtx, l.gate.memory.Follows, timely)
			return func() {
				if err != nil {
					l.log.Warn("tenants not readable after the first rows", "error", err)
				}
				if found.Missing > 0 {
					l.course.stop(draining, &notice.StopError{Code: notice.StopNotImported, Bad: found.Missing})
				}
			}
		})
	case pace.Passed:
		if l.canary.FirstDay() {
			l.course.stop(draining, &notice.StopError{Code: notice.StopFirst})
		}
	}
}

// probe asks, in an outage, whether the platform answers again, and ends the run
// once it has not for too long.
func (l *loop) probe(now time.Time, wake *pace.Alarm) {
	o := &l.outage
	if !o.Blocked(l.pressure.Held(now)) {
		return
	}
	if o.TooLong(now, l.opt.Patience, wake) && l.lanes.waiting > 0 {
		l.course.stop(draining, &notice.StopError{Code: notice.StopOutage, Waited: l.opt.Patience})
		return
	}
	if !o.Probe(now, wake) {
		return
	}
	l.tasks.background(func() func() {
		err := l.job.Orders.Ping(l.readCtx)
		return func() {
			if err != nil && o.Paused && l.course.fatal(err) {
				return
			}
			if o.Probed(l.now(), err == nil, pace.RetryAfter(err)) {
				l.pressure.Single()
			}
		}
	})
}

// freed takes an order that was accepted and is on its way to the disk.
func (l *loop) freed(started, answered time.Time) {
	l.post(func() {
		l.pressure.InFlight--
		l.pressure.Answered(started, answered)
	})
}

// placed takes an answer: what it means for the row, its account and the platform
// as a whole.
func (l *loop) placed(it *item, a answer) {
	now := l.now()
	l.answered = now
	l.senders.working--
	switch {
	case a.started.IsZero(): // another run has the row, say
		l.pressure.Unsent()
	case !a.freed:
		l.pressure.InFlight--
	}
	account := l.lanes.of(it.entry.AccountID)
	account.InFlight--
	defer func() {
		l.lanes.turn(account)
		l.lanes.drop(account)
	}()
	if !a.held {
		it.entry = a.entry
	}
	l.gate.placed(it, &a)
	l.pressure.Window.Shut(now.Add(a.wait))
	switch {
	case a.broken != nil:
		l.course.unwritten(a.broken)
		l.endUnrecorded(it, a)
	case a.held:
		account.Calm()
		l.admitKnown(it, a.entry)
	case a.err == nil:
		l.outage.Over(l.now())
		l.lanes.calm(account)
		delete(l.doubts.absent, it)
		it.sends++
		if it.entry.State != ledger.Accepted { // a no has named it, at its end
			l.ends.byOrder(it)
			break
		}
		if it.entry.ShownAt.IsZero() { // no order that was there before
			it.placed = now
		}
		l.open.accepted(it, now)
	default:
		l.unplaced(it, account, a, now)
	}
}

// unplaced takes everything but an accepted order.
func (l *loop) unplaced(it *item, account *lane, a answer, now time.Time) {
	switch {
	case errors.Is(a.err, errOvertaken):
		l.ends.taken(it)
	case errors.Is(a.err, errStale), errors.Is(a.err, errHalted):
		l.lanes.soon(it)
	case a.entry.State == ledger.Doubt:
		it.sends++
		wait := min(pace.RetryAfter(a.err), l.opt.Patience)
		l.pressure.Overloaded(a.started, now, wait, false)
		l.outage.Failed(now, wait)
		l.doubts.add(it, now)
	case a.entry.State == ledger.Denied:
		it.sends++
		l.denied(it, account, a, now)
	default: // not sent
		if l.course.fatal(a.err) {
			l.ends.end(it, csvimport.Unsent)
			return
		}
		l.outage.Failed(now, 0)
		l.pressure.Overloaded(a.started, now, 0, false)
		l.lanes.later(it, now)
	}
}

// denied takes a clear no to a request that was written. What it says of the
// platform and the account counts at once; what it says of the order is believed
// after a look.
func (l *loop) denied(it *item, account *lane, a answer, now time.Time) {
	wait := min(pace.RetryAfter(a.err), l.opt.Patience)
	switch kind := apsclient.KindOf(a.err); {
	case kind == apsclient.Refused:
		l.outage.Over(l.now())
		l.lanes.calm(account)
		l.pressure.Answered(a.started, now)
		l.ends.suspect(it)
	case kind == apsclient.Busy:
		l.outage.Over(now)
		l.pressure.Answered(a.started, now)
		l.lanes.park(it.entry.AccountID, now)
	case kind == apsclient.SlowDown && a.entry.HTTPStatus == 429:
		l.outage.Slowed(now)
		l.pressure.Overloaded(a.started, now, wait, true)
	case kind == apsclient.SlowDown:
		l.outage.Failed(now, wait)
		l.pressure.Overloaded(a.started, now, wait, false)
	case outcome.Renewed(a.err):
	default: // nothing further is placed, and what is begun is still looked for
		l.course.stopFor(draining, a.err)
	}
	l.doubts.deny(it, a.err, now)
}

// endUnrecorded ends a row whose outcome could not be written down: what is
// known now is told, and the next run finds the intent in doubt. A row whose intent
// could not be written may be another run's by now, which the ledger tells at the end.
func (l *loop) endUnrecorded(it *item, a answer) {
	if a.started.IsZero() {
		l.ends.unsent[it.index] = true
		return
	}
	l.ends.unrecorded[it.index] = a.entry
	if a.err == nil {
		l.ends.end(it, csvimport.Submitted)
	} else {
		l.ends.end(it, csvimport.Unknown)
	}
}
