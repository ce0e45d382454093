package engine

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/pace"
)

// run is what everybody in an import shares: the job, its contexts, the way to
// the loop. It is made once and not changed after that, and it is safe for
// concurrent use.
//
// Beside it there are two: the asker, who works off the loop, and the loop, whose
// state nobody else sees.
type run struct {
	job Job
	opt Options // of the job, with their defaults
	log *slog.Logger
	pace.Chance

	rules     evidence.Rules
	fresh     evidence.Freshness
	unshown   evidence.Unshown
	overtaken joined.Overtaken // subscriptions that somebody has imported meanwhile
	kept      atomic.Int32     // ledger.Kept: whether the platform keeps our references
	lag       atomic.Int64     // ns, the longest time an order took to show; negative while none is known

	began time.Time     // wall time
	at    time.Duration // elapsed then

	events  chan func()     // what the loop is to do
	sendCtx context.Context // ends when what is begun may no longer finish
	endSend context.CancelFunc
	readCtx context.Context // ends when nothing is looked up any more
	endRead context.CancelFunc
	halt    atomic.Bool // nothing new is sent from now on
	paused  atomic.Bool // nothing is sent for now, nor written that is on its way
	unhalt  func() bool // unties halt from the caller's context
}

// newRun ties a run to ctx: once that ends nothing new is sent, and what is begun
// has the grace to finish. The caller ends the run.
func newRun(ctx context.Context, job Job) *run {
	o := &job.Options
	o.Concurrency = cmp.Or(o.Concurrency, DefaultConcurrency)
	o.PerAccount = cmp.Or(o.PerAccount, DefaultPerAccount)
	o.Wait = cmp.Or(o.Wait, DefaultWait)
	o.Settle = cmp.Or(o.Settle, DefaultSettle)
	o.Show = cmp.Or(o.Show, DefaultShow)
	o.Patience = cmp.Or(o.Patience, DefaultPatience)
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	o.Watch = cmp.Or(o.Watch, DefaultWatch)
	job.Progress = cmp.Or(job.Progress, new(csvimport.Meter))
	job.Logger = cmp.Or(job.Logger, slog.New(slog.DiscardHandler))
	if job.Whose == nil {
		job.Whose = func(int64) string { return "" }
	}
	if job.Machine == nil {
		job.Machine = machine.PackageTime()
	}
	job.Resolved = cmp.Or(job.Resolved, evidence.Moment{Wall: job.Machine.Now(), Elapsed: job.Machine.Elapsed()})
	r := &run{job: job, opt: job.Options, log: job.Logger, Chance: job.Random, events: make(chan func(), 2*o.Concurrency+16)}
	r.rules = evidence.Rules{Settle: o.Settle, Show: o.Show, Loopback: o.Loopback}
	r.began, r.at = job.Machine.Now().Round(0), job.Machine.Elapsed()
	r.job.Rows = r.overtaken.Rows(job.Rows)
	r.job.Resolved.Elapsed -= r.at
	r.lag.Store(-1)
	r.sendCtx, r.endSend = context.WithCancel(context.WithoutCancel(ctx))
	r.readCtx, r.endRead = context.WithCancel(ctx)
	r.unhalt = context.AfterFunc(ctx, func() { r.halt.Store(true) })
	return r
}

func (r *run) end() {
	r.unhalt()
	r.endSend()
	r.endRead()
}

// now is the wall time as it was when the run began, and what has elapsed since:
// it counts sleep, and nobody can set it.
func (r *run) now() time.Time { return r.began.Add(r.elapsed()) }

// elapsed is the time since the run began.
func (r *run) elapsed() time.Duration { return r.job.Machine.Elapsed() - r.at }

// slept is for how long the machine has slept, but for a constant.
func (r *run) slept() time.Duration { return r.elapsed() - r.job.Machine.Awake() }

// moment is now by both clocks.
func (r *run) moment() evidence.Moment {
	return evidence.Moment{Wall: r.job.Machine.Now(), Elapsed: r.elapsed()}
}

// measured is the longest time an order took to show, and whether any is known.
func (r *run) measured() (time.Duration, bool) {
	lag := time.Duration(r.lag.Load())
	return max(lag, 0), lag >= 0
}

// references is whether the platform keeps our references, as far as is known.
func (r *run) references() ledger.Kept { return ledger.Kept(r.kept.Load()) }

// turnUp is for how long an order of somebody else's may still turn up.
func (r *run) turnUp() time.Duration {
	lag, _ := r.measured()
	return r.rules.TurnUp(lag)
}

// mayIntend is nil if an order for a subscription may be begun now. Whether the ledger
// lets it be sent is asked after the intent, which waits until it does or says why it
// never will: asked before, a run would go round and round as long as it does not.
func (r *run) mayIntend(sub string) error {
	switch _, taken := r.overtaken.By(sub); {
	case taken:
		return errOvertaken
	case r.halt.Load():
		return errHalted
	case r.paused.Load(), !r.fresh.Fresh(r.moment()):
		return errStale
	}
	return nil
}

// mayWrite is nil if an order may be written now. It is asked at the last moment
// before the wire.
func (r *run) mayWrite(sub string) error {
	if err := r.mayIntend(sub); err != nil {
		return err
	}
	if !r.job.Run.MaySend() {
		return errStale
	}
	return nil
}

// Reasons why an order was not written. errHalted and errOvertaken end the row; after
// errStale it waits until orders may be written again.
var (
	errOvertaken = &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Message: "the subscription has been imported meanwhile"}
	errHalted    = &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Message: "the run has been stopped"}
	errStale     = &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Message: "what the platform last showed is too old to place an order on"}
)

// post hands f to the loop.
func (r *run) post(f func()) { r.events <- f }

// say tells a person something; it is called from Import's goroutine alone.
func (r *run) say(n notice.Notice) {
	if r.job.Say != nil {
		r.job.Say(n)
	}
}

// joined is the rows with their entries.
func (r *run) joined() joined.Rows { return joined.Rows{Rows: r.job.Rows, Book: r.job.Book} }

// sentHere reports whether a run of this import has sent an order: this one or, where it
// is the first, one that helps.
func (r *run) sentHere(sentBy int64) bool { return sentBy == r.job.Run.ID() || r.helped(sentBy) }

// helped reports whether an order was sent by a run that began after this one, to help.
func (r *run) helped(sentBy int64) bool { return r.job.Hand == 1 && sentBy > r.job.Run.ID() }

func (r *run) conflicted(row *csvimport.Row) bool {
	return r.job.Conflicted != nil && r.job.Conflicted(row.SubID)
}

// theirs reports whether a live run other than this one wrote the entry.
func (r *run) theirs(e *ledger.Entry) bool {
	return e.Run != r.job.Run.ID() && r.job.Run.Alive(e.Run)
}

// tasks are what goes on apart from the loop and comes back to it: look-ups,
// polls, probes. They are begun and counted by the loop.
type tasks struct {
	*run
	n int
}

// background runs work apart from the loop and then, on the loop, what it
// returns.
func (t *tasks) background(work func() func()) {
	t.n++
	go func() {
		done := work()
		t.post(func() {
			t.n--
			done()
		})
	}()
}
