package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/report"
)

func newReport(e *env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report RESULTS",
		Short: "Make a page to look at from a results file",
		Long: `report makes one HTML file from a results file: outcome, a chart of orders over
time, causes, and a table of all rows to search and sort. It needs nothing else
to be looked at and loads nothing from elsewhere.`,
		Args:    arguments("RESULTS"),
		Example: `  bulkimport report results.csv -o results.html`,
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return wrong("-o is missing", "say where the page goes: -o "+shell(resultsPage(args[0])))
			}
			p := page{env: e, results: args[0], out: out}
			if err := p.write(); err != nil {
				return err
			}
			fmt.Fprintf(e.err, "page written to %s\n", out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write the page to this HTML `file`")
	describe(cmd, exits{0: "the page was written", 1: "the results cannot be read, or the page not be written", 2: "wrong usage", 4: "the file is no results file"})
	return cmd
}

func resultsPage(results string) string { return results + ".html" }

// page is a results file as a page to look at.
type page struct {
	env            *env
	results, out   string
	file, platform string // for people, empty if not known
	began, ended   time.Time
}

func (p *page) write() error {
	if err := writable(p.out, p.results); err != nil {
		return err
	}
	file, err := p.env.openInput(p.results, csvimport.ReadOptions{})
	if err != nil {
		return err
	}
	defer file.Close()
	shown := report.Page{File: p.file, Platform: p.platform, Started: p.began, Ended: p.ended, Version: version, Rows: reportRows(file)}
	if shown.File == "" {
		shown.File = file.Name()
	}
	err = replace(p.out, func(w io.Writer) error { return report.Write(w, shown) })
	if errors.Is(err, csvimport.ErrNotResults) {
		return notResults(p.results, err)
	}
	return err
}

// notResults is a file that was to be a results file and is none.
func notResults(name string, err error) error {
	return &ending{status: statusRefused, err: fmt.Errorf("%s: %w", name, err), hint: "name the file that import wrote with --results"}
}

// reportRows are the rows of a results file as the page shows them.
func reportRows(f *csvimport.File) iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for r, err := range csvimport.ReadResults(f) {
			if !yield(reportRow(&r), err) || err != nil {
				return
			}
		}
	}
}

func reportRow(r *csvimport.Reported) report.Row {
	http := ""
	if r.Result.HTTPStatus != 0 {
		http = strconv.Itoa(r.Result.HTTPStatus)
	}
	return report.Row{
		Line: strconv.Itoa(r.Result.Line), SubID: r.Row.SubID, Tenant: r.Row.Tenant, Company: r.Row.Company,
		PlanName: r.Result.PlanName, Account: r.Result.Account, AccountName: r.Result.AccountName,
		Status: string(r.Result.Status), OrderID: r.Result.OrderID, OrderNumber: r.Result.OrderNumber, OrderStatus: r.Result.OrderStatus,
		ErrorCode: r.Result.ErrorCode, Error: r.Result.Error, Attempts: strconv.Itoa(r.Result.Attempts),
		SubmittedAt: moment(r.Result.SubmittedAt), FinishedAt: moment(r.Result.FinishedAt),
		CutOff: r.Result.CutOff, Reference: r.Result.Reference, HTTPStatus: http,
	}
}
