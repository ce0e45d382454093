package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/rows"
)

// known opens what the ledger knows of the platform, without asking it.
func (c *connection) known(ctx context.Context, e *env) (*work, error) {
	places, _, err := c.places(e)
	if err != nil {
		return nil, err
	}
	s := &work{env: e, settings: places}
	if err := s.knownBook(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if s.book != nil {
		return s, nil
	}
	defer s.Close()
	const hint = "is it the right --ledger? An import makes one"
	switch {
	case s.ledger == nil:
		return nil, fault("there is no ledger at "+places.ledger+" yet", hint)
	case places.url != "":
		return nil, fault("the ledger "+places.ledger+" knows nothing of "+places.host(), hint)
	}
	known, err := s.ledger.Platforms(ctx)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, fault("the ledger "+places.ledger+" is empty", hint)
	}
	return nil, wrong("the ledger knows several platforms", "say which with --url: "+hostsOf(known))
}

// ledgerSource is what the ledger knows of a run, or of all there is.
type ledgerSource struct {
	env     *env
	info    ledger.RunInfo // with ID 0: all there is
	entries []ledger.Entry
	held    int // rows left out, since a run that goes on is at work on them
}

// sourceOf reads what the ledger knows of a run; 0 is all there is.
func (s *work) sourceOf(ctx context.Context, run int64) (*ledgerSource, error) {
	src := &ledgerSource{env: s.env}
	all := s.book.Entries(ctx)
	if run != 0 {
		info, err := s.runOf(ctx, run)
		if err != nil {
			return nil, err
		}
		src.info, all = info, s.book.OfRun(ctx, run)
	}
	for e, err := range all {
		if err != nil {
			return nil, err
		}
		src.entries = append(src.entries, e)
	}
	return src, src.complete(ctx, s.book)
}

// complete finds the e-mail of accounts in what was downloaded: an entry has it only
// where its row was bound by it.
func (s *ledgerSource) complete(ctx context.Context, book ledgerBook) error {
	subs := make([]string, len(s.entries))
	for i := range s.entries {
		subs[i] = s.entries[i].Sub
	}
	exported, err := book.Exported(ctx, subs)
	for i := range s.entries {
		e := &s.entries[i]
		if x, ok := exported[e.Sub]; ok && e.Email == "" && normal.Number(x.AccountID) == normal.Number(e.AccountNo) {
			e.Email = x.Email
		}
	}
	return err
}

// runOf finds a run by its number.
func (s *work) runOf(ctx context.Context, run int64) (ledger.RunInfo, error) {
	runs, err := s.book.Runs(ctx, 0)
	if err != nil {
		return ledger.RunInfo{}, err
	}
	if i := slices.IndexFunc(runs, func(r ledger.RunInfo) bool { return r.ID == run }); i >= 0 {
		return runs[i], nil
	}
	return ledger.RunInfo{}, wrong(fmt.Sprintf("--run %d: the ledger has no such run on this platform", run), "bulkimport status lists the latest runs; --runs 50 more of them")
}

// title names the source to people.
func (s *ledgerSource) title() string {
	if s.info.ID == 0 {
		return "all that the ledger knows"
	}
	return fmt.Sprintf("run %d, %s", s.info.ID, s.info.File)
}

// leaveHeld leaves out what a run that goes on is at work on: it looks itself.
func (s *ledgerSource) leaveHeld(book ledgerBook) {
	all := len(s.entries)
	s.entries = slices.DeleteFunc(s.entries, func(e ledger.Entry) bool { return e.State.Holds() && book.Alive(e.Run) })
	s.held = all - len(s.entries)
}

// tell says what the ledger does not know.
func (s *ledgerSource) tell() {
	w := s.env.err
	if s.held > 0 {
		fmt.Fprintf(w, "note: a run that goes on is at work on %s: left out\n", count(s.held, "row"))
	}
	if s.info.ID == 0 {
		fmt.Fprintln(w, "note: from the ledger alone, as it has them now")
		return
	}
	of := ""
	if more := s.info.Rows - len(s.entries); more > 0 {
		of = fmt.Sprintf(" Of %s of its %s it keeps nothing: they were invalid or existing, never come to, or taken up by a later run.", number(more), count(s.info.Rows, "row"))
	}
	fmt.Fprintf(w, "note: %s, from the ledger alone, as it has the rows now.%s It does not know the file's lines, its other columns, or, but for what was downloaded, the e-mail of rows bound by account_id\n",
		clean(s.title()), of)
}

// open makes a file of what the ledger knows, as it could have been imported, and
// pairs its rows with their results.
func (s *ledgerSource) open() (*rows.File, iter.Seq2[csvimport.Reported, error], error) {
	var text bytes.Buffer
	err := rows.WriteTemplate(&text, func(yield func(csvimport.TemplateRow, error) bool) {
		for i := range s.entries {
			e := &s.entries[i]
			if !yield(csvimport.TemplateRow{
				Tenant: e.Tenant, PlanID: e.PlanID, SubID: e.Sub, Company: e.AccountName, Email: e.Email, AccountID: e.AccountNo, CutOff: e.CutOff,
			}, nil) {
				return
			}
		}
	}, rows.TemplateOptions{CutOff: slices.ContainsFunc(s.entries, func(e ledger.Entry) bool { return e.CutOff != "" })})
	if err != nil {
		return nil, nil, err
	}
	file, err := rows.Open(&text, s.title(), rows.ReadOptions{Now: time.Now()})
	if err != nil {
		return nil, nil, err
	}
	return file, s.pair(file), nil
}

// pair pairs the rows of the file that open made with their results: they come in
// the order of the entries.
func (s *ledgerSource) pair(file *rows.File) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for row := range file.Rows() {
			if row.Index >= len(s.entries) {
				return
			}
			e := &s.entries[row.Index]
			row.SubID, row.Tenant, row.PlanID = e.Sub, e.Tenant, e.PlanID
			at := csvimport.Result{Index: row.Index, Line: row.Line, Row: row.Row, SubID: e.Sub, Status: entryStatus(e)}
			if !yield(csvimport.Reported{Row: row, Result: s.env.told(outcome.OfEntry(at, e, "", nil))}, nil) {
				return
			}
		}
	}
}

// entryStatus is how the row of an entry stands, by the ledger alone.
func entryStatus(e *ledger.Entry) csvimport.Status {
	if e.State == ledger.Completed && e.Imported == ledger.ImportNo {
		return csvimport.Differs
	}
	return outcome.StatusOf(e)
}

func (s *ledgerSource) write(w io.Writer, form rows.Form, file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error {
	part := *s
	part.entries = nil
	var list []csvimport.Reported
	for r, err := range chosen {
		if err != nil {
			return err
		}
		part.entries = append(part.entries, s.entries[r.Row.Index])
		list = append(list, r)
	}
	if len(list) < len(s.entries) { // a file of the chosen rows alone
		only, pairs, err := part.open()
		if err != nil {
			return err
		}
		defer only.Close()
		return rows.WriteResults(w, form, only, pairs, "")
	}
	return rows.WriteResults(w, form, file, s.pair(file), "")
}
