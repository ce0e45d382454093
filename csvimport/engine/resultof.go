package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// outcome adds the run up. Rows it did not come to get the status the ledger
// gives them.
func (im *importer) outcome(began time.Time) (*Outcome, error) {
	o := &Outcome{
		Rows:        im.rows,
		Count:       im.count,
		Interrupted: im.interrupt,
		FirstOnly:   im.canary.first && im.canary.begun > 0,
		Results:     im.results,
	}
	if im.stopped != nil {
		o.Stopped = im.stopped
	}
	if im.ended() < im.rows {
		if err := im.endRest(); err != nil {
			return nil, errors.Join(o.Stopped, err)
		}
	}
	o.Seconds = time.Since(began).Seconds()
	if n := im.ended(); n != o.Rows {
		return o, fmt.Errorf("%w: %d rows, %d results", ErrBug, o.Rows, n)
	}
	return o, nil
}

// endRest ends the rows the run did not come to.
func (im *importer) endRest() error {
	for r, err := range im.joined().each(context.WithoutCancel(im.readCtx)) {
		if err != nil {
			return err
		}
		if im.ends.of(r.row.Index) == "" {
			im.endRow(&r.row, r.entry, im.statusFor(r))
		}
	}
	return nil
}

// results yields one result a row, in file order: the status this run gave it,
// the rest from the ledger.
func (im *importer) results(ctx context.Context) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for r, err := range im.joined().each(ctx) {
			if err != nil {
				yield(csvimport.Reported{}, err)
				return
			}
			if e, ok := im.unrecorded[r.row.Index]; ok {
				r.entry = &e
			}
			if !yield(csvimport.Reported{Row: r.row, Result: rowResult(&r.row, r.entry, im.statusFor(r), im.stopped)}, nil) {
				return
			}
		}
	}
}

func (im *importer) statusFor(r *pair) csvimport.Status {
	if s := im.ends.of(r.row.Index); s != "" {
		return s
	}
	if s, done := settled(&r.row, r.entry, im.conflicted(&r.row)); done {
		return s
	}
	return abandoned(&r.row, r.entry)
}

// itemResult is the result of a row as it ends, from what is at hand.
func (im *importer) itemResult(it *item, s csvimport.Status) csvimport.Result {
	r := csvimport.Result{Index: it.index, Line: it.line, SubID: it.entry.Sub, Status: s}
	tellOrder(&r, &it.entry)
	tellReason(&r, &it.entry, it.differs, im.stopped)
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
	switch r.Status {
	case csvimport.Differs:
		if differs != "" {
			r.ErrorCode, r.Error = "DIFFERS", differs
		}
	case csvimport.Unsent:
		r.ErrorCode, r.Error = e.Code, e.Message
		if r.Error == "" && stopped != nil {
			r.ErrorCode, r.Error = "STOPPED", stopped.Error()
		}
		if r.Error == "" {
			r.ErrorCode, r.Error = "STOPPED", "the run ended before this row"
		}
	case csvimport.Submitted:
		r.ErrorCode, r.Error = e.Code, e.Message
		if r.Error == "" {
			r.ErrorCode, r.Error = waitsFor(e.OrderStatus)
		}
	case csvimport.Unknown:
		r.ErrorCode, r.Error = e.Code, e.Message
		if r.ErrorCode == "" {
			r.ErrorCode = "IN_DOUBT"
		}
		if r.Error == "" {
			r.Error = "the request ended without an answer"
		}
	default:
		r.ErrorCode, r.Error = e.Code, e.Message
	}
}

// waitsFor says what an order that is not at its end waits for.
func waitsFor(status string) (code, words string) {
	switch status {
	case "NP":
		return "WAITS_NP", "the order has no payment method: choose one in Billing"
	case "WP":
		return "WAITS_WP", "the order waits for its payment: register it in Billing"
	case "HL":
		return "WAITS_HL", "the order is on hold: release it in Billing"
	case "", "LO", "PD":
		return "NOT_FINISHED", "accepted, and not at its end when the run ended"
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
			r.ErrorCode = f.Code
		}
		words = append(words, f.Message)
	}
	if r.ErrorCode == "" {
		r.ErrorCode = "E_DUPLICATE_SUB_ID"
		words = append(words, "another row names the same subscription and does not agree with this one")
	}
	r.Error = strings.Join(words, "; ")
}
