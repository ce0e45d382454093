package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/outcome"
)

// reconcile settles what earlier runs left, by looking and by what people have
// found. It places nothing.
type reconcile struct {
	env          *env
	connection   connection
	sheet        string // a work sheet that a person filled in, empty if there is none
	assumeAbsent []string
	knownDouble  []string
	wait, settle time.Duration
	watch, json  bool
}

func newReconcile(e *env) *cobra.Command {
	o := &reconcile{env: e}
	cmd := &cobra.Command{
		Use:   "reconcile [LOOK.csv]",
		Short: "Read the platform back for every row that is unknown or unfinished, and settle it",
		Long: `reconcile reads the platform back for every subscription whose order may
exist, is open, or failed and perhaps was resubmitted since, and remembers what
it finds. It places nothing.

LOOK.csv is a work sheet (bulkimport report --only unknown -o LOOK.csv) in whose
column found a person has written what Billing shows:
  SO000123    the order's number: it is read back, and taken if it is this row's
  none        there is none: taken from 30 minutes after the order was sent on, and
              kept with your name; the next import may send the row again
  corrected   of a row that is differs: it has been put right; say in the column
              note who says so and what was done
Empty cells are left for later. What does not hold is told, row by row, before
anything is settled, and leaves its row as it is.

--assume-absent says none for one subscription: say it only after looking in
Billing for the reference azure-import/SUB_ID. --watch goes on looking until
nothing is unknown or unfinished any more. --known-double says that you know of the
second order of a subscription; a third one is told anew.`,
		Args: cobra.MaximumNArgs(1),
		Example: `  bulkimport reconcile
  bulkimport reconcile --wait 1h
  bulkimport reconcile --watch
  bulkimport reconcile look.csv
  bulkimport reconcile --assume-absent 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11
  bulkimport reconcile --known-double 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.sheet = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.assumeAbsent, "assume-absent", nil, "`SUB_ID`, whose order may exist, has none")
	f.StringSliceVar(&o.knownDouble, "known-double", nil, "the second order of `SUB_ID` is known, and no reason to stop any more")
	f.BoolVar(&o.watch, "watch", false, "go on looking until nothing is unknown or unfinished any more")
	f.DurationVar(&o.wait, "wait", time.Minute, "follow an open order for this `time` at most; 0 looks once")
	f.DurationVar(&o.settle, "settle", engine.DefaultSettle, "on a stand-in alone: an unanswered order may still turn up for this `time`")
	f.BoolVar(&o.json, "json", false, "one object a line: finding, row, double and summary")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "nothing is unknown or unfinished any more", 1: "the platform could not be asked", 2: "wrong usage or configuration",
		3: "some orders are open, failed or not sent", 4: "the work sheet cannot be read; nothing was settled", 5: "some are still unknown",
		6: "a subscription has two orders that stand: a person has to look", 130: "interrupted",
	}, connectionVariables...)
	return cmd
}

// check tests the flags against each other.
func (o *reconcile) check() (err error) {
	if o.wait < 0 || o.settle < 0 {
		return wrong("--wait and --settle are not negative", "for example --wait 10m")
	}
	if o.assumeAbsent, err = o.env.subscriptions("--assume-absent", o.assumeAbsent); err != nil {
		return err
	}
	if o.knownDouble, err = o.env.subscriptions("--known-double", o.knownDouble); err != nil {
		return err
	}
	if o.watch && (o.sheet != "" || len(o.assumeAbsent)+len(o.knownDouble) > 0) {
		return wrong("--watch only looks", "say what was found first, then bulkimport reconcile --watch")
	}
	return nil
}

func (o *reconcile) run(ctx context.Context) error {
	if err := o.check(); err != nil {
		return err
	}
	filled, err := o.read()
	if err != nil {
		return err
	}
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if o.settle, err = s.settings.settleTime(o.settle); err != nil {
		return err
	}
	if err := s.openBook(ctx); err != nil {
		return err
	}
	if o.watch {
		return o.watching(ctx, s)
	}
	said := &word{reconcile: o, work: s, filled: filled}
	if err := said.inDoubt(ctx); err != nil {
		return err
	}
	run, err := s.book.Begin(ctx, ledger.RunInfo{File: "reconcile", Version: version, Operator: o.env.who(), Said: said.summary()})
	if err != nil {
		return err
	}
	done, err := o.settleAll(ctx, s, run)
	if err == nil && !done.Interrupted && done.Stopped == nil { // what was found counts after a look alone
		if err = said.take(ctx, run, done); err != nil && len(said.settled) > 0 && !o.json {
			err = errors.Join(said.tell(), err) // what was settled stays so
		}
	}
	outcome := "could not begin"
	if done != nil {
		outcome = cmp.Or(csvimport.CountWords(done.Count), "nothing was unknown or unfinished")
	}
	if e := run.End(context.WithoutCancel(ctx), outcome); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return o.tell(ctx, s, said, done)
}

func (o *reconcile) settleAll(ctx context.Context, s *work, run ledger.Begun) (*engine.Reconciled, error) {
	progress := new(csvimport.Meter)
	gauge := newGauge(o.env, progress, nil)
	defer gauge.stop()
	job := engine.Job{
		Orders: s.orders, Book: s.book, Run: run, Progress: progress, Say: func(n notice.Notice) { gauge.say(noticeWords(n)) },
		Options: engine.Options{Wait: o.wait, Settle: o.settle, Loopback: s.settings.loopback()},
		Login:   s.settings.login(),
		Imported: func(ctx context.Context) iter.Seq2[csvimport.Binding, error] {
			return catalog.Bindings(ctx, s.client)
		},
	}
	if o.wait == 0 {
		job.Options.Wait = -1
	}
	if o.connection.verbose {
		job.Logger = o.env.logger()
	}
	return engine.Reconcile(ctx, job, nil)
}

// tell tells how all there was stands now, and returns the exit status.
func (o *reconcile) tell(ctx context.Context, s *work, said *word, r *engine.Reconciled) error {
	doubles, err := outcome.Doubles(ctx, s.book)
	if err != nil {
		return err
	}
	for i := range r.Results {
		r.Results[i] = o.env.told(r.Results[i])
	}
	if o.json {
		err = o.events(said, r, doubles)
	} else if err = o.words(said, r); err == nil {
		tellDoubles(o.env.out, o.env.pen(o.env.out), doubles)
	}
	if err != nil {
		return err
	}
	n := r.Count
	stop, _ := errors.AsType[*notice.StopError](r.Stopped)
	switch {
	case len(doubles) > 0, stop != nil && stop.LookFirst():
		return ended(statusLook)
	case r.Interrupted && len(said.answers) > 0:
		return &ending{status: statusInterrupted, err: errors.New("interrupted before what was found was looked at"), hint: "nothing of it was settled; the same command goes on"}
	case r.Interrupted && ctx.Err() == nil:
		return &ending{status: statusInterrupted, err: errors.New("asked to stop (bulkimport stop)"), hint: "the same command goes on"}
	case r.Interrupted:
		return ended(statusInterrupted)
	case r.Stopped != nil:
		return r.Stopped
	case n[csvimport.Unknown] > 0:
		return ended(statusDoubt)
	case r.Rows > n[csvimport.Completed]+n[csvimport.Existing], len(said.findings) > 0:
		return ended(statusIncomplete)
	}
	return nil
}

// doubleEvent is a subscription with a second order that stands.
type doubleEvent struct {
	Type        string `json:"type"`
	SubID       string `json:"sub_id"`
	Ours        string `json:"order_number"`
	OrderNumber string `json:"second_number"`
	OrderID     string `json:"second_id"`
	OrderStatus string `json:"second_status"`
	FirstSeen   string `json:"first_seen"`
}

func (o *reconcile) events(said *word, r *engine.Reconciled, doubles []outcome.Double) error {
	out := newEvents(o.env.out)
	for _, f := range said.findings {
		out.finding(f)
	}
	for _, result := range r.Results {
		out.row(result)
	}
	for _, d := range doubles {
		for _, s := range d.Second {
			out.emit(doubleEvent{"double", d.Ours.Sub, d.Ours.OrderNumber, s.OrderNumber, s.OrderID, s.OrderStatus, csvimport.Instant(s.FirstSeen)})
		}
	}
	out.emit(summaryOf(r.Rows, r.Count))
	return out.failed()
}

func (o *reconcile) words(said *word, r *engine.Reconciled) error {
	w := o.env.out
	if err := said.tell(); err != nil {
		return err
	}
	if r.Rows == 0 {
		fmt.Fprintln(w, "nothing is unknown or unfinished")
		return nil
	}
	fmt.Fprintf(w, "%s looked at\n", count(r.Rows, "subscription"))
	for _, s := range csvimport.Statuses() {
		if n := r.Count[s]; n > 0 {
			fmt.Fprintf(w, "  %-10s %8s\n", s, number(n))
		}
	}
	var rows [][]string
	for _, result := range r.Results {
		if result.Status != csvimport.Completed && result.Status != csvimport.Existing && len(rows) < findingsShown {
			rows = append(rows, []string{result.SubID, string(result.Status), result.OrderNumber, result.OrderStatus, csvimport.Shorten(result.Error, 160)})
		}
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
	}
	if err := table(w, "  ", rows); err != nil {
		return err
	}
	switch {
	case r.Count[csvimport.Unknown] > 0:
		fmt.Fprintln(w, "\nnext: bulkimport reconcile --watch goes on looking; or bulkimport report --only unknown -o look.csv, and search Billing for them (bulkimport help runbook)")
	case r.Count[csvimport.Unsent] > 0:
		fmt.Fprintln(w, "\nnext: bulkimport import FILE again: what is not-sent can be sent")
	case len(rows) > 0:
		fmt.Fprintln(w, "\nnext: bulkimport help runbook says what to do about each")
	}
	return nil
}

// put puts the result of a row into what a reconciliation found, in the place of
// what was found of it before.
func put(r *engine.Reconciled, result csvimport.Result) {
	if i := slices.IndexFunc(r.Results, func(had csvimport.Result) bool { return had.SubID == result.SubID }); i >= 0 {
		r.Count[r.Results[i].Status]--
		r.Results[i] = result
	} else {
		r.Results = append(r.Results, result)
		r.Rows++
	}
	r.Count[result.Status]++
}
