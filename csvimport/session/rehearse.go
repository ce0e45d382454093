package session

import (
	"context"
	"iter"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/estimate"
)

// Rehearsal is what an import would have come to, as far as estimates tell.
type Rehearsal struct {
	*Preview
	Accepted   int   // rows whose order the estimate accepts
	Refused    int   // rows whose order it refuses
	Unanswered int   // rows for which it gave none
	Skipped    int   // rows for which none was asked: invalid, or imported already
	Why        error // why there was none, of the last of these
}

// Rehearse does all of an import but placing: it asks the platform's estimate for
// each row. Errors are as Run's.
func Rehearse(ctx context.Context, job Job) (*Rehearsal, error) {
	s := newSession(job)
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	defer s.catalog.Close()
	if err := s.admit(ctx); err != nil {
		return nil, err
	}
	r := &Rehearsal{}
	var refused []csvimport.Finding
	for e, err := range estimate.OfRows(ctx, s.unordered, s.Orders, s.Options.Concurrency) {
		if err != nil {
			return nil, err
		}
		switch {
		case e.Err != nil:
			r.Unanswered++
			r.Why = e.Err
		case e.Asked && !e.Row.Valid():
			r.Refused++
			e.Row.Findings = s.checker.Name(e.Row.Findings)
			refused = append(refused, refusals(&e.Row)...)
		case e.Asked:
			r.Accepted++
		default:
			r.Skipped++
		}
	}
	r.Preview = &Preview{File: s.File.Name(), Tally: s.checker.Tally(), Again: s.again}
	var err error
	if r.Preview.Estimates, err = s.plans.Estimate(ctx, s.Orders); err != nil {
		return nil, err
	}
	if s.Events.Refused != nil {
		s.Events.Refused(refused)
	}
	return r, nil
}

// unordered leaves out the rows for which nothing new would be sent: the
// platform's estimate may well refuse what is imported already.
func (s *session) unordered(ctx context.Context) iter.Seq2[csvimport.Row, error] {
	return func(yield func(csvimport.Row, error) bool) {
		for row, err := range s.checker.Rows(ctx) {
			if err == nil && ordered(&row) && !slices.Contains(s.Options.Again, row.SubID) {
				continue
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
