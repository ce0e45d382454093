package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

// resultsFile is what the results of an import are called.
const resultsFile = "results.csv"

// mostUnknown is how many rows that may exist are named on the page; the results file
// has all.
const mostUnknown = 1000

// mostNotices is how many notices of an import are kept.
const mostNotices = 100

// servedRun is one import of the service on its way.
type servedRun struct {
	*importRun
	service *service
	live    *liveImport
	unknown []unknownView
}

// runImport imports, and returns what is to be kept of the end; nil if what machines share
// could not take the results, and the import is to go on later.
func (s *service) runImport(ctx context.Context, l *liveImport) func(*importRecord) {
	rec := l.shown()
	file, err := s.openAs(rec)
	if err != nil {
		return s.broken(err)
	}
	defer file.Close()
	run, err := s.importOf(ctx, file, rec.Said)
	if err != nil {
		return s.broken(err)
	}
	defer run.work.Close()
	scratch, err := os.MkdirTemp("", "bulkimport-*")
	if err != nil {
		return s.broken(err)
	}
	defer os.RemoveAll(scratch)
	run.results = filepath.Join(scratch, resultsFile)
	served := &servedRun{importRun: run, service: s, live: l, unknown: []unknownView{}}
	end, err := session.Run(ctx, served.job(ctx))
	part, kept := s.imports.keepResults(rec.ID, run.results)
	switch {
	case kept != nil && s.commons != nil:
		return nil
	case kept != nil:
		err = &session.ResultsError{Placed: true, Err: kept}
	}
	concluded := served.concluded(ctx, end, err)
	return func(r *importRecord) {
		if part != "" {
			r.Results = part
		}
		concluded(r)
	}
}

// concluded is what is to be kept of how a session ended.
func (r *servedRun) concluded(ctx context.Context, end *session.Ending, err error) func(*importRecord) {
	switch look, _ := errors.AsType[*session.LookFirst](err); {
	case look != nil:
		return r.look(look)
	case end == nil:
		if ctx.Err() != nil {
			return stoppedBefore
		}
		return r.service.broken(pageRefusal(r.importRun, err))
	}
	return r.conclude(ctx, end, err)
}

// openAs reads the file as it was when the import was agreed to.
func (s *service) openAs(rec importRecord) (*rows.File, error) {
	columns, err := s.connection.columnsOf(s.env)
	if err != nil {
		return nil, err
	}
	hidden, err := parseHidden(rec.Reading.Hidden)
	if err != nil {
		return nil, err
	}
	body, err := s.files.Read(rec.File)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return rows.Open(body, rec.Name, rows.ReadOptions{Now: time.Now(), Sheet: rec.Reading.Sheet, Hidden: hidden, Columns: columns, Edits: rec.Cells})
}

// stoppedBefore is an import that was stopped before its first order.
func stoppedBefore(r *importRecord) {
	r.State = importStopped
	r.Outcome = newOutcome("warning", "stopped before anything was sent")
}

// broken is an import that could not go on.
func (s *service) broken(err error) func(*importRecord) {
	words, hint := s.explain(err)
	return func(r *importRecord) {
		r.State = importBroken
		r.Outcome = newOutcome("bad", s.say(words))
		r.Outcome.due(s.say(hint))
		r.Outcome.Results = r.Results != ""
	}
}

// keepResults keeps the results that an import has written, if it has, and returns the
// part of its record that they are: each program has its own, so that one which slept
// while another took the import over replaces none.
func (im *imports) keepResults(id, path string) (part string, err error) {
	from, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer from.Close()
	part = "results-" + im.self
	return part, im.home.Write(id, part, func(w io.Writer) error {
		_, err := from.Seek(0, io.SeekStart)
		if err == nil {
			_, err = io.Copy(w, from)
		}
		return err
	})
}

// job is the command's import, told to the page.
func (r *servedRun) job(ctx context.Context) session.Job {
	job := r.importRun.job(ctx)
	job.Meter = r.live.progress
	if who := r.live.shown().Who.Name; who != "" {
		job.Run.Operator = who
	}
	job.Confirm = r.agreed
	job.Hand, job.Alone = r.hand(), func() { r.alone(ctx) }
	job.LastImport, job.Resend = nil, nil // said beforehand, or not
	job.Events = session.Events{
		Loaded:  r.loaded,
		Checked: func(*csvimport.Row) {},
		Found:   func(*check.Checker) {},
		Refused: func(found []csvimport.Finding) {
			for _, f := range pageAdvised(found) {
				r.notice(f.Message)
			}
		},
		Begun: func(p *session.Preview) {
			r.shared(p)
			if !r.work.settings.loopback() {
				r.letSleep = awake("orders are on their way")
			}
		},
		Ended: func(result csvimport.Result) {
			r.service.imports.count(result.Status)
			r.live.theirs(result)
		},
		Say:     func(n notice.Notice) { r.notice(noticeWords(n)) },
		Placed:  func(*engine.Outcome) { r.letSleep() },
		Written: r.written,
	}
	return job
}

// notice tells words at once to whoever watches.
func (r *servedRun) notice(words string) { r.live.notice(r.service.say(words)) }

func (l *liveImport) notice(words string) {
	words = time.Now().Format("15:04 MST") + "  " + words
	_, _ = l.change(func(rec *importRecord) { // one that is not kept was heard
		if len(rec.Notices) < mostNotices {
			rec.Notices = append(rec.Notices[:len(rec.Notices):len(rec.Notices)], words)
		}
	})
}

func (r *servedRun) loaded(c *catalog.Catalog) {
	var b bytes.Buffer
	e := *r.env
	e.err = &b
	e.sayUnread(c)
	for line := range strings.Lines(b.String()) {
		r.notice(strings.TrimSpace(line))
	}
}

// agreed goes on if no more follows than a person agreed to. What was done before the
// server ended is not done again, so that it may be less.
func (r *servedRun) agreed(_ context.Context, will *session.Preview) error {
	p, rec := r.preview(will), r.live.shown()
	if n := p.orders(); n > rec.Orders || will.FirstOnly && !rec.Said.FirstOnly {
		return fault(fmt.Sprintf("%s would follow by now, and %s agreed to %s; nothing was sent", count(n, "order"), clean(rec.Who.Name), number(rec.Orders)),
			"look before once more: the platform, or the ledger, has changed")
	}
	return nil
}

// written takes a row's result.
func (r *servedRun) written(result csvimport.Result) {
	result.Error = pageReason(result.Error)
	r.trouble.note(result)
	if result.Status == csvimport.Unknown && len(r.unknown) < mostUnknown {
		r.unknown = append(r.unknown, unknownView{Row: result.Row, SubID: r.service.say(result.SubID), What: r.service.say(result.Error)})
	}
}

// look is an import on the first day whose order was placed before.
func (r *servedRun) look(look *session.LookFirst) func(*importRecord) {
	return func(rec *importRecord) {
		rec.State, rec.First = importEnded, r.service.firstOf(&look.First)
		rec.Outcome = newOutcome("warning", r.service.lookWords(&look.First, lookThen)...)
		rec.Outcome.due(lookNext)
		rec.Outcome.Results = rec.Results != ""
	}
}

// conclude says what became of the rows, in the words of the command.
func (r *servedRun) conclude(ctx context.Context, end *session.Ending, err error) func(*importRecord) {
	s := r.service
	c := &conclusion{importRun: r.importRun, Ending: end, bug: errors.Is(err, engine.ErrBug)}
	c.results = "" // where they are is told otherwise
	o := newOutcome("good", fmt.Sprintf("%s in %s", count(end.Rows, "row"), span(time.Duration(end.Seconds*float64(time.Second)))))
	o.Results = end.Written
	for _, g := range c.trouble.List() {
		o.Causes = append(o.Causes, causeView{string(g.Status), g.Rows, g.First, s.say(causeWords(g)), pageStep(g.Status, g.OrderStatus)})
	}
	for status, n := range end.Count {
		o.Counts[string(status)] = n
	}
	r.completeUnknown(orNull(end.RetryFrom))
	for _, d := range end.Doubles {
		o.Doubles = append(o.Doubles, s.say(fmt.Sprintf("subscription %s has a second order, %s (%s)", d.Sub, cmp.Or(d.OrderNumber, d.OrderID), d.OrderStatus)))
	}
	o.Unknown, o.Next = r.unknown, pageNext(c)
	return func(rec *importRecord) {
		rec.Outcome, rec.State = o, importEnded
		done := end.Rows - end.Count[csvimport.Submitted] - end.Count[csvimport.Unsent]
		rec.Counts = importCounts{end.Rows, done, end.Count[csvimport.Invalid], end.Count[csvimport.Failed] + end.Count[csvimport.Refused], end.Count[csvimport.Unknown]}
		if end.Interrupted {
			rec.State = importStopped
		}
		if end.First != nil {
			rec.First = s.firstOf(end.First)
		}
		s.judge(ctx, c, err, rec)
	}
}

// completeUnknown adds to rows that may exist what their results do not know.
func (r *servedRun) completeUnknown(from *time.Time) {
	if len(r.unknown) == 0 {
		return
	}
	at := make(map[int]*unknownView)
	for i := range r.unknown {
		r.unknown[i].LookFrom = from
		at[r.unknown[i].Row] = &r.unknown[i]
	}
	for row := range r.file.Rows() {
		if u := at[row.Row]; u != nil {
			u.Tenant = r.service.say(row.Tenant)
		}
	}
}

// judge adds what is to be said last, and how bad it is.
func (s *service) judge(ctx context.Context, c *conclusion, err error, rec *importRecord) {
	if place, ok := errors.AsType[*session.ResultsError](err); ok {
		words, _ := s.env.explain(place.Err)
		err = fault("the results file could not be written: "+words, "the ledger has every result: going on writes it")
	} else if err == nil || c.bug {
		err = c.verdict(ctx)
	}
	status := statusOf(err)
	o := rec.Outcome
	if status != statusDone && status != statusInterrupted {
		o.Level = "warning"
	}
	if status == statusLook || status == statusFault || c.bug {
		o.Level = "bad"
	}
	if end, ok := errors.AsType[*ending](err); err != nil && (!ok || end.err != nil) {
		words, hint := s.env.explain(err)
		if stop, ok := errors.AsType[*notice.StopError](err); ok {
			hint = cmp.Or(pageStopHint(stop), hint)
		}
		o.Words = append([]string{s.say(words)}, o.Words...)
		o.due(s.say(hint))
	}
	if c.firstDay() && c.First != nil {
		o.Words = append(o.Words, s.lookWords(c.First, lookThen)...)
		o.Next = []string{lookNext}
	}
}
