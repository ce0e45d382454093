package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/ledger"
)

// stopping asks all runs of a ledger to end.
type stopping struct {
	env        *env
	connection connection
	wait       time.Duration
}

func newStop(e *env) *cobra.Command {
	o := &stopping{env: e}
	cmd := &cobra.Command{
		Use:        "stop",
		SuggestFor: []string{"cancel", "abort", "kill"},
		Short:      "End every run on this ledger, as one Ctrl-C would, on whichever machine",
		Long: `stop asks every run on this ledger to end, on whichever machine it goes on. Each
ends as after one Ctrl-C: it sends nothing further, gives what is begun up to 30
seconds to finish, and writes its results. Nothing is lost: the same import goes
on later. stop names the runs, waits for them, and says which have ended.`,
		Args: arguments(),
		Example: `  bulkimport stop
  bulkimport stop --wait 1m
  bulkimport stop --ledger /srv/team/ledger.db`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().DurationVar(&o.wait, "wait", 10*time.Second, "wait for them to end for this `time` at most; 0 only asks")
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{0: "they were asked, or none was running", 1: "the ledger cannot be used", 2: "wrong usage or configuration", 130: "interrupted; they were asked"}, placeVariables...)
	return cmd
}

// goingOn is a run that is to end.
type goingOn struct {
	book ledgerBook
	info ledger.RunInfo
	host string // of its platform
}

func (o *stopping) run(ctx context.Context) error {
	if o.wait < 0 {
		return wrong("--wait is not negative", "for example --wait 1m")
	}
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	s := &work{env: o.env, settings: places}
	defer s.Close()
	if there, err := s.ledgerThere(ctx); err != nil {
		return err
	} else if !there {
		if err := s.gone(); err != nil {
			return err
		}
		fmt.Fprintln(o.env.out, "nothing is running: there is no ledger at "+clean(places.ledger)+" yet")
		return nil
	}
	runs, err := alive(ctx, s)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		fmt.Fprintln(o.env.out, "nothing is running on "+clean(places.ledger))
		return nil
	}
	if _, err := s.ledger.AskStop(ctx); err != nil {
		return err
	}
	for _, r := range runs {
		fmt.Fprintf(o.env.out, "asked run %d to stop: %s\n", r.info.ID, clean(r.words()))
	}
	return o.await(ctx, runs)
}

// words tells a run from others.
func (r *goingOn) words() string {
	words := r.info.File
	if r.info.Rows > 0 {
		words += ", " + count(r.info.Rows, "row")
	}
	return fmt.Sprintf("%s, of %s (process %d), for %s, since %s", words, whoseRun(&r.info), r.info.PID, r.host, moment(r.info.Started))
}

// alive finds the runs that go on, on all platforms of the ledger.
func alive(ctx context.Context, s *work) (runs []goingOn, err error) {
	known, err := s.ledger.Platforms(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range known {
		book, err := s.ledger.Book(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		all, err := book.Runs(ctx, 0)
		if err != nil {
			return nil, err
		}
		host := p.ID
		if len(p.URLs) > 0 {
			host = (&settings{url: p.URLs[0]}).host()
		}
		for _, r := range all {
			if r.Ended.IsZero() && r.Outcome == "" && book.Alive(r.ID) {
				runs = append(runs, goingOn{book, r, host})
			}
		}
	}
	return runs, nil
}

// await waits for runs to end, and says which have.
func (o *stopping) await(ctx context.Context, runs []goingOn) error {
	deadline := time.NewTimer(o.wait)
	defer deadline.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		left := runs[:0]
		for _, r := range runs {
			if r.book.Alive(r.info.ID) {
				left = append(left, r)
				continue
			}
			fmt.Fprintf(o.env.out, "run %d has ended\n", r.info.ID)
		}
		if runs = left; len(runs) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
			continue
		case <-deadline.C:
		}
		for _, r := range runs {
			fmt.Fprintf(o.env.out, "run %d still finishes what it began; it ends by itself\n", r.info.ID)
		}
		return nil
	}
}
