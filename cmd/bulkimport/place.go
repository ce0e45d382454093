package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

// place runs the import and tells what became of it.
func (o *importing) place(ctx context.Context, s *session, file *rows.File, rows csvimport.Rows, total int, firstOnly bool) error {
	if err := o.reserve(total); err != nil {
		return err
	}
	defer o.out.Discard()
	run, err := s.book.Begin(ctx, ledger.RunInfo{File: file.Name(), Rows: total, Version: version, Marks: o.env.marksFolder()})
	if err != nil {
		return err
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	keepHeadroom(ctx)
	progress := new(engine.Meter)
	gauge := newGauge(o.env, progress, o.events)
	notice := context.AfterFunc(ctx, func() {
		gauge.say("stopping: what is begun gets up to 30s to finish; press Ctrl-C again to stop at once")
	})
	outcome, err := engine.Import(ctx, o.job(s, run, file, rows, firstOnly, progress, gauge, giveUp))
	notice()
	gauge.stop()
	if outcome == nil {
		return errors.Join(err, run.End(context.WithoutCancel(ctx), "could not begin"))
	}
	return o.conclude(ctx, s, file, run, outcome, err)
}

// conclude writes and tells what became of the rows, and ends the run.
func (o *importing) conclude(ctx context.Context, s *session, file *rows.File, run *ledger.Run, outcome *engine.Outcome, bug error) error {
	seconds := time.Duration(outcome.Seconds * float64(time.Second))
	end := &conclusion{importing: o, outcome: outcome, file: file, began: time.Now().Add(-seconds), bug: bug}
	finish := context.WithoutCancel(ctx)
	written := end.write(finish)
	end.tell(written == nil)
	if written == nil {
		written = end.page(s)
	}
	if written == nil && end.firstDay() {
		written = end.lookAt(finish, s)
	}
	if e := run.End(finish, end.record()); written == nil {
		written = e
	}
	if written != nil {
		return written
	}
	return end.verdict(ctx)
}

// resultSize is about what a row's result takes in the results file.
const resultSize = 450

// reserve takes the room for the results file before the first order: a disk
// that is full in the end would leave nobody to say what was ordered.
func (o *importing) reserve(rows int) error {
	size := int64(rows) * resultSize
	if info, err := os.Stat(o.file); err == nil && o.file != standardInput {
		size += info.Size()
	} else {
		size += size / 2
	}
	var err error
	if o.out, err = reserve(o.results, size); err != nil {
		words, hint := o.env.explain(err)
		return fault("there is no place for the results file: "+words, cmp.Or(hint, "name another file with --results")+"; nothing was sent")
	}
	return nil
}

// job puts the import together.
func (o *importing) job(s *session, run *ledger.Run, file *rows.File, rows csvimport.Rows, firstOnly bool,
	progress *engine.Meter, gauge *gauge, giveUp context.CancelCauseFunc) engine.Job {
	job := engine.Job{
		Rows: rows, Orders: s.orders, Book: s.book, Run: run,
		Options: engine.Options{
			Concurrency: o.concurrency, PerAccount: o.perAccount, Rate: o.rate, MaxOpen: o.maxOpen,
			MaxErrors: o.limit, Canary: o.canary, FirstOnly: firstOnly, Proved: o.proved,
			Wait: o.wait, Settle: atLeast(o.settle), Patience: atLeast(o.patience), Again: o.again,
		},
		Conflicted: file.Conflicted,
		Progress:   progress,
		Say:        gauge.say,
	}
	if o.wait == 0 {
		job.Options.Wait = -1
	}
	if s.catalog != nil {
		job.Account = s.catalog.Account
	}
	if s.catalog != nil && s.catalog.TenantsUnread() == nil {
		job.Imported = func(ctx context.Context) iter.Seq2[csvimport.Binding, error] {
			return catalog.Bindings(ctx, s.client)
		}
	}
	if o.connection.verbose {
		job.Logger = o.env.logger()
	}
	if o.events != nil {
		job.Ended = func(r csvimport.Result) {
			o.events.row(r)
			if err := o.events.failed(); err != nil {
				giveUp(err) // nobody reads on: stop as at a Ctrl-C
			}
		}
	}
	return job
}

// atLeast makes a zero, which would be the default, the shortest there is.
func atLeast(d time.Duration) time.Duration { return max(d, time.Nanosecond) }

// conclusion is what is done and said when an import has ended.
type conclusion struct {
	*importing
	outcome *engine.Outcome
	file    *rows.File
	began   time.Time
	bug     error // the results do not add up
	trouble troubles
}

// write writes the results file, unless it was written by the way.
func (c *conclusion) write(ctx context.Context) (err error) {
	if c.outcome.Results != nil {
		err = rows.WriteResults(c.out, c.file, c.noting(c.outcome.Results(ctx)))
	}
	if err == nil {
		err = c.out.Commit()
	}
	if err != nil {
		words, _ := c.env.explain(err)
		return fault("the results file could not be written: "+words, "the ledger has every result: the same command writes it")
	}
	return nil
}

// page writes the page of the results, if it was asked for.
func (c *conclusion) page(s *session) error {
	if c.report == "" {
		return nil
	}
	p := page{env: c.env, results: c.results, out: c.report, file: c.file.Name(), platform: s.settings.host(), began: c.began, ended: time.Now()}
	_, err := p.write()
	return err
}

// noting passes results on, and notes those that need somebody's attention.
func (c *conclusion) noting(results iter.Seq2[csvimport.Result, error]) iter.Seq2[csvimport.Result, error] {
	return func(yield func(csvimport.Result, error) bool) {
		for r, err := range results {
			if err == nil {
				c.trouble.note(r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// tell sums up: on stdout for a person, or as the last event.
func (c *conclusion) tell(written bool) {
	if !written {
		c.results = ""
	}
	if c.events != nil {
		summary := summaryOf(c.outcome.Rows, c.outcome.Count)
		summary["seconds"], summary["results"] = round(c.outcome.Seconds), c.results
		c.events.emit(summary)
		return
	}
	c.summary()
}

func round(seconds float64) float64 { return float64(int(seconds*1000+0.5)) / 1000 }

// record is what the ledger keeps of the run's end.
func (c *conclusion) record() string {
	words := inWords(c.outcome.Count)
	if c.outcome.Interrupted {
		words = "interrupted: " + words
	} else if c.outcome.Stopped != nil {
		words = "stopped: " + words
	}
	return words
}

// inWords writes how many rows ended how: "38 completed, 2 failed".
func inWords(counts map[csvimport.Status]int) string {
	var words []string
	for _, s := range statusOrder {
		if n := counts[s]; n > 0 {
			words = append(words, number(n)+" "+string(s))
		}
	}
	return strings.Join(words, ", ")
}

// verdict is the exit status, and what is to be said last on stderr.
func (c *conclusion) verdict(ctx context.Context) error {
	sum := 0
	for _, n := range c.outcome.Count {
		sum += n
	}
	stop, _ := errors.AsType[*engine.StopError](c.outcome.Stopped)
	var broken *interruption
	switch {
	case c.outcome.Interrupted && errors.As(context.Cause(ctx), &broken):
		fmt.Fprintf(c.env.err, "to go on: %s\n", c.env.resume())
		return ended(statusInterrupted)
	case c.events != nil && c.events.failed() != nil:
		return fault("nobody reads the events any more, so the run stopped", "the results file is written; the same command goes on")
	case c.bug != nil || sum != c.outcome.Rows:
		return fault(fmt.Sprintf("bug: %s, but the statuses add up to %d", count(c.outcome.Rows, "row"), sum), "keep the ledger, the results file and this output, and report it")
	case stop != nil && stop.Systemic:
		return &ending{status: statusFault, err: c.outcome.Stopped, hint: stop.Hint}
	case c.outcome.Stopped != nil && stop == nil:
		return c.outcome.Stopped
	}
	status := c.status()
	if c.firstDay() {
		return ended(max(status, statusIncomplete)) // said before what to look at
	}
	if stop != nil {
		return &ending{status: max(status, statusIncomplete), err: stop, hint: stop.Hint}
	}
	return ended(status)
}

// firstDay reports whether the run ended after the first order on a platform,
// which is to be looked at.
func (c *conclusion) firstDay() bool {
	stop, _ := errors.AsType[*engine.StopError](c.outcome.Stopped)
	return c.outcome.FirstOnly && c.outcome.Count[csvimport.Completed] > 0 && !c.outcome.Interrupted &&
		(c.outcome.Stopped == nil || stop != nil && !stop.Systemic)
}

// lookAt says what to look at after the first order.
func (c *conclusion) lookAt(ctx context.Context, s *session) error {
	first, err := firstOrder(ctx, s.book)
	if first == nil || err != nil {
		return err
	}
	w := c.env.out
	if c.events != nil {
		w = c.env.err
	}
	fmt.Fprintln(w)
	return lookAt(w, c.env.pen(w), first, c.env.resume()+" --proved")
}

// status tells from the rows alone how the run ended.
func (c *conclusion) status() int {
	n := c.outcome.Count
	switch {
	case n[csvimport.Unknown] > 0:
		return statusDoubt
	case n[csvimport.Differs]+n[csvimport.Refused]+n[csvimport.Failed]+n[csvimport.Invalid]+n[csvimport.Unsent] > 0,
		n[csvimport.Submitted] > 0 && c.wait != 0:
		return statusIncomplete
	}
	return statusDone
}
