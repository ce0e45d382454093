package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// reporting makes pages and tables of what is known of rows.
type reporting struct {
	env        *env
	connection connection
	results    string // a results file, empty where the ledger alone tells
	out        string
	only       []string
	run        int64
	cancelList bool
	sheet      string

	form     rows.Form                 // of out, where it is a table
	statuses map[csvimport.Status]bool // of only
}

func newReport(e *env) *cobra.Command {
	o := &reporting{env: e}
	cmd := &cobra.Command{
		Use:   "report [RESULTS]",
		Short: "Make a page to look at, a file of the rows to mend, or a work sheet",
		Long: `report makes one HTML file from a results file: outcome, a chart of orders over
time, causes, and a table of all rows to search and sort. It needs nothing else
to be looked at and loads nothing from elsewhere. With -o FILE.xlsx, or FILE.csv,
it writes the rows as they are in the results file, reasons included: with --only,
those to be mended. The mended file can be imported.

--only unknown -o LOOK.csv writes the work sheet instead: the orders of which
nobody can tell but a person who searches Billing for them. Fill in its column
found, then bulkimport reconcile LOOK.csv. --only unknown,differs has the rows in
it, too, whose orders are not what they ask for.

Without RESULTS the ledger alone is asked: for one run with --run, which also
makes the page or the table anew where the results file is gone, as far as the
ledger knows; without --run for all there is.

--cancel-list lists what a run created, the latest one that did unless --run says
which, how each order stands, and what is to be done in Billing to take it back.
Where a connection is configured the platform is asked, else it is told as last seen.`,
		Args: cobra.MaximumNArgs(1),
		Example: `  bulkimport report results.csv -o results.html
  bulkimport report results.csv --only failed,refused,invalid -o mend.xlsx
  bulkimport report results.csv --only unknown -o look.csv
  bulkimport report --only unknown -o look.csv
  bulkimport report --run 17 -o run17.csv
  bulkimport report --cancel-list --run 17`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if len(args) > 0 {
				o.results = args[0]
			}
			if err := o.check(cmd.Flags().Changed("run")); err != nil {
				return err
			}
			return o.write(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "output", "o", "", "write the page to this HTML `file`, or the rows to this .xlsx or .csv (default RESULTS with .html)")
	f.StringSliceVar(&o.only, "only", nil, "only rows with these `statuses`")
	completeStatuses(cmd, "only")
	f.Int64Var(&o.run, "run", 0, "run `N` of the ledger (bulkimport status lists the latest), where the results file is gone")
	f.BoolVar(&o.cancelList, "cancel-list", false, "what a run created, how it stands, and what to do in Billing")
	f.StringVar(&o.sheet, "sheet", "", sheetUsage)
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{
		0: "it was written", 1: "the results or the ledger cannot be read, or the file not be written", 2: "wrong usage",
		3: "--cancel-list: no order was created", 4: "the file is no results file",
	}, append(placeVariables, "and the credentials  for --cancel-list, where they are set: bulkimport help credentials")...)
	return cmd
}

// check tests arguments and flags against each other.
func (o *reporting) check(ofRun bool) (err error) {
	if o.statuses, err = parseStatuses(o.only); err != nil {
		return err
	}
	const howTo = "bulkimport report --help shows how"
	switch {
	case o.results != "" && (ofRun || o.cancelList):
		return wrong("--run and --cancel-list ask the ledger, not "+o.results, "leave one of the two out")
	case ofRun && o.run < 1:
		return wrong("--run is too small", "bulkimport status lists the latest runs")
	case o.cancelList && len(o.only) > 0:
		return wrong("--cancel-list lists all that was created", "leave --only out")
	case o.results == "" && !ofRun && !o.cancelList && len(o.only) == 0:
		return wrong("RESULTS is missing", "name the results file; or --run N, for what the ledger knows of a run. "+howTo)
	}
	if o.out == "" && !o.cancelList {
		if o.results == "" {
			return wrong("-o is missing", "say where to write: -o FILE.html, FILE.xlsx or FILE.csv")
		}
		if !isOrdinary(o.results) && o.results != standardInput {
			return wrong("-o is missing", o.results+" is not an ordinary file: say where to write")
		}
		o.out = pageName(o.results)
	}
	if o.sheet != "" && o.results == "" {
		return wrong("--sheet is of a results file, and the ledger alone is asked", "leave --sheet out")
	}
	if kind := strings.ToLower(filepath.Ext(o.out)); o.out != "" && !isTable(o.out) && kind != ".html" && kind != ".htm" {
		return wrong("-o "+o.out+" is neither a page nor a table", "name it FILE.html, a page to look at and to print, or FILE.xlsx or FILE.csv")
	}
	if o.form, err = formOf(output{"-o", o.out}); err != nil {
		return err
	}
	if o.cancelList && o.out != "" && !isTable(o.out) {
		return wrong("-o "+o.out+" is no table", "--cancel-list is written to FILE.csv or FILE.xlsx, or without -o to the screen")
	}
	return o.connection.mayWrite(o.env, o.results, output{"-o", o.out})
}

func (o *reporting) isSheet() bool {
	if !isTable(o.out) || !o.statuses[csvimport.Unknown] {
		return false
	}
	for s := range o.statuses {
		if s != csvimport.Unknown && s != csvimport.Differs {
			return false
		}
	}
	return true
}

func (o *reporting) write(ctx context.Context) error {
	if o.cancelList {
		return o.cancelling(ctx)
	}
	columns, err := o.connection.columnsOf(o.env)
	if err != nil {
		return err
	}
	p := page{env: o.env, out: o.out, form: o.form, only: o.statuses, sheet: o.isSheet(), source: fileSource{o.env, o.results, o.sheet, columns}}
	note := func() {}
	if o.results == "" {
		s, err := o.connection.known(ctx, o.env)
		if err != nil {
			return err
		}
		defer s.Close()
		source, err := s.sourceOf(ctx, o.run)
		if err != nil {
			return err
		}
		p.source, p.platform = source, s.settings.host()
		p.file, p.began, p.ended = source.title(), source.info.Started, source.info.Ended
		note = source.tell
		if p.sheet {
			source.leaveHeld(s.book)
		}
	}
	n, err := p.write()
	if err != nil {
		return err
	}
	note()
	fmt.Fprintf(o.env.err, "%s written to %s\n", count(n, "row"), o.out)
	switch {
	case p.sheet && n > 0:
		fmt.Fprintf(o.env.err, "next: search Billing for each reference, and write into the column found the order's number, none or corrected; then bulkimport reconcile %s\n", shellFile(o.out))
	case p.sheet:
		fmt.Fprintln(o.env.err, "nothing is unknown")
	case n == 0 && len(o.only) > 0:
		fmt.Fprintf(o.env.err, "no row has the status %s\n", strings.Join(o.only, " or "))
	case isTable(o.out) && o.results == "" && o.only == nil:
		fmt.Fprintf(o.env.err, "next: bulkimport import %s goes on with it: what is done stays done\n", shellFile(o.out))
	case isTable(o.out):
		fmt.Fprintf(o.env.err, "next: mend them, then bulkimport import %s\n", shellFile(o.out))
	}
	return nil
}

func isTable(path string) bool {
	kind := filepath.Ext(path)
	return strings.EqualFold(kind, ".csv") || strings.EqualFold(kind, ".xlsx")
}

// pageName is where the page goes if nothing is said.
func pageName(results string) string {
	if results == standardInput {
		return "results.html"
	}
	return strings.TrimSuffix(results, filepath.Ext(results)) + ".html"
}

// sentWords is when an order was sent, as the work sheet has it: a spreadsheet
// leaves it as it is, for the day.
func sentWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return moment(t)
}
