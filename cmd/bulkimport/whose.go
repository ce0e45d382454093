package main

import (
	"context"
	"fmt"
	"sync"

	"bulkimport/csvimport/ledger"
)

// whoseRun names who began a run, and where.
func whoseRun(r *ledger.RunInfo) string {
	switch {
	case r.Operator == "" && r.Host == "":
		return ""
	case r.Operator == "":
		return clean(r.Host)
	case r.Host == "":
		return clean(r.Operator)
	}
	return clean(r.Operator + " on " + r.Host)
}

// whose names who began a run of a ledger, which is looked up once for each.
func whose(ctx context.Context, book ledgerBook) func(run int64) string {
	var mu sync.Mutex
	known := make(map[int64]string)
	return func(run int64) string {
		mu.Lock()
		defer mu.Unlock()
		if who, ok := known[run]; ok {
			return who
		}
		runs, err := book.Runs(ctx, 0)
		if err != nil {
			return ""
		}
		for i := range runs {
			if who := whoseRun(&runs[i]); who != "" {
				known[runs[i].ID] = fmt.Sprintf("run %d of %s", runs[i].ID, who)
			}
		}
		return known[run]
	}
}
