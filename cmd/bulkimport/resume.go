package main

import (
	"context"
	"iter"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

// finished writes the results of a file with which nothing is left to do. It is
// nil if something is, or if anything goes wrong: the long way tells what.
func (o *importing) finished(ctx context.Context, file *rows.File, book *ledger.Book) (*engine.Outcome, error) {
	if o.dryRun || len(o.again) > 0 {
		return nil, nil
	}
	if err := o.reserve(0); err != nil {
		return nil, err
	}
	began := time.Now()
	checker := &check.Checker{File: file, Strict: o.strict, Only: o.statuses}
	job := engine.Job{Rows: checker.Rows, Book: book}
	n := 0
	err := rows.WriteResults(o.out, file, counted(engine.Finished(ctx, job), &n))
	if err != nil || n == 0 || checker.Tally().Errors > 0 || o.maxRows > 0 && n > o.maxRows {
		o.out.Discard()
		return nil, nil
	}
	if o.events != nil {
		if err := o.tellFinished(ctx, checker, engine.Finished(ctx, job)); err != nil {
			o.out.Discard()
			return nil, err
		}
	}
	count := map[csvimport.Status]int{csvimport.Existing: n}
	return &engine.Outcome{Rows: n, Count: count, Seconds: time.Since(began).Seconds()}, nil
}

// tellFinished tells findings and results as events.
func (o *importing) tellFinished(ctx context.Context, checker *check.Checker, results iter.Seq2[csvimport.Result, error]) error {
	if err := writeFindings(ctx, checker, o.events); err != nil {
		return err
	}
	for r, err := range results {
		if err != nil {
			return err
		}
		o.events.row(r)
	}
	return nil
}

// counted counts the results that are yielded.
func counted(results iter.Seq2[csvimport.Result, error], n *int) iter.Seq2[csvimport.Result, error] {
	return func(yield func(csvimport.Result, error) bool) {
		for r, err := range results {
			if err == nil {
				*n++
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
