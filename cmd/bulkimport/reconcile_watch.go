package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/worksheet"
)

// Looks of a watch are first so far apart, and in the end.
const (
	watchSoon = 15 * time.Second
	watchLate = 5 * time.Minute
)

// watchLook is what a look of a watch is called in the ledger.
const watchLook = "reconcile --watch: a look"

// watching goes on looking until nothing is in doubt or open any more.
func (o *reconcile) watching(ctx context.Context, s *work) error {
	// A run of its own, which holds nothing, is what is asked to stop.
	watch, err := s.book.Begin(ctx, ledger.RunInfo{File: "reconcile --watch", Version: version, Operator: o.env.who()})
	if err != nil {
		return err
	}
	defer watch.End(context.WithoutCancel(ctx), "watched")
	pause := watchSoon
	if s.settings.loopback() {
		pause = time.Second
	}
	before := make(map[string]csvimport.Status)
	for {
		done, err := o.look(ctx, s)
		trouble, ofPlatform := errors.AsType[*apsclient.Error](err)
		switch {
		case err == nil:
		case ctx.Err() != nil, !ofPlatform, slices.Contains([]apsclient.Kind{apsclient.Credentials, apsclient.Permission, apsclient.NoService}, trouble.Kind):
			return err
		default: // it may answer again
			words, _ := o.env.explain(err)
			fmt.Fprintln(o.env.err, stamp(time.Now()), "", o.env.veil.hide(clean(words)))
			done = nil
		}
		if done != nil {
			o.tellChanges(before, done)
			open := done.Count[csvimport.Unknown] + done.Count[csvimport.Submitted]
			if open == 0 || done.Interrupted || done.Stopped != nil {
				return o.tell(ctx, s, &word{reconcile: o, work: s, filled: new(worksheet.Filled)}, done)
			}
		}
		if err := o.rest(ctx, watch, pause, len(before), done); err != nil {
			return err
		}
		pause = min(2*pause, watchLate)
	}
}

// look is one look, in a run of its own, so that nothing is held between looks.
func (o *reconcile) look(ctx context.Context, s *work) (*engine.Reconciled, error) {
	run, err := s.book.Begin(ctx, ledger.RunInfo{File: watchLook, Version: version, Operator: o.env.who()})
	if err != nil {
		return nil, err
	}
	done, err := o.settleAll(ctx, s, run)
	outcome := "could not look"
	if done != nil {
		outcome = csvimport.CountWords(done.Count)
	}
	return done, errors.Join(err, run.End(context.WithoutCancel(ctx), outcome))
}

// tellChanges tells the rows that stand otherwise than they did.
func (o *reconcile) tellChanges(before map[string]csvimport.Status, done *engine.Reconciled) {
	for _, r := range done.Results {
		if was, seen := before[r.SubID]; seen && was != r.Status {
			fmt.Fprintln(o.env.err, stamp(time.Now()), "", r.SubID, string(r.Status), clean(r.OrderNumber))
		}
		before[r.SubID] = r.Status
	}
}

// rest waits for the next look, with progress.
func (o *reconcile) rest(ctx context.Context, watch ledger.Begun, pause time.Duration, rows int, done *engine.Reconciled) error {
	meter := new(csvimport.Meter)
	meter.Begin(machine.PackageTime())
	meter.Total(rows)
	meter.Waits("the next look, at " + time.Now().Add(pause).Local().Format("15:04:05 MST"))
	open := 0
	if done != nil {
		open = done.Count[csvimport.Unknown] + done.Count[csvimport.Submitted]
		for _, status := range csvimport.Statuses() {
			if status != csvimport.Unknown && status != csvimport.Submitted {
				for range done.Count[status] {
					meter.Ended(status)
				}
			}
		}
		fmt.Fprintf(o.env.err, "%s  %s may exist, %s accepted; the next look is in %s (Ctrl-C ends, and loses nothing)\n",
			stamp(time.Now()), number(done.Count[csvimport.Unknown]), number(done.Count[csvimport.Submitted]), span(pause))
	}
	gauge := newGauge(o.env, meter, nil)
	defer gauge.stop()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-watch.Stopping():
		gauge.say("asked to stop")
		return ended(statusInterrupted)
	case <-ctx.Done():
		return &ending{status: statusInterrupted, err: context.Cause(ctx), hint: fmt.Sprintf("%s may exist or are not at their end; the same command goes on", number(open))}
	}
}
