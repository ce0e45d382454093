package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

// importing places one order a row and follows each to its end.
type importing struct {
	env        *env
	connection connection
	file       string

	results, report                                  string
	concurrency, perAccount, maxOpen, maxRows        int
	canary                                           int
	rate                                             float64
	maxErrors, cutOff                                string
	wait, settle, patience                           time.Duration
	only, again                                      []string
	proved, dryRun, skipInvalid, strict, yes, asJSON bool
	noRestore                                        bool

	limit    engine.Limit              // of maxErrors
	statuses map[csvimport.Status]bool // of only
	events   *events                   // nil without --json
	out      *pending                  // the results file to be
	began    time.Time
	warnings int // told to a person
	refused  int // service plans that the platform's estimate refuses
}

func newImport(e *env) *cobra.Command {
	o := &importing{env: e}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Place one order a row, follow each to its end, write one result a row",
		Long: `import places one order for each row of a checked file, follows each order to
its end, and writes a results file with one line for each row. It may be
stopped and started again at any time, with the same or an edited file: what is
done stays done, what is in doubt is looked up, and no subscription is ordered
twice. A results file is a valid input too. FILE may be - for stdin.

On a platform where no import has been checked yet, the first row alone is
placed: bulkimport help first-day.`,
		Args: arguments("FILE"),
		Example: `  bulkimport import accounts.csv --results results.csv
  bulkimport import accounts.csv --dry-run
  bulkimport import accounts.csv --results results.csv --yes --json > events.jsonl
  bulkimport import results.csv --only failed,refused --results again.csv
  bulkimport import accounts.csv --results results.csv --canary 10 --concurrency 16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.check(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	o.flags(cmd)
	describe(cmd, exits{
		0:   "every row is completed or existing (submitted counts with --wait 0)",
		1:   "it could not go on: network, files, credentials, permissions, a systemic failure",
		2:   "wrong usage or configuration",
		3:   "it ended, and some rows are submitted, differs, refused, failed, invalid or not-sent",
		4:   "the file has errors; nothing was sent",
		5:   "it ended, and some rows are unknown",
		130: "interrupted; requests begun were finished or recorded",
	}, connectionVariables...)
	return cmd
}

func (o *importing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.results, "results", "", "write one result a row to this `file` (default FILE with .results.csv)")
	f.StringVar(&o.report, "report", "", "write a page to look at to this HTML `file` too")
	f.IntVar(&o.concurrency, "concurrency", 4, "at most `N` orders in flight")
	f.IntVar(&o.perAccount, "per-account", 1, "at most `N` requests in flight for one account")
	f.Float64Var(&o.rate, "rate", 0, "at most `N` orders a second (default no limit)")
	f.IntVar(&o.maxOpen, "max-open", 0, "at most `N` accepted orders not yet at their end (default no limit)")
	f.IntVar(&o.maxRows, "max-rows", 0, "refuse files of more than `N` rows (default no limit)")
	f.StringVar(&o.maxErrors, "max-errors", "", "stop after `N|N%` refused or failed rows (default once ten rows and a fifth of those ended have gone wrong)")
	f.IntVar(&o.canary, "canary", 0, "place `N` rows, follow them, go on only if all ended well")
	f.BoolVar(&o.proved, "proved", false, "an import has been checked on this platform; remembered")
	f.BoolVar(&o.dryRun, "dry-run", false, "all but placing: asks the platform's estimate for each row")
	f.BoolVar(&o.skipInvalid, "skip-invalid", false, "import the valid rows of a file with errors")
	f.BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	f.BoolVar(&o.noRestore, "no-restore", false, "do not put back leading zeros that a spreadsheet took")
	f.StringSliceVar(&o.only, "only", nil, "of a results file, only rows with these `statuses`")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "follow an order for this `time` at most; 0 does not follow")
	f.DurationVar(&o.settle, "settle", 5*time.Minute, "an unanswered order may still turn up for this `time`")
	f.DurationVar(&o.patience, "patience", 10*time.Minute, "sit out an outage for this `time`")
	f.StringVar(&o.cutOff, "cut-off", "", "`date` for rows without a cut_off_date of their own")
	f.StringSliceVar(&o.again, "again", nil, "open a new order for these `subscriptions`, whose order was cancelled")
	f.BoolVar(&o.yes, "yes", false, "ask no question; needed when stdin is no terminal")
	f.BoolVar(&o.asJSON, "json", false, "events on stdout, one object a line")
	o.connection.flags(cmd, o.env)
	completeStatuses(cmd)
}

// completeStatuses lets a shell complete the values of --only.
func completeStatuses(cmd *cobra.Command) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("only", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, s := range statusOrder {
			words = append(words, string(s))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}))
}

// statusOrder is the order in which statuses are told.
var statusOrder = [...]csvimport.Status{
	csvimport.Completed, csvimport.Submitted, csvimport.Existing, csvimport.Differs, csvimport.Invalid,
	csvimport.Refused, csvimport.Failed, csvimport.Unknown, csvimport.Unsent,
}

// check tests the flags against each other, before anything is opened.
func (o *importing) check() error {
	for _, n := range []struct {
		flag  string
		value float64
		least float64
	}{
		{"--concurrency", float64(o.concurrency), 1}, {"--per-account", float64(o.perAccount), 1}, {"--rate", o.rate, 0},
		{"--max-open", float64(o.maxOpen), 0}, {"--max-rows", float64(o.maxRows), 0}, {"--canary", float64(o.canary), 0},
		{"--wait", o.wait.Seconds(), 0}, {"--settle", o.settle.Seconds(), 0}, {"--patience", o.patience.Seconds(), 0},
	} {
		if n.value < n.least {
			return wrong(fmt.Sprintf("%s is too small", n.flag), fmt.Sprintf("at least %v", n.least))
		}
	}
	if o.file == standardInput {
		if o.results == "" && !o.dryRun {
			return wrong("--results is missing", "reading stdin, say where the results go")
		}
		if !o.yes && !o.dryRun {
			return wrong("--yes is missing", "reading stdin, no question can be asked")
		}
	}
	if !o.yes && !o.dryRun && !isTerminal(o.env.in) {
		return wrong("--yes is missing", "stdin is no terminal, so no question can be asked; --dry-run shows what would happen")
	}
	if o.results == "" && o.file != standardInput {
		o.results = resultsName(o.file)
	}
	var err error
	if o.limit, err = parseLimit(o.maxErrors); err != nil {
		return err
	}
	if o.statuses, err = parseStatuses(o.only); err != nil {
		return err
	}
	if o.again, err = subscriptions("--again", o.again); err != nil {
		return err
	}
	return o.connection.mayWrite(o.env, o.file, output{"--results", o.results}, output{"--report", o.report})
}

// subscriptions reads the subscriptions that a flag names.
func subscriptions(flag string, words []string) ([]string, error) {
	var subs []string
	for _, word := range words {
		sub := strings.Trim(strings.ToLower(strings.TrimSpace(word)), "{}")
		if !guid.MatchString(sub) {
			return nil, wrong(flag+": "+quote(word)+" is no Azure subscription", "copy it from the column sub_id, for example 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11")
		}
		if !slices.Contains(subs, sub) {
			subs = append(subs, sub)
		}
	}
	return subs, nil
}

// parseLimit reads a number of rows, or a share of those ended.
func parseLimit(text string) (engine.Limit, error) {
	if text == "" {
		return engine.Limit{}, nil
	}
	bad := wrong("--max-errors "+quote(text)+" is neither a number of rows nor a share", "for example 20, or 5%")
	if share, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || p <= 0 || p > 100 {
			return engine.Limit{}, bad
		}
		return engine.Limit{Percent: p}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return engine.Limit{}, bad
	}
	return engine.Limit{Rows: n}, nil
}

func parseStatuses(words []string) (map[csvimport.Status]bool, error) {
	if len(words) == 0 {
		return nil, nil
	}
	chosen := make(map[csvimport.Status]bool)
	for _, word := range words {
		s := csvimport.Status(strings.ToLower(strings.TrimSpace(word)))
		known := false
		var all []string
		for _, k := range statusOrder {
			known = known || k == s
			all = append(all, string(k))
		}
		if !known {
			return nil, wrong("--only: there is no status "+quote(word), strings.Join(all, ", "))
		}
		chosen[s] = true
	}
	return chosen, nil
}

func (o *importing) run(ctx context.Context) error {
	outlivePipe()
	o.began = time.Now()
	if o.asJSON {
		o.events = newEvents(o.env.out)
	}
	file, err := o.open()
	if err != nil {
		return err
	}
	defer file.Close()
	s, err := o.connection.session(ctx, o.env, max(o.concurrency, 4)+4)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.openBook(ctx); err != nil {
		return err
	}
	if done, err := o.finished(ctx, file, s.book); done != nil || err != nil {
		if err != nil {
			return err
		}
		defer o.out.Discard()
		run, err := s.book.Begin(ctx, ledger.RunInfo{File: file.Name(), Rows: done.Rows, Version: version})
		if err != nil {
			return err
		}
		return o.conclude(ctx, s, file, run, done, nil)
	}
	if err := s.loadAndSay(ctx); err != nil {
		return err
	}
	checker := &check.Checker{
		File: file, Catalog: s.catalog, Book: s.book,
		Restore: !o.noRestore, Strict: o.strict, Only: o.statuses,
	}
	if err := o.admit(ctx, checker); err != nil {
		if statusOf(err) == statusRefused {
			o.summarize(checker.Tally(), 0)
		}
		return err
	}
	if o.dryRun {
		return o.rehearse(ctx, s, checker)
	}
	tally := checker.Tally()
	var estimates []engine.PlanEstimate
	again, err := o.count(ctx, checker)
	if err != nil {
		return err
	}
	if tally.Valid+again > tally.Imported+tally.Ordered {
		if estimates, err = engine.EstimatePlans(ctx, o.unordered(checker.Rows), s.orders); err != nil {
			return err
		}
	}
	rows, err := o.refusedPlans(estimates, checker)
	if err != nil {
		o.summarize(tally, o.refused)
		return err
	}
	firstOnly, err := o.gate(ctx, s, tally)
	if err != nil {
		return err
	}
	preview := &preview{session: s, name: checker.File.Name(), tally: tally, estimates: estimates, again: again, warnings: o.warnings, firstOnly: firstOnly}
	if err := o.confirm(ctx, preview); err != nil {
		return err
	}
	if o.proved {
		if err := s.book.SetProved(ctx); err != nil {
			return err
		}
	}
	return o.place(ctx, s, file, rows, tally.Rows, firstOnly)
}

// open reads the input, and makes sure beforehand that what will be written
// can be written.
func (o *importing) open() (*rows.File, error) {
	file, err := o.env.openInput(o.file, rows.ReadOptions{CutOff: o.cutOff})
	if err != nil || o.dryRun {
		return file, err
	}
	for _, path := range []string{o.results, o.report} {
		if err := writable(path); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return file, nil
}

// admit checks all rows and shows what was found. A file with errors is
// refused whole, unless --skip-invalid leaves its invalid rows out.
func (o *importing) admit(ctx context.Context, c *check.Checker) error {
	if o.statuses != nil && !rows.IsResults(c.File) {
		return wrong(c.File.Name()+" has no column status, so --only can choose nothing", "--only is for results files")
	}
	if o.events != nil {
		if err := writeFindings(ctx, c, o.events); err != nil {
			return err
		}
	} else {
		list, err := gather(ctx, c, isOrdered)
		if err != nil {
			return err
		}
		o.show(list, c.File.Name())
		o.warnings = list.count[isWarning]
	}
	t := c.Tally()
	if o.maxRows > 0 && t.Rows > o.maxRows {
		return &ending{status: statusRefused, err: fmt.Errorf("%s has %s, --max-rows allows %s", c.File.Name(), count(t.Rows, "row"), number(o.maxRows)), hint: "nothing was sent; split the file, or raise --max-rows"}
	}
	fatal := fileErrors(c)
	if t.Errors > 0 && (!o.skipInvalid || fatal) {
		hint := "nothing was sent; mend the file, or import its valid rows alone with --skip-invalid"
		if fatal {
			hint = "nothing was sent; mend the file"
		}
		return &ending{status: statusRefused, err: fmt.Errorf("%s has %s", c.File.Name(), count(t.Errors, "error")), hint: hint}
	}
	return nil
}

// summarize ends the events of a run that sent nothing; refused are the valid
// rows that the platform refuses.
func (o *importing) summarize(t check.Tally, refused int) {
	if o.events == nil {
		return
	}
	n := map[csvimport.Status]int{csvimport.Invalid: t.Rows - t.Valid, csvimport.Refused: refused, csvimport.Existing: t.Imported + t.Ordered}
	n[csvimport.Unsent] = t.Rows - n[csvimport.Invalid] - n[csvimport.Refused] - n[csvimport.Existing]
	summary := summaryOf(t.Rows, n)
	summary["seconds"], summary["results"] = round(time.Since(o.began).Seconds()), ""
	o.events.emit(summary)
}

// fileErrors reports whether something is wrong with the file as a whole, so
// that its rows cannot be trusted either.
func fileErrors(c *check.Checker) bool {
	for _, f := range c.Findings() {
		if f.Severity == csvimport.SeverityError && f.Line == 0 {
			return true
		}
	}
	return c.Tally().Rows == 0
}

// count counts the rows for which --again opens a new order.
func (o *importing) count(ctx context.Context, c *check.Checker) (again int, err error) {
	if len(o.again) == 0 {
		return 0, nil
	}
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return 0, err
		}
		if row.Valid() && slices.Contains(o.again, row.SubID) && slices.ContainsFunc(row.Findings, isOrdered) {
			again++
		}
	}
	return again, nil
}

// unordered leaves out the rows for which nothing new would be sent: the
// platform's estimate may well refuse what is imported already.
func (o *importing) unordered(rows csvimport.Rows) csvimport.Rows {
	return func(ctx context.Context) iter.Seq2[csvimport.Row, error] {
		return func(yield func(csvimport.Row, error) bool) {
			for row, err := range rows(ctx) {
				if err == nil && slices.ContainsFunc(row.Findings, isOrdered) && !slices.Contains(o.again, row.SubID) {
					continue
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// isOrdered reports whether a finding says that there is an order, or an
// import, already.
func isOrdered(f csvimport.Finding) bool {
	return f.Code == "W_ALREADY_IMPORTED" || f.Code == "W_ALREADY_ORDERED"
}

// refusedPlans stops before the first order if the platform's estimate refuses
// a service plan. With --skip-invalid it is the row asked about that is left
// out; what the platform says to the others they will hear themselves.
func (o *importing) refusedPlans(estimates []engine.PlanEstimate, c *check.Checker) (csvimport.Rows, error) {
	list := new(findingList)
	refused := make(map[int][]csvimport.Finding)
	for _, e := range estimates {
		if e.Row.Valid() {
			continue
		}
		refused[e.Row.Index] = c.Name(e.Row.Findings)
		for _, f := range refused[e.Row.Index] {
			if f.Code == "E_PLAN_REFUSED" {
				list.add(f)
			}
		}
	}
	if list.total() == 0 {
		return c.Rows, nil
	}
	o.show(list, c.File.Name())
	o.refused = list.total()
	if !o.skipInvalid {
		return nil, &ending{
			status: statusRefused, err: fmt.Errorf("the platform refuses %s of this file", count(list.total(), "service plan")),
			hint: "nothing was sent; mend the plan or the account in the panel, or import the other rows alone with --skip-invalid",
		}
	}
	return func(ctx context.Context) iter.Seq2[csvimport.Row, error] {
		return func(yield func(csvimport.Row, error) bool) {
			for row, err := range c.Rows(ctx) {
				if findings, ok := refused[row.Index]; ok && err == nil {
					row.Findings = findings
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}, nil
}

// show tells findings, to a person or as events.
func (o *importing) show(list *findingList, file string) {
	if o.events != nil {
		for _, f := range list.shown() {
			o.events.finding(f)
		}
		return
	}
	list.brief(o.env.err, o.env.pen(o.env.err), file)
	if list.total() > 0 {
		fmt.Fprintln(o.env.err)
	}
}

// gate decides whether the first row alone goes. Where it has gone already,
// nothing more is sent before somebody has looked.
func (o *importing) gate(ctx context.Context, s *session, t check.Tally) (firstOnly bool, err error) {
	if o.proved {
		return false, nil
	}
	if day, err := s.firstDay(ctx); !day || err != nil {
		return false, err
	}
	first, err := firstOrder(ctx, s.book)
	if first == nil || err != nil {
		return true, err
	}
	fmt.Fprintln(o.env.err, "the first order on this platform has been placed and is still to be looked at; nothing further was sent")
	if err := lookAt(o.env.err, o.env.pen(o.env.err), first, o.env.resume()+" --proved"); err != nil {
		return false, err
	}
	o.summarize(t, 0)
	return false, ended(statusIncomplete)
}
