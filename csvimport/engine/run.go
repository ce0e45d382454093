package engine

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
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
	chance

	events  chan func()     // what the loop is to do
	sendCtx context.Context // ends when what is begun may no longer finish
	endSend context.CancelFunc
	readCtx context.Context // ends when nothing is looked up any more
	endRead context.CancelFunc
	halt    atomic.Bool // nothing new is sent from now on
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
	o.Patience = cmp.Or(o.Patience, DefaultPatience)
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	o.Watch = cmp.Or(o.Watch, DefaultWatch)
	job.Progress = cmp.Or(job.Progress, new(Meter))
	job.Logger = cmp.Or(job.Logger, slog.New(slog.DiscardHandler))
	if job.Machine == nil {
		job.Machine = PackageTime()
	}
	r := &run{job: job, opt: job.Options, log: job.Logger, chance: job.Random, events: make(chan func(), 2*o.Concurrency+16)}
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

func (r *run) now() time.Time { return r.job.Machine.Now() }

// post hands f to the loop.
func (r *run) post(f func()) { r.events <- f }

// say tells a person something; it is called from Import's goroutine alone.
func (r *run) say(n Notice) {
	if r.job.Say != nil {
		r.job.Say(n)
	}
}

// joined is the rows with their entries.
func (r *run) joined() joined { return joined{r.job.Rows, r.job.Book} }

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
