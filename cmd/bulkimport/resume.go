package main

import (
	"context"
	"iter"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

const (
	askedAtOnce = 2000    // subscriptions looked up in the ledger together
	mostKnown   = 200_000 // accounts of a finished file that are kept in memory
)

// finished is a file of which every row is at its good end in the ledger, with
// the row's own account, plan and cut-off: nothing has to be resolved, or
// asked of the platform, to say so. That makes running the command again on a
// large file a matter of a second.
type finished struct {
	checker  *csvimport.Checker
	rows     int
	accounts map[string]*apsclient.Account // by number, without leading zeros
	plans    map[string]*apsclient.Plan    // by aps.id
}

// finished looks whether nothing is left to do; nil if there is.
func (o *importing) finished(ctx context.Context, file *csvimport.File, book *ledger.Book) (*finished, error) {
	if o.dryRun || len(o.again) > 0 {
		return nil, nil
	}
	checker := &csvimport.Checker{File: file, Strict: o.strict, Only: o.statuses}
	f, err := finishedFile(ctx, checker, book)
	if f == nil || err != nil || o.maxRows > 0 && f.rows > o.maxRows {
		return nil, err
	}
	if o.events != nil {
		err = writeFindings(ctx, checker, o.events)
	}
	return f, err
}

// finishedFile looks whether a file is finished; nil if it is not. It stops at
// the first row that is not.
func finishedFile(ctx context.Context, checker *csvimport.Checker, book *ledger.Book) (*finished, error) {
	f := &finished{checker: checker, accounts: make(map[string]*apsclient.Account), plans: make(map[string]*apsclient.Plan)}
	batch := make(map[string]csvimport.Row, askedAtOnce)
	subs := make([]string, 0, askedAtOnce)
	done := func() (bool, error) {
		entries, err := book.Find(ctx, subs)
		if err != nil {
			return false, err
		}
		for _, sub := range subs {
			if e, ok := entries[sub]; !ok || !f.note(batch[sub], &e) {
				return false, nil
			}
		}
		f.rows += len(subs)
		clear(batch)
		subs = subs[:0]
		return len(f.accounts) <= mostKnown, nil
	}
	for row, err := range checker.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if _, twice := batch[row.SubID]; twice || !row.Valid() || row.AccountID == "" {
			return nil, nil
		}
		batch[row.SubID] = row
		if subs = append(subs, row.SubID); len(subs) < askedAtOnce {
			continue
		}
		if ok, err := done(); !ok || err != nil {
			return nil, err
		}
	}
	if ok, err := done(); !ok || err != nil || f.rows == 0 || checker.Tally().Errors > 0 {
		return nil, err
	}
	return f, nil
}

// note reports whether the row is what its completed order was.
func (f *finished) note(row csvimport.Row, e *ledger.Entry) bool {
	number := strings.TrimLeft(row.AccountID, "0")
	if e.State != ledger.Completed || e.Code != "" || row.PlanID != e.PlanID || row.CutOff != e.CutOff || number != strings.TrimLeft(e.AccountNo, "0") {
		return false
	}
	a := f.accounts[number]
	if a == nil {
		a = &apsclient.Account{APSID: e.AccountID, ID: e.AccountNo, Company: e.AccountName}
		f.accounts[number] = a
	}
	if f.plans[row.PlanID] == nil {
		f.plans[row.PlanID] = &apsclient.Plan{APSID: e.PlanID, Name: e.PlanName}
	}
	return a.APSID == e.AccountID
}

// Rows yields the rows, resolved from what the ledger knows.
func (f *finished) Rows(ctx context.Context) iter.Seq2[csvimport.Row, error] {
	return func(yield func(csvimport.Row, error) bool) {
		for row, err := range f.checker.Rows(ctx) {
			row.Account, row.Plan = f.accounts[strings.TrimLeft(row.AccountID, "0")], f.plans[row.PlanID]
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
