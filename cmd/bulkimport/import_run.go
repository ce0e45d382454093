package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

// importRun is one import as it is told: to a person, or as events.
type importRun struct {
	*importing
	work     *work
	file     *rows.File
	out      *pending // the results, nil before they have a place
	events   *events  // nil without --json
	queue    *queue   // findings of rows, for events
	list     *findingList
	broken   error // findings could not be gathered
	gauge    *gauge
	notice   func() bool // takes back what a Ctrl-C would say
	warnings int         // told to a person
	trouble  troubles
	began    time.Time
	giveUp   context.CancelCauseFunc
	answers  *bufio.Reader // of a person
	letSleep func()
	number   int64 // of the run
}

func (o *importing) run(ctx context.Context) error {
	outlivePipe()
	r := &importRun{importing: o, began: time.Now(), list: new(findingList), queue: new(queue), notice: func() bool { return false }}
	defer r.queue.Close()
	if o.asJSON {
		r.events = newEvents(o.env.out)
	}
	var err error
	if r.file, err = o.open(); err != nil {
		return err
	}
	defer r.file.Close()
	if r.work, err = o.connection.work(ctx, o.env, max(o.concurrency, 4)+4); err != nil {
		return err
	}
	defer r.work.Close()
	if o.settle, err = r.work.settings.settleTime(o.settle); err != nil {
		return err
	}
	if err := r.work.openBook(ctx); err != nil {
		return err
	}
	ctx, r.giveUp = context.WithCancelCause(ctx)
	defer r.giveUp(nil)
	if o.dryRun {
		return r.rehearse(ctx)
	}
	end, err := session.Run(ctx, r.job(ctx))
	if end == nil {
		err = r.refusal(err)
	} else {
		err = r.conclude(ctx, end, err)
	}
	if r.number > 0 {
		r.env.logs(fmt.Sprintf("bulkimport %s, run %d ends with exit status %d", version, r.number, statusOf(err)))
	}
	return err
}

// open reads the input, and makes sure beforehand that what will be written
// can be written.
func (o *importing) open() (*rows.File, error) {
	columns, err := o.columns.mapping(o.env, &o.connection)
	if err != nil {
		return nil, err
	}
	file, err := o.env.openInput(o.file, rows.ReadOptions{CutOff: o.cutOff, Sheet: o.sheet, Hidden: o.hidden, Columns: columns})
	if err != nil {
		return nil, err
	}
	o.mapped = columns
	if err := o.columns.keep(o.env, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if o.dryRun {
		return file, nil
	}
	err = fits(output{"--results", o.results}, o.form, file)
	for _, path := range []string{o.results, o.report} {
		err = cmp.Or(err, writable(path))
	}
	if err = cmp.Or(err, o.replaceable(file)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// replaceable refuses to let the results take the place of something else.
func (o *importing) replaceable(file *rows.File) error {
	info, err := os.Stat(o.results)
	if o.force || err != nil || info.Size() == 0 {
		return nil
	}
	old, err := o.env.openInput(o.results, rows.ReadOptions{Columns: o.mapped})
	if err != nil {
		return err
	}
	defer old.Close()
	if loses := session.Loses(old, file); loses != nil {
		return fault(clean(o.results)+" is not replaced: "+loses.Error(), "name another file with --results, or write over it with --force; nothing was sent")
	}
	return nil
}

// job puts the import together.
func (r *importRun) job(ctx context.Context) session.Job {
	job := session.Job{
		File: r.file, Platform: r.work.client, Orders: r.work.orders, Book: r.work.book, Loopback: r.work.settings.loopback(), Rehearsed: r.work.settings.rehearsed,
		Run:         ledger.RunInfo{Version: version, Operator: r.env.who(), Marks: r.env.marksFolder()},
		SkipInvalid: r.skipInvalid, Strict: r.strict, Restore: !r.noRestore, Only: r.statuses, MaxRows: r.maxRows, AllowContradiction: r.allowContradiction,
		Options: engine.Options{
			Concurrency: r.concurrency, PerAccount: r.perAccount, Rate: r.rate, MaxOpen: r.maxOpen,
			MaxErrors: r.limit, Canary: r.canary, Show: atLeast(r.importing.show),
			Beside: r.beside, ResendDoubts: r.resendDoubts, LastImport: r.lastImport,
			Wait: r.wait, Settle: r.settle, NoEvidence: r.work.settings.noEvidence, Window: r.work.settings.window(r.work.client.Shape().Type()), Patience: atLeast(r.patience), Again: r.again,
		},
		Login: r.work.settings.login(), Checked: r.proved,
		LastImport: r.askLastImport, Resend: r.askResend, Said: r.said,
		Results: r.reserve,
		Form:    r.form,
		Confirm: r.confirm,
		Words:   r.env.told,
		Whose:   whose(ctx, r.work.book),
		Events: session.Events{
			Loaded: func(c *catalog.Catalog) { r.env.sayUnread(c) }, Checked: r.checked, Found: r.found, Refused: r.show,
			Placed: r.placed, Written: r.trouble.note,
		},
		Meter: new(csvimport.Meter),
	}
	if r.wait == 0 {
		job.Options.Wait = -1
	}
	if r.connection.verbose {
		job.Logger = r.env.logger()
	}
	job.Events.Begun = func(p *session.Preview) { r.begun(ctx, p, job.Meter) }
	job.Events.Say = func(n notice.Notice) { r.gauge.say(noticeWords(n)) }
	if r.events != nil {
		job.Events.Ended = r.ended
	}
	return job
}

// atLeast makes a zero, which would be the default, the shortest there is.
func atLeast(d time.Duration) time.Duration { return max(d, time.Nanosecond) }

// checked takes a row that was checked.
func (r *importRun) checked(row *csvimport.Row) {
	for i := range row.Findings {
		switch f := row.Findings[i]; {
		case r.broken != nil:
			return
		case r.events != nil:
			r.broken = r.queue.add(f)
		case !f.Code.Already():
			r.list.add(f)
		}
	}
}

// found shows what was found, when all rows have been checked.
func (r *importRun) found(c *check.Checker) {
	if r.broken != nil {
		r.giveUp(r.broken)
		return
	}
	if r.events != nil {
		if err := r.queue.write(r.events, c.Findings()); err != nil {
			r.giveUp(err)
		}
		return
	}
	all := new(findingList)
	all.add(c.Findings()...)
	all.merge(r.list)
	r.brief(all)
	r.warnings = all.count[isWarning]
}

// show tells findings, to a person or as events.
func (r *importRun) show(findings []csvimport.Finding) {
	if r.events != nil {
		for _, f := range findings {
			r.events.finding(f)
		}
		return
	}
	list := new(findingList)
	list.add(findings...)
	r.brief(list)
}

func (r *importRun) brief(list *findingList) {
	list.brief(r.env.err, r.env.pen(r.env.err), r.file.Name())
	if list.total() > 0 {
		fmt.Fprintln(r.env.err)
	}
}

// begun begins to show progress.
func (r *importRun) begun(ctx context.Context, p *session.Preview, meter *csvimport.Meter) {
	keepHeadroom(ctx)
	r.number = p.Run
	r.env.logs(fmt.Sprintf("bulkimport %s, run %d begins: %s, %s, on %s", version, p.Run, p.File, count(p.Tally.Rows, "row"), r.work.settings.host()))
	r.gauge = newGauge(r.env, meter, r.events)
	r.letSleep = func() {}
	if !r.work.settings.loopback() {
		r.letSleep = awake("orders are on their way")
	}
	r.notice = context.AfterFunc(ctx, func() {
		left := engine.DefaultGrace
		if stop, ok := errors.AsType[*interruption](context.Cause(ctx)); ok {
			left = cmp.Or(stop.Grace(), left)
		}
		r.gauge.say("stopping: what is begun gets up to " + span(left) + " to finish; press Ctrl-C again to stop at once")
	})
}

func (r *importRun) placed(*engine.Outcome) {
	r.notice()
	r.gauge.stop()
	r.letSleep()
}

// ended tells the end of a row as an event.
func (r *importRun) ended(result csvimport.Result) {
	r.events.row(result)
	if err := r.events.failed(); err != nil {
		r.giveUp(err) // nobody reads on: stop as at a Ctrl-C
	}
}

// refusal says why nothing was sent.
func (r *importRun) refusal(err error) error {
	if r.broken != nil {
		return r.broken
	}
	if look, ok := errors.AsType[*session.LookFirst](err); ok {
		fmt.Fprintln(r.env.err, look.Error()+"; nothing further was sent")
		if err := lookAt(r.env.err, r.env.pen(r.env.err), &look.First, r.env.resume()+" --proved "+orderName(&look.First)); err != nil {
			return err
		}
		r.unsent(look.Tally, 0)
		return ended(statusIncomplete)
	}
	if place, ok := errors.AsType[*session.ResultsError](err); ok {
		words, hint := r.env.explain(place.Err)
		return fault("there is no place for the results file: "+words, cmp.Or(hint, "name another file with --results")+"; nothing was sent")
	}
	if unchecked, ok := errors.AsType[*session.NotChecked](err); ok {
		hint := "leave --proved out: the first order is placed, and the run says what to look at"
		if unchecked.First != nil {
			hint = "the order to look at is " + orderName(unchecked.First) + "; bulkimport reconcile shows how it stands"
		}
		return wrong("--proved "+quote(unchecked.Said)+": "+unchecked.Error()+"; nothing was sent", hint)
	}
	refusal, ok := errors.AsType[*session.Refusal](err)
	if !ok {
		return err
	}
	t, name := refusal.Tally, refusal.File
	end := &ending{status: statusRefused}
	switch refusal.Reason {
	case session.NoStatus:
		return wrong(name+" has no column status, so --only can choose nothing", "--only is for results files")
	case session.NoneChosen:
		end.status = statusIncomplete
		end.err = fmt.Errorf("no row of %s has the status %s", name, strings.Join(r.only, " or "))
		end.hint = "nothing was sent; --only chooses by the column status"
	case session.TooManyRows:
		end.err = fmt.Errorf("%s has %s, --max-rows allows %s", name, count(t.Rows, "row"), number(r.maxRows))
		end.hint = "nothing was sent; split the file, or raise --max-rows"
	case session.PlansRefused:
		end.err = fmt.Errorf("the platform refuses %s of this file", count(refusal.Plans, "service plan"))
		end.hint = "nothing was sent; mend the plan or the account in the panel, or import the other rows alone with --skip-invalid"
	case session.FileAtFault:
		end.err = fmt.Errorf("%s has %s", name, count(t.Errors, "error"))
		end.hint = "nothing was sent; mend the file"
	default:
		end.err = fmt.Errorf("%s has %s", name, count(t.Errors, "error"))
		if end.hint = "nothing was sent; mend the file"; t.Valid == 0 {
			break
		}
		end.hint = "nothing was sent; mend the file, or import its valid rows alone with --skip-invalid"
	}
	r.unsent(t, refusal.Plans)
	return end
}

// unsent ends the events of a run that sent nothing; refused are the valid rows
// that the platform refuses.
func (r *importRun) unsent(t check.Tally, refused int) {
	if r.events == nil {
		return
	}
	r.events.emit(importSummary(t.Rows, unsentCounts(t, refused), time.Since(r.began).Seconds(), ""))
}

// importSummary sums an import up by status. results is the file they are in, if
// any.
func importSummary(rows int, counts map[csvimport.Status]int, seconds float64, results string) summaryEvent {
	s := summaryOf(rows, counts)
	s["seconds"], s["results"] = float64(int(seconds*1000+0.5))/1000, results
	return s
}

// unsentCounts are the statuses of rows of which none was sent.
func unsentCounts(t check.Tally, refused int) map[csvimport.Status]int {
	n := map[csvimport.Status]int{csvimport.Invalid: t.Rows - t.Valid, csvimport.Refused: refused, csvimport.Existing: t.Imported + t.Ordered}
	n[csvimport.Unsent] = t.Rows - n[csvimport.Invalid] - n[csvimport.Refused] - n[csvimport.Existing]
	return n
}

// reserve takes a place for the results.
func (r *importRun) reserve(size int64) (session.Results, error) {
	out, err := reserve(r.results, size)
	if err != nil {
		return nil, err
	}
	r.out = out
	return out, nil
}

// conclude tells what became of the rows.
func (r *importRun) conclude(ctx context.Context, end *session.Ending, err error) error {
	bug := errors.Is(err, engine.ErrBug)
	c := &conclusion{importRun: r, Ending: end, bug: bug}
	if r.out != nil && r.out.held != nil {
		words, _ := r.env.explain(r.out.held)
		fmt.Fprintf(r.env.err, "warning: %s: the results are in %s\n", words, clean(r.out.path))
		r.results = r.out.path
	}
	c.tell()
	if place, ok := errors.AsType[*session.ResultsError](err); ok {
		words, _ := r.env.explain(place.Err)
		return fault("the results file could not be written: "+words, "the ledger has every result: the same command writes it")
	}
	if err != nil && !bug {
		return err
	}
	if err := c.page(); err != nil {
		return afterwards(err)
	}
	if c.firstDay() {
		if err := c.lookAt(); err != nil {
			return err
		}
	}
	return c.verdict(ctx)
}

// afterwards is an error that came when orders had been placed: its exit status must
// not say that nothing was sent.
func afterwards(err error) error {
	if end, ok := errors.AsType[*ending](err); ok && (end.status == statusRefused || end.status == statusUsage) {
		return &ending{status: statusFault, err: end.err, hint: end.hint}
	}
	return err
}

// conclusion is what is said when an import has ended.
type conclusion struct {
	*importRun
	*session.Ending
	bug bool // the results do not add up
}

// page writes the page of the results, if it was asked for.
func (c *conclusion) page() error {
	if c.report == "" {
		return nil
	}
	ended := time.Now()
	began := ended.Add(-time.Duration(c.Seconds * float64(time.Second)))
	p := page{env: c.env, source: fileSource{env: c.env, name: c.results, columns: c.mapped}, out: c.report, file: c.file.Name(), platform: c.work.settings.host(), began: began, ended: ended}
	_, err := p.write()
	return err
}

// tell sums up: on stdout for a person, or as the last event.
func (c *conclusion) tell() {
	if !c.Written {
		c.results = ""
	}
	if c.events != nil {
		c.events.emit(c.summed())
		return
	}
	c.summary()
}

// verdict is the exit status, and what is to be said last on stderr.
func (c *conclusion) verdict(ctx context.Context) error {
	sum := 0
	for _, n := range c.Count {
		sum += n
	}
	stop, _ := errors.AsType[*notice.StopError](c.Stopped)
	var broken *interruption
	switch {
	case c.Interrupted && ctx.Err() == nil:
		fmt.Fprintf(c.env.err, "asked to stop (bulkimport stop)\nto go on: %s\n", c.env.resume())
		return ended(statusInterrupted)
	case c.Interrupted && errors.As(context.Cause(ctx), &broken):
		fmt.Fprintf(c.env.err, "to go on: %s\n", c.env.resume())
		return ended(statusInterrupted)
	case c.events != nil && c.events.failed() != nil:
		return fault("nobody reads the events any more, so the run stopped", "the results file is written; the same command goes on")
	case c.bug || sum != c.Rows:
		return fault(fmt.Sprintf("bug: %s, but the statuses add up to %d", count(c.Rows, "row"), sum), "keep the ledger, the results file and this output, and report it")
	case stop != nil && stop.LookFirst():
		return &ending{status: statusLook, err: c.Stopped, hint: stopHint(stop)}
	case stop != nil && stop.Held():
		return &ending{status: statusDoubt, err: c.Stopped, hint: stopHint(stop)}
	case stop != nil && stop.Systemic():
		return &ending{status: statusFault, err: c.Stopped, hint: stopHint(stop)}
	case c.Stopped != nil && stop == nil:
		return c.Stopped
	}
	status := c.status()
	if c.firstDay() {
		return ended(max(status, statusIncomplete)) // said before what to look at
	}
	if stop != nil {
		return &ending{status: max(status, statusIncomplete), err: stop, hint: stopHint(stop)}
	}
	return ended(status)
}

// firstDay reports whether the run ended after the first order on a platform,
// which is to be looked at.
func (c *conclusion) firstDay() bool {
	stop, _ := errors.AsType[*notice.StopError](c.Stopped)
	return c.FirstOnly && c.Count[csvimport.Completed] > 0 && !c.Interrupted && (c.Stopped == nil || stop != nil && !stop.Systemic())
}

// lookAt says what to look at after the first order.
func (c *conclusion) lookAt() error {
	if c.First == nil {
		return nil
	}
	w := c.env.out
	if c.events != nil {
		w = c.env.err
	}
	fmt.Fprintln(w)
	return lookAt(w, c.env.pen(w), c.First, c.env.resume()+" --proved "+orderName(c.First))
}

// status tells from the rows alone how the run ended.
func (c *conclusion) status() int {
	n := c.Count
	switch {
	case n[csvimport.Unknown] > 0:
		return statusDoubt
	case n[csvimport.Differs]+n[csvimport.Refused]+n[csvimport.Failed]+n[csvimport.Invalid]+n[csvimport.Unsent] > 0,
		n[csvimport.Submitted] > 0 && c.wait != 0:
		return statusIncomplete
	}
	return statusDone
}
