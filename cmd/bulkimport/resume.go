package main

import (
	"context"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// finished looks whether nothing is left to do with a file; nil if there is.
func (o *importing) finished(ctx context.Context, file *csvimport.File, book *ledger.Book) (*csvimport.Outcome, error) {
	if o.dryRun || len(o.again) > 0 {
		return nil, nil
	}
	checker := &csvimport.Checker{File: file, Strict: o.strict, Only: o.statuses}
	done, err := csvimport.Finished(ctx, csvimport.Job{Rows: checker.Rows, Book: book})
	if done == nil || err != nil || checker.Tally().Errors > 0 || o.maxRows > 0 && done.Rows > o.maxRows {
		return nil, err
	}
	if o.events != nil {
		if err := writeFindings(ctx, checker, o.events); err != nil {
			return nil, err
		}
		for r, err := range done.Results(ctx) {
			if err != nil {
				return nil, err
			}
			o.events.row(r)
		}
	}
	return done, nil
}
