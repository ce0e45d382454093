package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/listed"
	"bulkimport/csvimport/outcome"
)

// listing is what a look at many orders found beside what was known.
type listing struct {
	began    evidence.Moment
	foreign  []apsclient.Order // with our reference, placed by somebody else, first seen now
	doubles  []ledger.Sighting // second orders that stand beside another one, first seen now
	held     []string          // ids of orders that may be those of rows on their way
	controls map[string]bool   // whether each control was listed, by order id
	known    []ledger.Entry    // the newest controls that were listed
	adopted  bool              // the ledger has come to know of orders
	start    bool              // nothing of this run is on its way yet
	newest   string            // the id of the first order that the last list told
}

// youngest is when the youngest of the foreign orders was placed, at the latest: now
// where one does not tell, or tells a time to come.
func (s *listing) youngest(now time.Time) (at time.Time) {
	for i := range s.foreign {
		date := s.foreign[i].Date
		if date.IsZero() || date.After(now) {
			return now
		}
		if date.After(at) {
			at = date
		}
	}
	return at
}

// missing is how many of the controls were not listed.
func (s *listing) missing() (n int) {
	for _, listed := range s.controls {
		if !listed {
			n++
		}
	}
	return n
}

const (
	mostControls = 100
	controlAge   = 7 * 24 * time.Hour
	overlap      = 48 * time.Hour // of a listing by content with the one before it
)

// survey lists the orders that exist before anything is placed, and takes into the
// ledger those it does not know: once all there are, whatever their reference;
// after that those with our reference, and all since the last time.
func (a asker) survey(ctx context.Context, ev *ledger.Evidence) (listing, error) {
	s := listing{began: a.moment(), start: true}
	now := a.job.Orders.Now()
	controls, err := a.controls(ctx, ev.LoginSince)
	if err != nil {
		return s, err
	}
	s.controls = make(map[string]bool, len(controls))
	for i := range controls {
		s.controls[controls[i].OrderID] = false
	}
	if !ev.Watermark.IsZero() {
		if err := a.surveyList(ctx, &s, apsclient.OrderQuery{ReferencePrefix: csvimport.ReferencePrefix, Whole: true}); err != nil {
			return s, err
		}
	}
	q := apsclient.OrderQuery{Whole: true}
	if !ev.Watermark.IsZero() {
		q.Since = ev.Watermark.Add(-overlap)
	}
	if err := a.surveyList(ctx, &s, q); err != nil {
		return s, err
	}
	for _, c := range controls[max(0, len(controls)-lookControls):] {
		if s.controls[c.OrderID] {
			s.known = append(s.known, c)
		}
	}
	*ev, err = a.job.Book.Amend(ctx, func(e *ledger.Evidence) { e.Watermark = now })
	return s, err
}

// controls are the newest orders that this ledger saw listed, of the last days.
func (a asker) controls(ctx context.Context, since time.Time) (newest []ledger.Entry, err error) {
	oldest := a.job.Orders.Now().Add(-controlAge)
	if since.After(oldest) {
		oldest = since
	}
	for e, err := range a.job.Book.Entries(ctx, ledger.Accepted, ledger.Completed) {
		if err != nil {
			return nil, err
		}
		if e.ShownAt.Before(oldest) || e.OrderID == "" {
			continue
		}
		if newest = append(newest, e); len(newest) > 2*mostControls {
			newest = slices.Delete(newest, 0, len(newest)-mostControls)
		}
	}
	return newest[max(0, len(newest)-mostControls):], nil
}

func (a asker) surveyList(ctx context.Context, s *listing, q apsclient.OrderQuery) error {
	var page []apsclient.Order
	flush := func() error {
		err := a.compare(ctx, s, page)
		page = page[:0]
		return err
	}
	s.newest = ""
	for o, err := range a.job.Orders.List(ctx, q) {
		if err != nil {
			return err
		}
		s.newest = cmp.Or(s.newest, o.ID)
		if _, ok := s.controls[o.ID]; ok {
			s.controls[o.ID] = true
		}
		if !outcome.ConcernsUs(&o) {
			continue
		}
		if page = append(page, o); len(page) == joined.Chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// compare takes orders that were listed into the ledger: changes of those it knows,
// those of its own that had no id yet, those of others, and second ones.
func (a asker) compare(ctx context.Context, s *listing, orders []apsclient.Order) error {
	if len(orders) == 0 {
		return nil
	}
	known, err := outcome.KnownOf(ctx, a.job.Book, orders)
	if err != nil {
		return err
	}
	c := listed.Comparison{Run: looker{a}, Known: known, Now: a.job.Orders.Now(), Start: s.start, Kept: a.references() == ledger.KeptYes}
	c.Unbind()
	for i := range orders {
		c.Compare(&orders[i])
	}
	s.foreign = append(s.foreign, c.Foreign...)
	s.held = append(s.held, c.Held...)
	s.adopted = s.adopted || len(c.Adopted) > 0
	s.doubles = append(s.doubles, c.Doubles...)
	if len(c.Sightings) > 0 {
		if err := a.job.Run.Sighted(ctx, c.Sightings...); err != nil {
			return err
		}
	}
	if _, err := a.record(ctx, c.Moved, ""); err != nil {
		return err
	}
	_, err = a.record(ctx, c.Adopted, "found on the platform")
	return err
}

// looker is the run as a comparison has to know it.
type looker struct{ asker }

func (l looker) ID() int64                                          { return l.job.Run.ID() }
func (l looker) Theirs(e *ledger.Entry) bool                        { return l.theirs(e) }
func (l looker) Awaits(order string) bool                           { return l.unshown.Waits(order) }
func (l looker) NameAccount(e *ledger.Entry)                        { l.nameAccount(e) }
func (l looker) Unbound(e ledger.Entry, number string) ledger.Entry { return l.unbound(e, number) }

// nameAccount fills in what people call the account of an adopted order.
func (a asker) nameAccount(e *ledger.Entry) {
	if a.job.Account == nil || e.AccountNo != "" {
		return
	}
	if account, ok := a.job.Account(e.AccountID); ok {
		e.AccountNo, e.AccountName = account.ID, account.Company
	}
}
