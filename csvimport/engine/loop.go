package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

const (
	backlog     = 20_000 // rows read ahead of the placing, at most
	readAhead   = 2_000  // rows read ahead where enough of them can be sent
	mostSends   = 5      // of one row in one run
	outageAfter = 5      // systemic failures in a row
)

// importer is one run. All its fields belong to the goroutine of loop; what
// others find out reaches it as functions posted to events.
type importer struct {
	job Job
	opt Options
	log *slog.Logger

	events  chan func()
	orders  chan toPlace // for senders that have none
	working int          // orders on their way, from the intent to the outcome on the disk
	tasks   int          // look-ups, polls, probes and the like under way

	sendCtx context.Context // ends when what is begun may no longer finish
	endSend context.CancelFunc
	readCtx context.Context // ends when nothing is looked up any more
	endRead context.CancelFunc
	halt    atomic.Bool // nothing new is sent from now on

	pressure *pressure
	outage   outage
	lanes    map[string]*lane
	queue    []*lane // that may send, in turn
	busy     map[*lane]struct{}
	waiting  int // rows in lanes and delayed
	delayed  schedule
	canary   canary
	doubts   doubts
	open     follower
	others   otherRuns
	answered time.Time // when the last answer to an order came
	budget   float64   // of repetitions
	watchAt  time.Time
	watching bool

	kept       ledger.Kept
	known      rowSet        // rows whose subscription the ledger knew at the start
	adopted    bool          // it has come to know others since
	control    *ledger.Entry // an order known to exist, best one read back
	settling   bool          // nothing is placed: earlier runs' rows are settled
	rows       int
	ends       ends
	count      map[csvimport.Status]int // rows ended
	unrecorded map[int]ledger.Entry     // by row index: what the ledger could not take any more
	fed        bool
	phase      runPhase
	stopped    error
	interrupt  bool
}

// runPhase tells what a run still does.
type runPhase uint8

const (
	placing  runPhase = iota // everything
	draining                 // nothing is sent; orders are followed, doubts looked up
	ending                   // only what is begun is waited for
)

func newImporter(job Job) *importer {
	o := job.Options
	setDefault(&o.Concurrency, 4)
	setDefault(&o.PerAccount, 1)
	setDefault(&o.Wait, 10*time.Minute)
	setDefault(&o.Settle, 5*time.Minute)
	setDefault(&o.Patience, 10*time.Minute)
	setDefault(&o.Grace, 30*time.Second)
	setDefault(&o.Watch, time.Minute)
	if job.Progress == nil {
		job.Progress = new(Meter)
	}
	if job.Logger == nil {
		job.Logger = slog.New(slog.DiscardHandler)
	}
	im := &importer{
		job:        job,
		opt:        o,
		log:        job.Logger,
		events:     make(chan func(), 2*o.Concurrency+16),
		orders:     make(chan toPlace),
		pressure:   newPressure(o.Concurrency, o.Rate),
		budget:     float64(o.Concurrency),
		lanes:      make(map[string]*lane),
		busy:       make(map[*lane]struct{}),
		canary:     newCanary(o),
		doubts:     doubts{items: make(map[*item]struct{})},
		others:     otherRuns{items: make(map[string]other)},
		unrecorded: make(map[int]ledger.Entry),
		count:      make(map[csvimport.Status]int, len(csvimport.Statuses())),
	}
	return im
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// begin ties the run to ctx: once ctx ends, nothing new is sent and what is
// begun has the grace to finish.
func (im *importer) begin(ctx context.Context) (end func()) {
	im.sendCtx, im.endSend = context.WithCancel(context.WithoutCancel(ctx))
	im.readCtx, im.endRead = context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { im.halt.Store(true) })
	return func() {
		stop()
		close(im.orders)
		im.endSend()
		im.endRead()
	}
}

// post hands f to the loop.
func (im *importer) post(f func()) { im.events <- f }

// background runs work apart from the loop and then, on the loop, what it
// returns.
func (im *importer) background(work func() func()) {
	im.tasks++
	go func() {
		done := work()
		im.post(func() {
			im.tasks--
			done()
		})
	}()
}

// loop runs until every row has ended or the run has. Rows come from feed.
func (im *importer) loop(ctx context.Context, feed <-chan fed) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	interrupted := ctx.Done()
	var grace <-chan time.Time
	for {
		wake := im.tick(time.Now())
		if im.finished() {
			im.leave()
			return
		}
		if wake.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(wake))
		}
		rows := feed
		if im.fed || im.phase != placing || im.enough() {
			rows = nil
		}
		select {
		case f := <-im.events:
			f()
			im.drainEvents()
		case r, ok := <-rows:
			if !ok {
				im.fed = true
				break
			}
			im.admit(r)
		case <-timer.C:
		case <-interrupted:
			interrupted = nil
			im.interrupt = true
			im.phase = ending
			im.halt.Store(true)
			grace = time.After(im.opt.Grace)
		case <-grace:
			im.endSend()
		}
	}
}

// enough reports whether enough rows have been read for now: more are read as
// long as those read are mostly of accounts that have to wait.
func (im *importer) enough() bool {
	return im.waiting >= backlog || im.waiting >= readAhead && len(im.queue) >= 4*im.opt.Concurrency
}

func (im *importer) drainEvents() {
	for range cap(im.events) {
		select {
		case f := <-im.events:
			f()
		default:
			return
		}
	}
}

// tick starts whatever is due at now and returns when to look again, zero if
// only an event can bring anything new.
func (im *importer) tick(now time.Time) time.Time {
	var wake alarm
	if im.phase == ending {
		im.showProgress()
		return time.Time{}
	}
	if im.phase == placing {
		im.probeOutage(now, &wake)
		im.releaseDelayed(now, &wake)
		im.probeLanes(now, &wake)
		im.dispatch(now, &wake)
		im.watch(now, &wake)
	}
	im.lookUp(now, &wake)
	im.poll(now, &wake)
	im.askOthers(now, &wake)
	im.showProgress()
	return time.Time(wake)
}

// alarm is the earliest of the times it is told.
type alarm time.Time

func (a *alarm) at(t time.Time) {
	if !t.IsZero() && (time.Time(*a).IsZero() || t.Before(time.Time(*a))) {
		*a = alarm(t)
	}
}

func (im *importer) finished() bool {
	switch {
	case im.working > 0 || im.pressure.inFlight > 0 || im.tasks > 0:
		return false
	case im.phase == ending:
		return true
	case im.phase == placing && (!im.fed || im.waiting > 0):
		return false
	}
	return im.doubts.len() == 0 && im.open.len() == 0 && im.others.len() == 0
}

// leave gives every row that has been sent the status it has got to. Those that
// were not are told apart by the ledger, with the results.
func (im *importer) leave() {
	for it := range im.doubts.items {
		im.end(it, csvimport.Unknown)
	}
	for _, f := range im.open.heap {
		im.endOrder(f.it)
	}
	for _, o := range im.others.items {
		im.endOrder(o.it)
	}
}

// stop ends the run early: phase is draining where the rows are at fault,
// ending where nothing more can be done. The first reason stands.
func (im *importer) stop(phase runPhase, err *StopError) {
	if im.stopped == nil {
		im.stopped = err
		im.log.Warn("run stops", "reason", err.Error(), "cause", err.Err)
	}
	if phase > im.phase {
		im.phase = phase
	}
	im.halt.Store(true)
	if phase == ending {
		im.endRead()
	}
}

// end is the one place where a row on its way gets its status.
func (im *importer) end(it *item, s csvimport.Status) {
	if had := im.ends.of(it.index); had != "" {
		panic(fmt.Sprintf("row %d ended twice: %s, then %s", it.line, had, s))
	}
	im.note(it.index, s)
	im.canary.end(it, s)
	if im.job.Ended != nil {
		im.job.Ended(im.itemResult(it, s))
	}
	if im.phase == placing && im.tooManyWrong() {
		im.stop(draining, &StopError{Code: StopWrong, Bad: im.wrong(), Rows: im.ended()})
	}
}

// endRow ends a row that never was on its way.
func (im *importer) endRow(row *csvimport.Row, e *ledger.Entry, s csvimport.Status) {
	im.note(row.Index, s)
	if im.job.Ended != nil {
		im.job.Ended(rowResult(row, e, s, im.stopped))
	}
}

// note counts a row as ended.
func (im *importer) note(index int, s csvimport.Status) {
	im.ends.set(index, s)
	im.count[s]++
	im.job.Progress.done.Add(1)
	switch s {
	case csvimport.Refused, csvimport.Failed:
		im.job.Progress.failed.Add(1)
	case csvimport.Unknown:
		im.job.Progress.unknown.Add(1)
	}
}

// noteAll counts rows that all were at their end when first looked at.
func (im *importer) noteAll(e ends) {
	for i := range e {
		if s := e.of(i); s != "" {
			im.note(i, s)
		}
	}
}

func (im *importer) wrong() int { return im.count[csvimport.Refused] + im.count[csvimport.Failed] }

func (im *importer) ended() (n int) {
	for _, c := range im.count {
		n += c
	}
	return n
}

func (im *importer) tooManyWrong() bool {
	wrong := im.wrong()
	switch l := im.opt.MaxErrors; {
	case l.Off || wrong == 0:
		return false
	case l.Rows > 0:
		return wrong >= l.Rows
	case l.Percent > 0:
		return im.ended() >= 10 && float64(wrong) >= l.Percent/100*float64(im.ended())
	}
	return wrong >= 10 && wrong*5 >= im.ended()
}

func (im *importer) say(n Notice) {
	if im.job.Say != nil {
		im.job.Say(n)
	}
}

// ledgerFailed ends the run: an order whose fate can not be written down is
// not placed.
func (im *importer) ledgerFailed(err error) {
	im.stop(ending, &StopError{Code: StopLedger, Err: err})
}
