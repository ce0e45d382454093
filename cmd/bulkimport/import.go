package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/pace"
	"bulkimport/csvimport/rows"
)

// importing places one order a row and follows each to its end.
type importing struct {
	env        *env
	connection connection
	file       string

	results, report                           string
	concurrency, perAccount, maxOpen, maxRows int
	canary                                    int
	rate                                      float64
	maxErrors, cutOff                         string
	wait, settle, patience, show              time.Duration
	only, again                               []string
	sheet, hiddenWord                         string
	columns                                   columnsFlag
	proved, lastImportText                    string
	dryRun, skipInvalid, strict, yes, asJSON  bool
	noRestore, resendDoubts, beside           bool
	allowContradiction, force                 bool

	limit    pace.Limit                // of maxErrors
	statuses map[csvimport.Status]bool // of only
	hidden   rows.Hidden               // of hiddenWord
	mapped   rows.Mapping              // of columns and the profile
	form     rows.Form                 // of results

	lastImport time.Time // of lastImportText
}

func newImport(e *env) *cobra.Command {
	o := &importing{env: e}
	cmd := &cobra.Command{
		Use:        "import FILE",
		SuggestFor: []string{"upload", "place", "order", "run", "start"},
		Short:      "Place one order a row, follow each to its end, write one result a row",
		Long: `import places one order for each row of a checked file, follows each order to
its end, and writes a results file with one line for each row. It may be
stopped and started again at any time, with the same or an edited file: what is
done stays done, what may exist is looked up, and no subscription is ordered
twice. FILE is CSV or an Excel workbook (.xlsx), and may be - for stdin; a
results file is a valid input too.

While orders are on their way the machine is asked not to sleep by itself;
closing the lid of a laptop puts it to sleep all the same. Nothing is lost then:
after it wakes up the import looks anew before it goes on.

On a platform where no import has been checked yet, the first order alone is
placed: bulkimport help first-day.`,
		Args: arguments("FILE"),
		Example: `  bulkimport import accounts.csv --results results.csv
  bulkimport import accounts.csv --dry-run
  bulkimport import accounts.csv --results results.csv --yes --json > events.jsonl
  bulkimport import results.csv --only failed,refused --results again.csv
  bulkimport import accounts.csv --results results.csv --first 10 --concurrency 16
  bulkimport import accounts.csv --results results.csv --again @cancelled.txt`,
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
		5:   "it ended, and some rows are unknown, or were held back by such",
		6:   "a person has to look before anything is run again: another import, a double, a lost ledger, an order that imported nothing",
		130: "interrupted; requests begun were finished or recorded",
	}, connectionVariables...)
	return cmd
}

func (o *importing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.results, "results", "", "write one result a row to this `file`, .xlsx or .csv (default FILE with .results.csv)")
	f.BoolVar(&o.force, "force", false, "write over a results file that is there and is not this input's; it stays as .bak")
	f.StringVar(&o.report, "report", "", "write a page to look at to this HTML `file` too")
	f.IntVar(&o.concurrency, "concurrency", engine.DefaultConcurrency, "at most `N` orders in flight")
	f.IntVar(&o.perAccount, "per-account", engine.DefaultPerAccount, "at most `N` requests in flight for one account")
	f.Float64Var(&o.rate, "rate", 0, "at most `N` orders a second, of all imports on one ledger (default no limit)")
	f.IntVar(&o.maxOpen, "max-open", 0, "at most `N` accepted orders not yet at their end, of all imports on one ledger (default no limit)")
	f.IntVar(&o.maxRows, "max-rows", 0, "refuse files of more than `N` rows (default no limit)")
	f.StringVar(&o.maxErrors, "max-errors", "", "stop after `N|N%` refused or failed rows, of all imports on one ledger (default once ten rows and a fifth of those ended have gone wrong)")
	f.IntVar(&o.canary, "first", 0, "place the first `N` orders, follow them, go on only if all ended well")
	f.IntVar(&o.canary, "canary", 0, "place the first `N` orders: the other name of --first")
	cmd.MarkFlagsMutuallyExclusive("first", "canary")
	cobra.CheckErr(f.MarkHidden("canary"))
	f.StringVar(&o.proved, "proved", "", "the first order here, of this `number`, has been checked and is right; remembered")
	f.BoolVar(&o.resendDoubts, "resend-doubts", false, "send rows again whose order may exist for longer than settle and is not found (--yes is not that word)")
	f.StringVar(&o.lastImportText, "last-import-here", "", "when anybody, you included, last imported here: a `time` (2026-11-27 14:30), or never; asked where the ledger cannot know")
	f.BoolVar(&o.beside, "beside", false, "another import that is going on here has other rows (--yes is not that word)")
	f.DurationVar(&o.show, "show", engine.DefaultShow, "the first order may take this `time` to show in a listing")
	f.BoolVar(&o.dryRun, "dry-run", false, "all but placing: asks the platform's estimate for each row")
	f.BoolVar(&o.skipInvalid, "skip-invalid", false, "import the valid rows of a file with errors")
	f.BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	f.BoolVar(&o.allowContradiction, "allow-contradiction", false, allowUsage)
	f.BoolVar(&o.noRestore, "no-restore", false, "do not put back leading zeros that a spreadsheet took")
	f.StringSliceVar(&o.only, "only", nil, "of a results file, only rows with these `statuses`")
	f.DurationVar(&o.wait, "wait", engine.DefaultWait, "follow an order for this `time` at most; 0 does not follow")
	f.DurationVar(&o.settle, "settle", engine.DefaultSettle, "on a stand-in alone: an unanswered order may still turn up for this `time`")
	f.DurationVar(&o.patience, "patience", engine.DefaultPatience, "sit out an outage for this `time`")
	f.StringVar(&o.sheet, "sheet", "", sheetUsage)
	o.columns.flag(cmd)
	f.StringVar(&o.hiddenWord, "hidden", "", "what becomes of a workbook's hidden rows: `import|skip`; asked for where there are any")
	f.StringVar(&o.cutOff, "cut-off", "", "`date` for rows without a cut_off_date of their own")
	f.StringSliceVar(&o.again, "again", nil, "open a new order for these `subscriptions`, whose order was cancelled; @FILE: for those in a file, one a line, or a table with a column sub_id")
	f.BoolVar(&o.yes, "yes", false, "ask no question; needed when stdin is no terminal")
	f.BoolVar(&o.asJSON, "json", false, "events on stdout, one object a line")
	o.connection.flags(cmd, o.env)
	completeStatuses(cmd, "only")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("hidden", cobra.FixedCompletions([]string{hiddenImport, hiddenSkip}, cobra.ShellCompDirectiveNoFileComp)))
}

// check tests the flags against each other, before anything is opened.
func (o *importing) check() error {
	for _, n := range []struct {
		flag  string
		value float64
		least float64
	}{
		{"--concurrency", float64(o.concurrency), 1}, {"--per-account", float64(o.perAccount), 1}, {"--rate", o.rate, 0},
		{"--max-open", float64(o.maxOpen), 0}, {"--max-rows", float64(o.maxRows), 0}, {"--first", float64(o.canary), 0},
		{"--wait", o.wait.Seconds(), 0}, {"--show", o.show.Seconds(), 0}, {"--settle", o.settle.Seconds(), 0}, {"--patience", o.patience.Seconds(), 0},
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
		if !isOrdinary(o.file) && !o.dryRun {
			return wrong("--results is missing", o.file+" is not an ordinary file: say where the results go")
		}
		o.results = resultsName(o.file)
	}
	var err error
	if o.form, err = formOf(output{"--results", o.results}); err != nil {
		return err
	}
	if o.limit, err = parseLimit(o.maxErrors); err != nil {
		return err
	}
	if o.statuses, err = parseStatuses(o.only); err != nil {
		return err
	}
	if o.hidden, err = parseHidden(o.hiddenWord); err != nil {
		return err
	}
	if o.again, err = o.env.subscriptions("--again", o.again); err != nil {
		return err
	}
	if o.lastImport, err = parseLastImport(o.lastImportText, time.Now()); err != nil {
		return wrong("--last-import-here "+err.Error(), lastImportLike)
	}
	return o.connection.mayWrite(o.env, o.file, output{"--results", o.results}, output{"--report", o.report})
}

// lastImportLike says how the time of an import is written.
const lastImportLike = "when anybody last imported here, for example 2026-11-27 14:30, in your own time, or never"

// parseLastImport reads when anybody last imported; the zero time is not said.
func parseLastImport(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if strings.EqualFold(text, "never") {
		return time.Unix(0, 0), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "15:04"} {
		at, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		if layout == "15:04" {
			at = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, now.Location())
		}
		if at.After(now.Add(time.Minute)) {
			return time.Time{}, errors.New(quote(text) + " is yet to come")
		}
		return at, nil
	}
	return time.Time{}, errors.New(quote(text) + " is no time")
}

// parseLimit reads a number of rows, or a share of those ended.
func parseLimit(text string) (pace.Limit, error) {
	if text == "" {
		return pace.Limit{}, nil
	}
	bad := wrong("--max-errors "+quote(text)+" is neither a number of rows nor a share", "for example 20, or 5%")
	if share, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || !(p > 0 && p <= 100) {
			return pace.Limit{}, bad
		}
		return pace.Limit{Percent: p}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return pace.Limit{}, bad
	}
	return pace.Limit{Rows: n}, nil
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
		for _, k := range csvimport.Statuses() {
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
