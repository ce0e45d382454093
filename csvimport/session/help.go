package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// ErrNoHelp is an import in which nobody can help: the first day of a platform, on which
// one order alone is placed.
var ErrNoHelp = errors.New("on the first day one order alone is placed")

// Help is a further hand at an import that another process has in Run on the same ledger,
// with the same file and options: it places what nobody else has, from the part of Job.Hand
// on, follows that to its end, and ends. All that is asked, told and written is the other's:
// of the events there are Checked, Found, Begun and, of the rows it placed, Ended; there is
// no question, and there are no results.
// Confirm is shown the preview, without estimates, and goes on only if it returns nil.
func Help(ctx context.Context, job Job) error {
	s := newSession(job)
	if err := s.load(ctx); err != nil {
		return err
	}
	defer s.catalog.Close()
	if err := s.admit(ctx); err != nil {
		return err
	}
	if day, err := s.firstDay(ctx); day || err != nil {
		return errors.Join(err, ErrNoHelp)
	}
	p := &Preview{File: s.File.Name(), Tally: s.checker.Tally(), Rows: s.sum}
	if err := s.Confirm(ctx, p); err != nil {
		return err
	}
	run, err := s.begin(ctx, p.Tally.Rows)
	if err != nil {
		return err
	}
	p.Run = run.ID()
	if s.Events.Begun != nil {
		s.Events.Begun(p)
	}
	placed, ended := make(map[csvimport.Status]int), s.Events.Ended
	s.Events.Ended = func(r csvimport.Result) {
		if r.PlacedBy != csvimport.ThisRun { // it is told by who answers for it
			return
		}
		placed[r.Status]++
		if ended != nil {
			ended(r)
		}
	}
	end, err := engine.Import(ctx, s.job(run, p))
	if end != nil {
		err = errors.Join(err, end.Stopped)
	}
	return errors.Join(err, run.End(context.WithoutCancel(ctx), "helped: "+cmp.Or(csvimport.CountWords(placed), "no row")))
}

// sumOf is a row's part in Preview.Rows: its order, or that it has none.
func sumOf(row *csvimport.Row) uint64 {
	account := ""
	if row.Account != nil {
		account = row.Account.APSID
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %t %q %q %q %q", row.Index, row.Valid(), row.SubID, account, row.PlanID, row.CutOff)
	return h.Sum64()
}
