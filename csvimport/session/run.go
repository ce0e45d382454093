package session

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/estimate"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/visible"
)

// Run imports a file. With an error there is an Ending if rows were, or might have
// been, ordered; without one there always is.
//
// Errors are *Refusal, *LookFirst, *ResultsError, what Job.Confirm returned, and
// those of the platform and the ledger.
func Run(ctx context.Context, job Job) (*Ending, error) {
	s := newSession(job)
	if end, err := s.allDone(ctx); end != nil || err != nil {
		return end, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	defer s.catalog.Close()
	if err := s.admit(ctx); err != nil {
		return nil, err
	}
	preview, err := s.preview(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.prove(ctx); err != nil {
		return nil, err
	}
	if preview.FirstOnly, err = s.firstDay(ctx); err != nil {
		return nil, err
	}
	if err := s.ask(ctx, preview); err != nil {
		return nil, err
	}
	return s.place(ctx, preview)
}

// ask asks a person all that has to be known before the first order.
func (s *session) ask(ctx context.Context, p *Preview) (err error) {
	if err := s.foresee(ctx, p); err != nil {
		return err
	}
	if p.Doubts.Old > 0 && !s.Options.ResendDoubts && s.Resend != nil {
		if s.Options.ResendDoubts, err = s.Resend(ctx, p.Doubts); err != nil {
			return err
		}
	}
	if s.Confirm == nil {
		return nil
	}
	return s.Confirm(ctx, p)
}

// foresee adds to the preview what the ledger remembers of earlier runs.
func (s *session) foresee(ctx context.Context, p *Preview) error {
	memory, err := s.Book.Evidence(ctx)
	if err != nil {
		return err
	}
	now := s.Orders.Now()
	if memory.HoldUntil.After(now) {
		p.HeldUntil = memory.HoldUntil
	}
	p.Doubts.Settle = cmp.Or(s.Options.Settle, engine.DefaultSettle)
	for e, err := range s.Book.Entries(ctx, ledger.Intended, ledger.Doubt) {
		if err != nil {
			return err
		}
		if s.subs.Has(e.Sub) {
			p.Doubts.add(&e, now)
		}
	}
	return nil
}

// add counts a row in doubt.
func (d *Doubts) add(e *ledger.Entry, now time.Time) {
	since := e.DoubtSince
	if since.IsZero() {
		since = e.SubmittedAt
	}
	d.Rows++
	if d.Since.IsZero() || since.Before(d.Since) {
		d.Since = since
	}
	if now.Sub(since) >= d.Settle {
		d.Old++
	}
}

// session is one Run or Rehearse on its way.
type session struct {
	Job
	catalog *catalog.Catalog
	loaded  evidence.Moment // when reading it began
	checker *check.Checker
	plans   estimate.Plans // a row of each, to ask estimates for
	again   int            // rows that have an order, and get a new one
	refused map[int][]csvimport.Finding
	sum     uint64        // of the rows as checked
	subs    joined.SubSet // of the valid rows that are not shown as imported
}

func newSession(job Job) *session {
	s := &session{Job: job, subs: make(joined.SubSet)}
	if s.Meter == nil {
		s.Meter = new(csvimport.Meter)
	}
	if s.Machine == nil {
		s.Machine = machine.PackageTime()
	}
	return s
}

// load fetches the platform's lists.
func (s *session) load(ctx context.Context) (err error) {
	s.loaded = evidence.Moment{Wall: s.Machine.Now(), Elapsed: s.Machine.Elapsed()}
	if s.catalog, err = catalog.Load(ctx, s.Platform); err != nil {
		return err
	}
	again := s.ordersAgain()
	s.checker = &check.Checker{
		LeavesOut: func(row *csvimport.Row) bool {
			return !row.Valid() && s.SkipInvalid || ordered(row) && !again[row.SubID]
		},
		File: s.File, Catalog: s.catalog, Book: s.Book,
		Restore: s.Restore, Strict: s.Strict, Only: s.Only, AllowContradiction: s.AllowContradiction,
	}
	if s.Events.Loaded != nil {
		s.Events.Loaded(s.catalog)
	}
	return nil
}

// admit checks all rows. A file with errors is refused whole, unless SkipInvalid
// leaves its invalid rows out.
func (s *session) admit(ctx context.Context) error {
	if s.Only != nil && !rows.HasStatus(s.File) {
		return &Refusal{Reason: NoStatus, File: s.File.Name()}
	}
	again := s.ordersAgain()
	for row, err := range s.checker.Rows(ctx) {
		if err != nil {
			return err
		}
		switch has := ordered(&row); {
		case !has:
			s.plans.Note(&row)
		case again[row.SubID]:
			if s.plans.Note(&row); row.Valid() {
				s.again++
			}
		}
		if s.Hand > 0 {
			s.sum += sumOf(&row)
		}
		if row.Valid() && !row.Binding.Imported {
			s.subs.Add(row.SubID)
		}
		if s.Events.Checked != nil {
			s.Events.Checked(&row)
		}
	}
	if s.Events.Found != nil {
		s.Events.Found(s.checker)
	}
	return s.judge()
}

func (s *session) judge() error {
	t := s.checker.Tally()
	r := &Refusal{File: s.File.Name(), Tally: t}
	switch atFault := s.atFault(); {
	case s.MaxRows > 0 && t.Rows > s.MaxRows:
		r.Reason = TooManyRows
	case s.Only != nil && t.Rows == 0 && t.Errors == 0:
		r.Reason = NoneChosen
	case t.Errors == 0:
		return nil
	case atFault:
		r.Reason = FileAtFault
	case !s.SkipInvalid:
		r.Reason = HasErrors
	default:
		return nil
	}
	return r
}

// atFault reports whether something is wrong with the file as a whole, so that
// its rows cannot be trusted either.
func (s *session) atFault() bool {
	for _, f := range s.checker.Findings() {
		if f.Severity == csvimport.SeverityError && f.Line == 0 {
			return true
		}
	}
	return s.checker.Tally().Rows == 0
}

// ordersAgain are the subscriptions that get a new order.
func (s *session) ordersAgain() map[string]bool {
	again := make(map[string]bool, len(s.Options.Again))
	for _, sub := range s.Options.Again {
		again[sub] = true
	}
	return again
}

// ordered reports whether there is an order for the row, or an import, already.
func ordered(row *csvimport.Row) bool {
	return slices.ContainsFunc(row.Findings, func(f csvimport.Finding) bool { return f.Code.Already() })
}

// preview asks one estimate for each service plan. Where the platform refuses one
// the file is refused; with SkipInvalid it is the row asked about that is left
// out: what the platform says to the others they will hear themselves.
func (s *session) preview(ctx context.Context) (*Preview, error) {
	p := &Preview{File: s.File.Name(), Tally: s.checker.Tally(), Again: s.again, Rows: s.sum}
	if p.Tally.Valid+p.Again <= p.Tally.Imported+p.Tally.Ordered {
		return p, nil
	}
	var err error
	if p.Estimates, err = s.plans.Estimate(ctx, s.Orders); err != nil {
		return nil, err
	}
	var found []csvimport.Finding
	s.refused = make(map[int][]csvimport.Finding)
	for i := range p.Estimates {
		row := &p.Estimates[i].Row
		if row.Valid() {
			continue
		}
		row.Findings = s.checker.Name(row.Findings)
		s.refused[row.Index] = row.Findings
		found = append(found, refusals(row)...)
	}
	if len(found) == 0 {
		return p, nil
	}
	if s.Events.Refused != nil {
		s.Events.Refused(found)
	}
	if !s.SkipInvalid {
		return nil, &Refusal{Reason: PlansRefused, File: s.File.Name(), Tally: p.Tally, Plans: len(found)}
	}
	return p, nil
}

// refusals are what the platform's estimate said against a row.
func refusals(row *csvimport.Row) (found []csvimport.Finding) {
	for _, f := range row.Findings {
		if f.Code == csvimport.EPlanRefused {
			found = append(found, f)
		}
	}
	return found
}

// rows are the checked rows, those that the estimate refuses with its findings.
func (s *session) rows(ctx context.Context) iter.Seq2[csvimport.Row, error] {
	if len(s.refused) == 0 {
		return s.checker.Rows(ctx)
	}
	return func(yield func(csvimport.Row, error) bool) {
		for row, err := range s.checker.Rows(ctx) {
			if findings, ok := s.refused[row.Index]; ok && err == nil {
				row.Findings = findings
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// place runs the engine and writes what became of the rows.
func (s *session) place(ctx context.Context, p *Preview) (*Ending, error) {
	out, err := s.reserve(p.Tally.Rows)
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	run, err := s.begin(ctx, p.Tally.Rows)
	if err != nil {
		return nil, err
	}
	if p.ToPlace()+p.Doubts.Rows > 0 {
		err = s.askLast(ctx, run)
	}
	if err == nil {
		err = s.keepSaid(ctx, run)
	}
	if err != nil {
		return nil, errors.Join(err, run.End(context.WithoutCancel(ctx), "not confirmed"))
	}
	p.Run = run.ID()
	if s.Events.Begun != nil {
		s.Events.Begun(p)
	}
	outcome, err := engine.Import(ctx, s.job(run, p))
	if s.Events.Placed != nil {
		s.Events.Placed(outcome)
	}
	if outcome == nil {
		return nil, errors.Join(err, run.End(context.WithoutCancel(ctx), "could not begin"))
	}
	return s.conclude(context.WithoutCancel(ctx), run, out, outcome, err)
}

// askLast asks when anybody last imported here, where the run finds that its ledger
// may not be the last word.
func (s *session) askLast(ctx context.Context, run ledger.Run) (err error) {
	doubtful, ok := run.(ledger.Doubtful)
	if !ok || doubtful.Loss() == ledger.Sound || !s.Options.LastImport.IsZero() || s.LastImport == nil {
		return nil
	}
	s.Options.LastImport, err = s.LastImport(ctx, doubtful.Loss())
	return err
}

// keepSaid has the ledger keep what a person said.
func (s *session) keepSaid(ctx context.Context, run ledger.Begun) error {
	if s.Said == nil {
		return nil
	}
	words := s.Said(s.Options)
	if words == "" {
		return nil
	}
	return run.Said(ctx, words)
}

func (s *session) begin(ctx context.Context, rows int) (ledger.Begun, error) {
	info := s.Job.Run
	info.File, info.Rows = visible.Text(s.File.Name()), rows
	return s.Book.Begin(ctx, info)
}

// resultSize is about how many bytes a row's result takes.
const resultSize = 450

// reserve takes the room for the results.
func (s *session) reserve(rows int) (Results, error) {
	out, err := s.Results(int64(rows)*resultSize + s.File.Size())
	if err != nil {
		return nil, &ResultsError{Err: err}
	}
	return out, nil
}

// job puts the engine's part together.
func (s *session) job(run ledger.Run, p *Preview) engine.Job {
	job := engine.Job{
		Rows: s.rows, Orders: s.Orders, Book: s.Book, Run: run, Options: s.Options,
		Hand: s.Hand, Alone: s.Alone,
		Account: s.catalog.Account, Conflicted: s.File.Conflicted, Whose: s.Whose,
		Progress: s.Meter, Say: s.Events.Say, Logger: s.Logger, Machine: s.Machine, Random: s.Random,
	}
	job.Options.FirstOnly, job.Options.Loopback, job.Login = p.FirstOnly, s.Loopback, s.Login
	if s.catalog.TenantsUnread() == nil {
		job.Imported = func(ctx context.Context) iter.Seq2[csvimport.Binding, error] {
			return catalog.Bindings(ctx, s.Platform)
		}
		job.Resolved = s.loaded
	}
	if s.Events.Ended != nil {
		job.Ended = func(r csvimport.Result) { s.Events.Ended(s.worded(r)) }
	}
	return job
}

func (s *session) worded(r csvimport.Result) csvimport.Result {
	if s.Words == nil {
		return r
	}
	return s.Words(r)
}

// conclude writes what became of the rows and ends the run. bug is the engine's
// word that its results do not add up.
func (s *session) conclude(ctx context.Context, run ledger.Begun, out Results, outcome *engine.Outcome, bug error) (*Ending, error) {
	end := &Ending{Outcome: outcome}
	written := func(r *csvimport.Result) {
		if s.Events.Written != nil {
			s.Events.Written(*r)
		}
	}
	err := rows.WriteResults(out, s.Form, s.File, s.each(outcome.Results(ctx), written), s.unrecorded())
	if err == nil {
		err = out.Commit()
	}
	if err != nil {
		err = &ResultsError{Placed: true, Err: err}
	}
	end.Written = err == nil
	if outcome.FirstOnly {
		var unread error
		end.First, unread = firstOrder(ctx, s.Book)
		err = errors.Join(err, unread)
	}
	return end, errors.Join(err, run.End(ctx, record(outcome)), bug)
}

// unrecorded is what is said of a row of which nothing is recorded.
func (s *session) unrecorded() string {
	return s.worded(csvimport.Result{Status: csvimport.Unknown, ErrorCode: csvimport.CodeUnrecorded, Error: "nothing is recorded of this row"}).Error
}

// each yields results with their words, and has use for each.
func (s *session) each(results iter.Seq2[csvimport.Reported, error], use func(*csvimport.Result)) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for r, err := range results {
			if err == nil {
				r.Result = s.worded(r.Result)
				use(&r.Result)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// record is what the ledger keeps of the run's end.
func record(o *engine.Outcome) string {
	words := csvimport.CountWords(o.Count)
	switch {
	case o.Interrupted:
		return "interrupted: " + words
	case o.Stopped != nil:
		return "stopped: " + words
	}
	return words
}

// allDone writes the results of a file with which nothing is left to do. It is nil
// if something is, or if anything goes wrong: the long way tells what.
func (s *session) allDone(ctx context.Context) (*Ending, error) {
	if len(s.Options.Again) > 0 {
		return nil, nil
	}
	out, err := s.Results(0)
	if err != nil {
		return nil, &ResultsError{Err: err}
	}
	defer out.Discard()
	began := s.Machine.Elapsed()
	checker := &check.Checker{File: s.File, Strict: s.Strict, Only: s.Only}
	n := 0
	finished := func(use func(*csvimport.Result)) iter.Seq2[csvimport.Reported, error] {
		return s.each(joined.Finished(ctx, checker.Rows, s.Book), use)
	}
	err = rows.WriteResults(out, s.Form, s.File, finished(func(*csvimport.Result) { n++ }), s.unrecorded())
	if err != nil || n == 0 || checker.Tally().Errors > 0 || s.MaxRows > 0 && n > s.MaxRows {
		return nil, nil
	}
	if err := s.tellDone(ctx, checker, finished); err != nil {
		return nil, err
	}
	run, err := s.begin(ctx, n)
	if err != nil {
		return nil, err
	}
	end := &Ending{Outcome: &engine.Outcome{
		Rows: n, Count: map[csvimport.Status]int{csvimport.Existing: n}, Seconds: (s.Machine.Elapsed() - began).Seconds(),
	}}
	if err = out.Commit(); err != nil {
		err = &ResultsError{Placed: true, Err: err}
	}
	end.Written = err == nil
	return end, errors.Join(err, run.End(context.WithoutCancel(ctx), record(end.Outcome)))
}

// tellDone tells findings and results to whoever follows each row.
func (s *session) tellDone(ctx context.Context, checker *check.Checker, finished func(func(*csvimport.Result)) iter.Seq2[csvimport.Reported, error]) error {
	if s.Events.Ended == nil {
		return nil
	}
	if s.Events.Checked != nil {
		for row, err := range checker.Rows(ctx) {
			if err != nil {
				return err
			}
			s.Events.Checked(&row)
		}
	}
	if s.Events.Found != nil {
		s.Events.Found(checker)
	}
	for _, err := range finished(func(r *csvimport.Result) { s.Events.Ended(*r) }) {
		if err != nil {
			return err
		}
	}
	return nil
}
