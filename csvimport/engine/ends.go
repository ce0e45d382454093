package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
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
	canary     *canary
	rows       statuses
	count      map[csvimport.Status]int
	unrecorded map[int]ledger.Entry // by row index: what the ledger could not take any more
}

func newEnds(c *course, t *canary) *ends {
	return &ends{run: c.run, course: c, canary: t, count: make(map[csvimport.Status]int), unrecorded: make(map[int]ledger.Entry)}
}

// end ends a row that was on its way.
func (en *ends) end(it *item, s csvimport.Status) {
	if had := en.rows.of(it.index); had != "" {
		panic(fmt.Sprintf("row %d ended twice: %s, then %s", it.line, had, s))
	}
	en.note(it.index, s)
	en.canary.end(it, s)
	if en.job.Ended != nil {
		en.job.Ended(itemResult(it, s, en.course.reason()))
	}
	if en.course.phase == placing && en.tooManyWrong() {
		en.course.stop(draining, &StopError{Code: StopWrong, Bad: en.wrong(), Rows: en.total()})
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
	s := statusOf(&it.entry)
	switch {
	case it.differs != "" && (s == csvimport.Completed || s == csvimport.Submitted):
		s = csvimport.Differs
	case s == csvimport.Completed && it.earlier:
		s = csvimport.Existing
	}
	en.end(it, s)
}

// atOnce ends a row that never was on its way.
func (en *ends) atOnce(row *csvimport.Row, e *ledger.Entry, s csvimport.Status) {
	en.note(row.Index, s)
	if en.job.Ended != nil {
		en.job.Ended(rowResult(row, e, s, en.course.reason()))
	}
}

// note counts a row as ended.
func (en *ends) note(index int, s csvimport.Status) {
	en.rows.set(index, s)
	en.count[s]++
	en.job.Progress.ended(s)
}

// noteAll counts rows that all were at their end when first looked at.
func (en *ends) noteAll(rows statuses) {
	for i := range rows {
		if s := rows.of(i); s != "" {
			en.note(i, s)
		}
	}
}

func (en *ends) wrong() int { return en.count[csvimport.Refused] + en.count[csvimport.Failed] }

func (en *ends) total() (n int) {
	for _, c := range en.count {
		n += c
	}
	return n
}

func (en *ends) tooManyWrong() bool {
	wrong := en.wrong()
	switch l := en.opt.MaxErrors; {
	case l.Off || wrong == 0:
		return false
	case l.Rows > 0:
		return wrong >= l.Rows
	case l.Percent > 0:
		return en.total() >= 10 && float64(wrong) >= l.Percent/100*float64(en.total())
	}
	return wrong >= 10 && wrong*5 >= en.total()
}

// rest ends the rows the run did not come to.
func (en *ends) rest() error {
	for r, err := range en.joined().each(context.WithoutCancel(en.readCtx)) {
		if err != nil {
			return err
		}
		if en.rows.of(r.row.Index) == "" {
			en.atOnce(&r.row, r.entry, en.statusFor(r))
		}
	}
	return nil
}

// results yields one result a row, in file order: the status this run gave it,
// the rest from the ledger.
func (en *ends) results(ctx context.Context) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for r, err := range en.joined().each(ctx) {
			if err != nil {
				yield(csvimport.Reported{}, err)
				return
			}
			if e, ok := en.unrecorded[r.row.Index]; ok {
				r.entry = &e
			}
			if !yield(csvimport.Reported{Row: r.row, Result: rowResult(&r.row, r.entry, en.statusFor(r), en.course.reason())}, nil) {
				return
			}
		}
	}
}

func (en *ends) statusFor(r *pair) csvimport.Status {
	if s := en.rows.of(r.row.Index); s != "" {
		return s
	}
	if s, done := settled(&r.row, r.entry, en.conflicted(&r.row)); done {
		return s
	}
	return abandoned(&r.row, r.entry)
}

// statuses is the status of each row by its index, a byte each; empty until the
// row has ended.
type statuses []uint8

func (s statuses) of(index int) csvimport.Status {
	if index >= len(s) || s[index] == 0 {
		return ""
	}
	return csvimport.Statuses()[s[index]-1]
}

func (s *statuses) set(index int, to csvimport.Status) {
	for len(*s) <= index {
		*s = append(*s, 0)
	}
	(*s)[index] = uint8(slices.Index(csvimport.Statuses(), to) + 1)
}

// rowSet is a set of rows by index, a bit each.
type rowSet []uint64

func (s rowSet) has(index int) bool { return index/64 < len(s) && s[index/64]>>(index%64)&1 != 0 }

func (s *rowSet) add(index int) {
	for len(*s) <= index/64 {
		*s = append(*s, 0)
	}
	(*s)[index/64] |= 1 << (index % 64)
}

// itemResult is the result of a row as it ends, from what is at hand.
func itemResult(it *item, s csvimport.Status, stopped error) csvimport.Result {
	r := csvimport.Result{Index: it.index, Line: it.line, SubID: it.entry.Sub, Status: s}
	tellOrder(&r, &it.entry)
	tellReason(&r, &it.entry, it.differs, stopped)
	return r
}

// rowResult is the result of a row from the row and the ledger's entry.
func rowResult(row *csvimport.Row, e *ledger.Entry, s csvimport.Status, stopped error) csvimport.Result {
	r := csvimport.Result{Index: row.Index, Line: row.Line, SubID: row.SubID, Status: s}
	want := wanted(row)
	if s == csvimport.Invalid {
		tellFindings(&r, row)
		return r
	}
	r.Account, r.AccountName, r.PlanName, r.CutOff = want.AccountNo, want.AccountName, want.PlanName, want.CutOff
	if e == nil {
		if s == csvimport.Differs {
			r.ErrorCode, r.Error = "DIFFERS", misbound(row)
		}
		tellReason(&r, &want, "", stopped)
		return r
	}
	differs := ""
	if s == csvimport.Differs {
		differs = difference(&want, e)
	}
	told := *e
	switch {
	case s != csvimport.Completed && soldAnew(row, e):
		told.Code, told.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
	case e.Code == csvimport.CodeNotImported && row.Binding.Imported: // not when the order completed, but since
		told.Code, told.Message = "", ""
	}
	e = &told
	tellOrder(&r, e)
	if r.AccountName == "" {
		r.AccountName = want.AccountName
	}
	tellReason(&r, e, differs, stopped)
	return r
}

// tellOrder copies what the ledger knows of the order.
func tellOrder(r *csvimport.Result, e *ledger.Entry) {
	r.OrderID, r.OrderNumber, r.OrderStatus = e.OrderID, e.OrderNumber, e.OrderStatus
	if e.AccountNo != "" {
		r.Account, r.AccountName = e.AccountNo, e.AccountName
	}
	if e.PlanName != "" {
		r.PlanName = e.PlanName
	}
	r.CutOff = e.CutOff
	r.Attempts = e.Sends
	r.HTTPStatus = e.HTTPStatus
	if e.Sends > 0 || e.OrderID != "" {
		r.Reference = csvimport.Reference(e.Sub, e.Gen)
	}
	r.SubmittedAt, r.FinishedAt = e.SubmittedAt, e.FinishedAt
}

// tellReason fills in why a row did not end well.
func tellReason(r *csvimport.Result, e *ledger.Entry, differs string, stopped error) {
	if r.Status == csvimport.Differs {
		if differs != "" {
			r.ErrorCode, r.Error = "DIFFERS", differs
		}
		return
	}
	r.ErrorCode, r.Error = e.Code, e.Message
	switch {
	case r.Status == csvimport.Unknown:
		r.ErrorCode = cmp.Or(r.ErrorCode, "IN_DOUBT")
		r.Error = cmp.Or(r.Error, "the request ended without an answer")
	case r.Error != "":
	case r.Status == csvimport.Unsent && stopped != nil:
		r.ErrorCode, r.Error = "STOPPED", stopped.Error()
	case r.Status == csvimport.Unsent:
		r.ErrorCode, r.Error = "STOPPED", "the run ended before this row"
	case r.Status == csvimport.Submitted:
		r.ErrorCode, r.Error = waitsFor(e.OrderStatus)
	}
}

// waitsFor says what an order that is not at its end waits for.
func waitsFor(status string) (code, words string) {
	switch s, _ := csvimport.OrderStatusOf(status); {
	case s.Waits != "":
		return "WAITS_" + status, s.Waits
	case status == "" || status == csvimport.OrderAtWork || status == csvimport.OrderToProcess:
		return csvimport.CodeNotFinished, "accepted, and not at its end when the run ended"
	}
	return "WAITS_" + status, "the order waits in status " + status + ": look at it in Billing"
}

// tellFindings tells the errors of an invalid row in one cell.
func tellFindings(r *csvimport.Result, row *csvimport.Row) {
	var words []string
	for i := range row.Findings {
		f := &row.Findings[i]
		if f.Severity != csvimport.SeverityError {
			continue
		}
		if r.ErrorCode == "" {
			r.ErrorCode = string(f.Code)
		}
		words = append(words, f.Message)
	}
	if r.ErrorCode == "" {
		r.ErrorCode = string(csvimport.EDuplicateSubID)
		words = append(words, "another row names the same subscription and does not agree with this one")
	}
	r.Error = strings.Join(words, "; ")
}
