package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/pace"
)

// gate lets orders be placed as far as what listings have shown allows: it looks
// at the newest orders, sees to the first order, and weighs orders of others.
type gate struct {
	frame
	first   *evidence.First // nil where every row was at its end before: none is placed
	foreign evidence.Foreign
	watcher *watcher
	inFile  func(sub string) bool
	toDo    joined.SubSet // subscriptions of rows that were not at their end

	memory   ledger.Evidence
	controls []control       // orders seen listed, the newest last
	tenants  evidence.Moment // when reading them ended, as far as this run has
	own      *item           // the first order of the present evidence
	number   string          // its number, once known
	read     bool            // the platform has shown it when asked for it by id

	looking  bool
	looked   time.Duration // elapsed when the last look began
	anyLook  bool
	every    time.Duration
	failures pace.ReadFailures
	vouched  time.Duration
	holding  bool // a person has been told of a wait
	anySent  bool // this run has sent an order
}

// control is an order known to exist, by which look-ups go.
type control struct {
	ledger.Entry
	accepted time.Time // by this run; zero: by an earlier one
}

// lookControls is how many of the newest controls a look-up goes by.
const lookControls = 5

// begin takes what the survey found, before the first order.
func (g *gate) begin(memory ledger.Evidence, s *listing) {
	g.memory = memory
	g.watcher = &watcher{asker: g.ask, seen: make(map[string]time.Duration), newest: s.newest, looked: s.began.Elapsed, tenants: g.job.Resolved, read: g.job.Resolved}
	g.tenants = g.job.Resolved
	g.learnLag()
	for _, e := range s.known {
		g.controls = append(g.controls, control{Entry: e})
	}
	g.first = evidence.NewFirst(g.rules, memory.First, g.elapsed())
	if len(s.foreign) > 0 {
		g.say(notice.Notice{Code: notice.Adopted, Orders: len(s.foreign)})
		g.holdFor(g.turnUp() - max(g.job.Orders.Now().Sub(s.youngest(g.job.Orders.Now())), 0))
	}
	g.holdFor(min(memory.HoldUntil.Sub(g.job.Orders.Now()), g.turnUp()))
	if last := g.opt.LastImport; !last.IsZero() {
		g.holdFor(g.turnUp() - max(g.now().Sub(last), 0))
	}
	vouched := !g.watcher.outdated() && memory.Vouched != 0 && memory.Vouched != g.job.Run.ID() && g.job.Run.Alive(memory.Vouched) &&
		g.job.Orders.Now().Sub(memory.VouchedAt) < time.Minute
	if vouched {
		g.fresh.Looked(s.began) // the survey is as good as a look: without one evidence would begin anew at once
	}
	if vouched || g.opt.NoEvidence {
		g.first.Spare(g.elapsed())
	}
}

// holdFor keeps orders back for a time from now on, across runs.
func (g *gate) holdFor(d time.Duration) {
	if d <= 0 {
		return
	}
	until := g.elapsed() + d
	g.foreign.HoldUntil(until)
	g.keepHold(until)
}

// keepHold remembers, across runs, that nothing is placed before a time.
func (g *gate) keepHold(at time.Duration) {
	until := g.job.Orders.Now().Add(at - g.elapsed())
	g.amend(func(e *ledger.Evidence) {
		if until.After(e.HoldUntil) {
			e.HoldUntil = until
		}
	})
}

// amend changes what the ledger remembers of the platform.
func (g *gate) amend(change func(*ledger.Evidence)) {
	change(&g.memory)
	g.tasks.background(func() func() {
		_, err := g.job.Book.Amend(context.WithoutCancel(g.readCtx), change)
		return func() {
			if err != nil {
				g.course.unwritten(err)
			}
		}
	})
}

// tick does what is due at now.
func (g *gate) tick(now time.Time, wake *pace.Alarm, working int) {
	if g.first == nil {
		return
	}
	at := g.elapsed()
	if g.foreign.Any() { // one in doubt is not what they are weighed against for ever
		g.first.Lapse(at)
	}
	until, held := g.foreign.Held(at)
	switch {
	case held:
		g.tellHold(until)
		wake.At(now.Add(until - at))
	case g.holding && working == 0: // it is over: evidence begins anew
		g.holding = false
		g.anew(at)
	case !held && working == 0 && g.fresh.Begun() && (g.first.Begun() || g.fresh.Gap()) && !g.fresh.Fresh(g.moment()): // asleep, or cut off, for too long
		g.anew(at)
	}
	if !held {
		g.judge(at, now, wake)
	}
	g.weigh()
	g.watch(at, now, wake)
	_, held = g.foreign.Held(at)
	g.paused.Store(held || g.holding || g.foreign.Any())
}

// admits returns how many orders may be placed now, while so many are on their
// way. Where none was for long, or the first one is yet to come and the tenants were read
// long ago, evidence begins anew.
func (g *gate) admits(working int, now time.Time, wake *pace.Alarm) evidence.Admission {
	at := g.moment()
	g.first.Lapse(at.Elapsed)
	switch {
	case g.paused.Load(), !g.fresh.Fresh(at):
		return evidence.None
	case working == 0 && (g.first.Idle(at.Elapsed) || !g.first.Begun() && g.job.Imported != nil && !g.tenants.Stands(at)):
		g.anew(at.Elapsed)
		g.watch(at.Elapsed, now, wake)
	}
	return g.first.Admits(at.Elapsed, g.fresh.Recent(at), working)
}

func (g *gate) tellHold(until time.Duration) {
	words := notice.ToTurnUp(g.began.Add(until))
	g.job.Progress.Waits(words)
	if !g.holding {
		g.holding = true
		g.say(notice.Notice{Code: notice.Holding, Until: g.began.Add(until)})
	}
}

// anew begins evidence anew: a look, and a first order.
func (g *gate) anew(at time.Duration) {
	g.foreign.Anew()
	g.fresh.Anew(g.moment())
	g.first.Anew(at)
	if g.opt.NoEvidence {
		g.first.Spare(at)
	}
	g.own, g.number, g.read = nil, "", false
	g.every = 0
	if g.memory.Vouched == g.job.Run.ID() {
		g.amend(func(e *ledger.Evidence) { e.Vouched = 0 })
	}
}

// judge ends the run where the first order does not show.
func (g *gate) judge(at time.Duration, now time.Time, wake *pace.Alarm) {
	switch g.first.Judge(at) {
	case evidence.TooManyDoubts:
		g.course.stop(draining, &notice.StopError{Code: notice.StopFirstInDoubt})
	case evidence.Unseen:
		if g.read {
			g.course.stop(draining, &notice.StopError{Code: notice.StopNoEvidence, Order: g.orderName()})
			break
		}
		g.course.stop(draining, &notice.StopError{Code: notice.StopUnseen, Order: g.orderName(), Waited: g.opt.Show})
	case evidence.UnseenAgain:
		g.course.stop(draining, &notice.StopError{Code: notice.StopUnseenAgain, Order: g.memory.First, Waited: g.opt.Show})
	}
	if end := g.first.GivesUp(); end > at {
		wake.At(now.Add(end - at))
	}
}

func (g *gate) orderName() string {
	if g.own == nil {
		return g.memory.First
	}
	return outcome.Named(g.own.entry.OrderNumber, g.own.entry.OrderID)
}

// weigh decides what orders of somebody else's mean.
func (g *gate) weigh() {
	had, _ := g.foreign.Held(0)
	switch g.foreign.Step(g.number, g.first.Placed(), g.turnUp()) {
	case evidence.Pause:
		if until, _ := g.foreign.Held(0); until > had {
			g.keepHold(until)
		}
	case evidence.End:
		g.course.stop(draining, &notice.StopError{Code: notice.StopForeign, Order: g.foreign.Earliest(), Since: g.began.Add(g.foreign.Since())})
	case evidence.Look:
		g.every = 0
	}
}

// watch looks at the newest orders when that is due: about every second at first,
// widening to a minute, and at once where the first order waits for it.
func (g *gate) watch(at time.Duration, now time.Time, wake *pace.Alarm) {
	if g.looking {
		return
	}
	if due := g.due(at); at < due {
		wake.At(now.Add(due - at))
		return
	}
	g.looking, g.looked, g.anyLook = true, at, true
	g.every = min(max(2*g.every, time.Second), g.opt.Watch)
	ids := slices.DeleteFunc([]string{g.memory.First, g.first.Own()}, func(id string) bool { return id == "" })
	apart, reach := g.first.Waiting(), time.Duration(0)
	if g.memory.First != "" { // it may be older than what a look reads
		reach = g.job.Orders.Now().Sub(g.memory.FirstSince) + time.Hour
	}
	g.tasks.background(func() func() {
		v, err := view{}, g.watcher.readTenants(g.toDo)
		if err == nil {
			v, err = g.watcher.look(ids, reach, apart)
		}
		return func() {
			g.looking, g.tenants = false, g.watcher.read
			if err != nil {
				g.lookFailed(err)
				g.sawOrders(&v)
				return
			}
			g.saw(&v)
		}
	})
}

// due is when the next look is.
func (g *gate) due(at time.Duration) time.Duration {
	next := g.looked + g.every
	switch {
	case !g.anyLook:
		return at
	case g.first.NeedsLook() && g.course.phase == placing:
		next = max(min(next, g.first.Due(g.looked)), g.looked+min(g.every, 10*time.Second))
	}
	return max(next, g.looked+g.gap())
}

// gap is what is between two looks at least.
func (g *gate) gap() time.Duration {
	if g.opt.Loopback {
		return 50 * time.Millisecond
	}
	return time.Second
}

// blind reports whether the newest orders have not been readable for longer than the
// patience lasts.
func (g *gate) blind(now time.Time) bool {
	return g.failures.TooLong(now, g.opt.Patience, g.opt.Patience)
}

func (g *gate) lookFailed(err error) {
	if errors.Is(err, context.Canceled) || g.course.fatal(err) {
		return
	}
	g.failures.Failed(err, g.now())
	g.every = max(g.every, time.Second)
	g.log.Warn("newest orders not readable", "error", err)
}

// saw takes what a complete look showed.
func (g *gate) saw(v *view) {
	g.failures.Over()
	g.fresh.Looked(v.began)
	if 20*v.took > g.every { // looking takes a twentieth of the time at most
		g.every = min(20*v.took, g.opt.Watch)
	}
	g.sawOrders(v)
	g.foreign.Looked(v.began.Elapsed)
	g.sawFirst(v, g.elapsed())
}

// sawOrders takes the orders that a look showed, which may not have come to its end.
func (g *gate) sawOrders(v *view) {
	g.tookLags(v.lags)
	v.foreign = g.counting(v.foreign)
	for i := range v.foreign {
		g.foreign.Saw(v.foreign[i].Number, g.elapsed())
	}
	if n := len(v.foreign); n > 0 {
		g.say(notice.Notice{Code: notice.Adopted, Orders: n})
		g.every = 0 // both look again
	}
	for _, double := range v.doubles {
		g.say(notice.Notice{Code: notice.Doubled, Sub: double.Sub})
	}
}

// counting are those of foreign orders that count: with a person's word that another
// import has other rows, those of this file alone.
func (g *gate) counting(foreign []apsclient.Order) []apsclient.Order {
	if !g.opt.Beside {
		return foreign
	}
	return slices.DeleteFunc(foreign, func(o apsclient.Order) bool { return !g.inFile(outcome.Subscription(&o)) })
}

// sawFirst tells the first order what a look showed.
func (g *gate) sawFirst(v *view, at time.Duration) {
	wasOpen, waited := g.first.Open(), g.first.Waiting()
	own := g.first.Own()
	if o, ok := v.shown[own]; ok && g.own != nil && outcome.Misnamed(&o, &g.own.entry) {
		delete(v.shown, own)
	}
	if o, ok := v.shown[own]; ok && own != "" {
		g.number = o.Number
		if g.own != nil && !g.opt.NoEvidence && outcome.Agreement(&o, &g.own.entry) == outcome.Untellable {
			g.course.stop(draining, &notice.StopError{Code: notice.StopNoEvidence, Order: outcome.Named(o.Number, o.ID)})
		}
		if g.own != nil {
			g.sawListed(&g.own.entry, g.own.placed)
		}
	}
	shows := func(id string) bool { _, ok := v.shown[id]; return ok }
	g.first.Listed(v.began.Elapsed, at, shows, len(v.foreign) == 0 && !g.foreign.Any())
	if waited && !g.first.Waiting() && g.memory.First != "" {
		g.amend(func(e *ledger.Evidence) { e.First = "" })
	}
	if !wasOpen && g.first.Open() {
		g.every = time.Second
	}
	if g.first.Open() && (!wasOpen || v.ours && at-g.vouched > 30*time.Second) {
		g.vouched = at
		run, when := g.job.Run.ID(), g.job.Orders.Now()
		g.amend(func(e *ledger.Evidence) { e.Vouched, e.VouchedAt = run, when })
	}
}

// sawListed takes an order of this run, accepted at a time, that a listing has
// shown. The time is zero where the order was found: it may be older than what it is
// to be a control for.
func (g *gate) sawListed(e *ledger.Entry, accepted time.Time) {
	n := len(g.controls)
	if n > 0 && !accepted.After(g.controls[n-1].accepted) {
		return
	}
	g.controls = append(g.controls, control{*e, accepted})
	g.controls = g.controls[max(0, len(g.controls)-lookControls):]
}

// tookLags takes how long orders took to show.
func (g *gate) tookLags(lags []time.Duration) {
	if len(lags) == 0 {
		return
	}
	longest, now := slices.Max(lags), g.job.Orders.Now()
	probe := g.memory
	if had, measured := g.measured(); measured && longest <= had || !probe.SawLag(longest, now) {
		return
	}
	if _, measured := g.measured(); !measured {
		g.log.Info("orders show", "after", longest)
	}
	g.amend(func(e *ledger.Evidence) { e.SawLag(longest, now) })
	g.learnLag()
}

func (g *gate) learnLag() {
	if lag, ok := g.memory.Lag(g.job.Orders.Now()); ok {
		g.lag.Store(int64(lag))
	}
}

// sent takes that an order is on its way.
func (g *gate) sent(it *item, as evidence.Admission) {
	g.anySent = true
	if as == evidence.Alone {
		it.first = true
		g.own, g.number, g.read = it, "", false
	}
	g.first.Sent(g.elapsed())
}

// placed takes what became of an order that was sent.
func (g *gate) placed(it *item, a *answer) {
	at := g.elapsed()
	first := it.first
	switch {
	case a.err == nil && a.entry.OrderID != "" && !a.held:
		g.first.Accepted(a.entry.OrderID, at)
		if first {
			g.every = 0
			id, since := a.entry.OrderID, g.job.Orders.Now()
			g.amend(func(e *ledger.Evidence) { e.First, e.FirstSince = id, since })
		}
	case !first:
	case apsclient.KindOf(a.err) == apsclient.InDoubt && !a.held && a.broken == nil:
		lag, _ := g.measured()
		g.first.Doubted(at, g.rules.Doubt(lag))
	default:
		g.first.Not()
	}
	it.first = false
}

// misnamed takes that an answer named the order of another row as this one's.
func (g *gate) misnamed(it *item) {
	if it != g.own {
		return
	}
	lag, _ := g.measured()
	g.first.Misnamed(g.elapsed(), g.rules.Doubt(lag))
	g.amend(func(e *ledger.Evidence) { e.First = "" })
}

// adopted takes that the order of a row in doubt was found.
func (g *gate) adopted(it *item) {
	if it == g.own {
		g.first.Accepted(it.entry.OrderID, g.elapsed())
	}
}

// readFirst takes that the platform showed an order when asked for it by its id.
func (g *gate) readFirst(it *item, number string) {
	if it == g.own {
		g.read, g.number = true, number
	}
}

// waits says what a run waits for that places nothing, empty if it is not the
// gate.
func (g *gate) waits() string {
	at := g.elapsed()
	if until, held := g.foreign.Held(at); held {
		return notice.ToTurnUp(g.began.Add(until))
	}
	if g.first != nil && g.first.Waiting() && g.course.phase == placing {
		if g.own == nil {
			return "the first order to show"
		}
		return "the first order, that of " + g.own.name() + ", to show"
	}
	return ""
}
