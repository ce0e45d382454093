package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
)

// reconcile settles what earlier runs left, by looking. It places nothing.
type reconcile struct {
	env          *env
	connection   connection
	assumeAbsent []string
	wait, settle time.Duration
	json         bool
}

func newReconcile(e *env) *cobra.Command {
	o := &reconcile{env: e}
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Read the platform back for every row in doubt or unfinished, and settle it",
		Long: `reconcile reads the platform back for every subscription whose order is in
doubt, open, or failed and perhaps resubmitted since, and remembers what it
finds. It places nothing.

--assume-absent is a person's word that a subscription in doubt has no order:
say it only after looking in Billing for the reference azure-import/SUB_ID.`,
		Args: arguments(),
		Example: `  bulkimport reconcile
  bulkimport reconcile --wait 1h
  bulkimport reconcile --assume-absent 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.assumeAbsent, "assume-absent", nil, "`SUB_ID`, in doubt, has no order")
	f.DurationVar(&o.wait, "wait", time.Minute, "follow an open order for this `time` at most; 0 looks once")
	f.DurationVar(&o.settle, "settle", engine.DefaultSettle, "on a stand-in alone: an unanswered order may still turn up for this `time`")
	f.BoolVar(&o.json, "json", false, "one object a line: row and summary")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "nothing is in doubt or unfinished any more", 1: "the platform could not be asked", 2: "wrong usage or configuration",
		3: "some orders are open, failed or not sent", 5: "some are still unknown", 130: "interrupted",
	}, connectionVariables...)
	return cmd
}

func (o *reconcile) run(ctx context.Context) error {
	if o.wait < 0 || o.settle < 0 {
		return wrong("--wait and --settle are not negative", "for example --wait 10m")
	}
	var err error
	if o.assumeAbsent, err = subscriptions("--assume-absent", o.assumeAbsent); err != nil {
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
	run, err := s.book.Begin(ctx, ledger.RunInfo{File: "reconcile", Version: version})
	if err != nil {
		return err
	}
	done, err := o.settleAll(ctx, s, run)
	outcome := "could not begin"
	if done != nil {
		outcome = cmp.Or(csvimport.CountWords(done.Count), "nothing was in doubt or unfinished")
	}
	if e := run.End(context.WithoutCancel(ctx), outcome); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return o.tell(done)
}

func (o *reconcile) settleAll(ctx context.Context, s *work, run ledger.Begun) (*engine.Reconciled, error) {
	progress := new(csvimport.Meter)
	gauge := newGauge(o.env, progress, nil)
	defer gauge.stop()
	job := engine.Job{
		Orders: s.orders, Book: s.book, Run: run, Progress: progress, Say: func(n engine.Notice) { gauge.say(noticeWords(n)) },
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
	return engine.Reconcile(ctx, job, o.assumeAbsent)
}

func (o *reconcile) tell(r *engine.Reconciled) error {
	for i := range r.Results {
		r.Results[i] = told(r.Results[i])
	}
	if o.json {
		out := newEvents(o.env.out)
		for _, result := range r.Results {
			out.row(result)
		}
		out.emit(summaryOf(r.Rows, r.Count))
		if err := out.failed(); err != nil {
			return err
		}
	} else if err := o.words(r); err != nil {
		return err
	}
	n := r.Count
	switch {
	case r.Interrupted:
		return ended(statusInterrupted)
	case r.Stopped != nil:
		return r.Stopped
	case n[csvimport.Unknown] > 0:
		return ended(statusDoubt)
	case r.Rows > n[csvimport.Completed]+n[csvimport.Existing]:
		return ended(statusIncomplete)
	}
	return nil
}

func (o *reconcile) words(r *engine.Reconciled) error {
	w := o.env.out
	if r.Rows == 0 {
		fmt.Fprintln(w, "nothing is in doubt or unfinished")
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
	if r.Count[csvimport.Unsent] > 0 {
		fmt.Fprintln(w, "\nnext: bulkimport import FILE again: what is not-sent can be sent")
	} else if len(rows) > 0 {
		fmt.Fprintln(w, "\nnext: bulkimport help runbook says what to do about each")
	}
	return nil
}
