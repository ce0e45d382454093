package engine

import (
	"context"
	"fmt"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/pace"
)

// frame is what every part of the loop works with. A part belongs to the loop's
// goroutine: only its asker and what it shares with the run may be used elsewhere.
type frame struct {
	*run
	ask    asker
	tasks  *tasks
	course *course
	ends   *ends
}

// ends knows how the rows ended, and is the one place where a row gets its
// status.
type ends struct {
	*run
	course     *course
	canary     *pace.Canary
	rows       joined.Statuses
	count      map[csvimport.Status]int
	unrecorded map[int]ledger.Entry // by row index: what the ledger does not have
	unsent     map[int]bool         // by row index: its intent could not be written down, so nothing was sent
	suspects   int                  // refused rows that no look has borne out yet
	runs       int                  // on the platform, each of which has its part of the limits
}

func newEnds(c *course, t *pace.Canary) *ends {
	return &ends{run: c.run, course: c, canary: t, count: make(map[csvimport.Status]int), unrecorded: make(map[int]ledger.Entry), unsent: make(map[int]bool)}
}

// end ends a row that was on its way.
func (en *ends) end(it *item, s csvimport.Status) {
	if had := en.rows.Of(it.index); had != "" {
		panic(fmt.Sprintf("row %d ended twice: %s, then %s", it.line, had, s))
	}
	s = en.course.known(s)
	en.note(it.index, s)
	en.job.Progress.Ended(s)
	if it.canary {
		en.canary.End(s == csvimport.Completed, s == csvimport.Refused)
	}
	if en.job.Ended != nil {
		en.job.Ended(en.mine(outcome.OfEntry(csvimport.Result{Index: it.index, Line: it.line, Row: it.row, SubID: it.entry.Sub, Status: s}, &it.entry, it.differs, en.course.reason())))
	}
	if en.course.phase == placing && en.tooManyWrong() {
		en.course.stop(draining, &notice.StopError{Code: notice.StopWrong, Bad: en.wrong(), Rows: en.total(), Runs: en.runs})
	}
}

// suspect counts a refusal at once, before a look bears it out: the limit of what
// may go wrong cannot wait for that.
func (en *ends) suspect(it *item) {
	it.suspect = true
	en.suspects++
	if en.course.phase == placing && en.tooManyWrong() {
		en.course.stop(draining, &notice.StopError{Code: notice.StopWrong, Bad: en.wrong(), Rows: en.total() + en.suspects, Runs: en.runs})
	}
}

// pardon takes a refusal back that is counted as a suspicion.
func (en *ends) pardon(it *item) {
	if it.suspect {
		it.suspect = false
		en.suspects--
	}
}

// all is end for several, with one status.
func (en *ends) all(s csvimport.Status) func([]*item) {
	return func(items []*item) {
		for _, it := range items {
			en.end(it, s)
		}
	}
}

// byOrder ends a row by the order it has.
func (en *ends) byOrder(it *item) {
	s := outcome.StatusOf(&it.entry)
	switch {
	case it.differs != "" && (s == csvimport.Completed || s == csvimport.Submitted):
		s = csvimport.Differs
	case s == csvimport.Completed && it.earlier:
		s = csvimport.Existing
	}
	en.end(it, s)
}

// taken ends a row that somebody has imported meanwhile.
func (en *ends) taken(it *item) {
	if it.canary {
		it.canary = false
		en.canary.Withdraw()
	}
	b, _ := en.overtaken.By(it.entry.Sub)
	s, differs := outcome.ImportedAs(&b, &it.entry)
	it.differs = differs
	en.end(it, s)
}

// atOnce ends a row that never was on its way.
func (en *ends) atOnce(row *csvimport.Row, e *ledger.Entry, s csvimport.Status) {
	en.note(row.Index, s)
	en.job.Progress.Found(s)
	if en.job.Ended != nil {
		en.job.Ended(en.mine(outcome.OfRow(row, e, s, en.course.reason())))
	}
}

// mine names this run as the one that placed an order, where it did.
func (en *ends) mine(r csvimport.Result) csvimport.Result {
	if r.PlacedBy == outcome.ByRun(en.job.Run.ID()) {
		r.PlacedBy = csvimport.ThisRun
	}
	return r
}

// note counts a row as ended.
func (en *ends) note(index int, s csvimport.Status) {
	en.rows.Set(index, s)
	en.count[s]++
}

// change gives rows that have ended another status: what was seen after the end.
func (en *ends) change(index int, to csvimport.Status) {
	from := en.rows.Of(index)
	if from == "" || from == to {
		return
	}
	if en.count[from]--; en.count[from] == 0 {
		delete(en.count, from)
	}
	en.rows.Set(index, to)
	en.count[to]++
}

// disbelieve ends a row whose answer is not to be believed, where the ledger is another
// run's to write, or nobody's.
func (en *ends) disbelieve(row *csvimport.Row, e ledger.Entry) {
	en.unrecorded[row.Index] = e
	if en.rows.Of(row.Index) == "" {
		en.atOnce(row, &e, csvimport.Unknown)
		return
	}
	en.change(row.Index, csvimport.Unknown)
}

// noteAll counts rows that all were at their end when first looked at.
func (en *ends) noteAll(rows joined.Statuses) {
	for i := range rows {
		if s := rows.Of(i); s != "" {
			en.note(i, s)
			en.job.Progress.Found(s)
		}
	}
}

func (en *ends) wrong() int {
	return en.count[csvimport.Refused] + en.count[csvimport.Failed] + en.suspects
}

func (en *ends) total() (n int) {
	for _, c := range en.count {
		n += c
	}
	return n
}

func (en *ends) tooManyWrong() bool {
	return en.opt.MaxErrors.Reached(en.wrong(), en.total()+en.suspects, en.runs)
}

// settled is [outcome.Settled] in this import: what a hand of it has ordered did not
// exist before.
func (en *ends) settled(r *joined.Pair) (csvimport.Status, bool) {
	s, done := outcome.Settled(&r.Row, r.Entry, en.conflicted(&r.Row))
	if s == csvimport.Existing && r.Entry != nil && en.helped(r.Entry.SentBy) {
		s = csvimport.Completed
	}
	return s, done
}

// rest ends the rows the run did not come to, of so many: they get the status the ledger
// gives them.
func (en *ends) rest(rows int) error {
	if en.total() == rows {
		return nil
	}
	for r, err := range en.joined().Each(context.WithoutCancel(en.readCtx)) {
		if err != nil {
			return err
		}
		if en.rows.Of(r.Row.Index) == "" {
			en.atOnce(&r.Row, r.Entry, en.statusFor(r))
		}
	}
	return nil
}

// results yields one result a row, in file order: the status this run gave it,
// the rest from the ledger.
func (en *ends) results(ctx context.Context) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for r, err := range en.joined().Each(ctx) {
			if err != nil {
				yield(csvimport.Reported{}, err)
				return
			}
			if e, ok := en.unrecorded[r.Row.Index]; ok {
				r.Entry = &e
			}
			s := en.statusFor(r)
			if _, err := en.told(ctx, r, s); err != nil {
				yield(csvimport.Reported{}, err)
				return
			}
			if !yield(csvimport.Reported{Row: r.Row, Result: en.mine(outcome.OfRow(&r.Row, r.Entry, s, en.course.reason()))}, nil) {
				return
			}
		}
	}
}

// told finds the order that a row's status was told of, also where another run has
// ordered the row again since, and reports whether there is one.
func (en *ends) told(ctx context.Context, r *joined.Pair, s csvimport.Status) (ok bool, err error) {
	if r.Entry == nil || outcome.Fits(s, r.Entry) {
		return true, nil
	}
	if r.Entry.Gen == 1 || r.Entry.Run == en.job.Run.ID() {
		return false, nil
	}
	all, err := en.job.Book.FindAll(ctx, []string{r.Entry.Sub})
	for i := range all[r.Entry.Sub] {
		if e := &all[r.Entry.Sub][i]; outcome.Fits(s, e) {
			r.Entry, ok = e, true
		}
	}
	return ok, err
}

func (en *ends) statusFor(r *joined.Pair) csvimport.Status {
	if s := en.rows.Of(r.Row.Index); s != "" {
		return s
	}
	if en.unsent[r.Row.Index] && (r.Entry == nil || r.Entry.Run == en.job.Run.ID() && !r.Entry.State.Ordered()) {
		return en.course.known(csvimport.Unsent)
	}
	if s, done := en.settled(r); done {
		return s
	}
	return en.course.known(outcome.Abandoned(&r.Row, r.Entry))
}
