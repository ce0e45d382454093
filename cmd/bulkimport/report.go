package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/report"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

func newReport(e *env) *cobra.Command {
	p := page{env: e}
	var only []string
	cmd := &cobra.Command{
		Use:   "report RESULTS",
		Short: "Make a page to look at from a results file, or a file of the rows to mend",
		Long: `report makes one HTML file from a results file: outcome, a chart of orders over
time, causes, and a table of all rows to search and sort. It needs nothing else
to be looked at and loads nothing from elsewhere.

With -o FILE.csv it writes the rows as they are in the results file, reasons
included: with --only, those to be mended. The mended file can be imported.`,
		Args: arguments("RESULTS"),
		Example: `  bulkimport report results.csv -o results.html
  bulkimport report results.csv --only failed,refused,invalid -o mend.csv`,
		RunE: func(_ *cobra.Command, args []string) (err error) {
			p.results = args[0]
			if p.only, err = parseStatuses(only); err != nil {
				return err
			}
			if p.out == "" {
				p.out = pageName(p.results)
			}
			if err := new(connection).mayWrite(e, p.results, output{"-o", p.out}); err != nil {
				return err
			}
			n, err := p.write()
			if err != nil {
				return err
			}
			fmt.Fprintf(e.err, "%s written to %s\n", count(n, "row"), p.out)
			if p.isTable() {
				fmt.Fprintf(e.err, "next: mend them, then bulkimport import %s\n", shell(p.out))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&p.out, "output", "o", "", "write the page to this HTML `file`, or the rows to this CSV file (default RESULTS with .html)")
	cmd.Flags().StringSliceVar(&only, "only", nil, "only rows with these `statuses`")
	completeStatuses(cmd)
	describe(cmd, exits{0: "it was written", 1: "the results cannot be read, or the file not be written", 2: "wrong usage", 4: "the file is no results file"})
	return cmd
}

// page is a results file as a page to look at, or part of it as a table.
type page struct {
	env            *env
	results, out   string
	only           map[csvimport.Status]bool // nil: all
	file, platform string                    // for people, empty if not known
	began, ended   time.Time
}

func (p *page) isTable() bool { return strings.EqualFold(filepath.Ext(p.out), ".csv") }

// write writes the page, or the table, and returns how many rows are on it.
func (p *page) write() (n int, err error) {
	if err := writable(p.out); err != nil {
		return 0, err
	}
	file, err := p.env.openInput(p.results, rows.ReadOptions{})
	if err != nil {
		return 0, err
	}
	defer file.Close()
	chosen := func(yield func(csvimport.Reported, error) bool) {
		for r, err := range rows.ReadResults(file) {
			if err == nil && p.only != nil && !p.only[r.Result.Status] {
				continue
			}
			n++
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
	err = replace(p.out, func(w io.Writer) error {
		if p.isTable() {
			return writeRows(w, file.Header(), chosen)
		}
		return report.Write(w, report.Page{
			File: cmp.Or(p.file, file.Name()), Platform: p.platform, Started: p.began, Ended: p.ended,
			Program: "bulkimport", Version: version, Rows: chosen,
			Advice: func(status csvimport.Status, orderStatus string) string {
				_, sentence := nextStep(status, orderStatus)
				return sentence
			},
		})
	})
	if errors.Is(err, rows.ErrNotResults) {
		return 0, notResults(p.results, err)
	}
	return n, err
}

// pageName is where the page goes if nothing is said.
func pageName(results string) string {
	if results == standardInput {
		return "results.html"
	}
	return strings.TrimSuffix(results, filepath.Ext(results)) + ".html"
}

// writeRows writes rows as they are in the results file, for a spreadsheet.
func writeRows(w io.Writer, header []string, reported iter.Seq2[csvimport.Reported, error]) error {
	out := delimited.NewWriter(w, sheet.Style{BOM: true, CRLF: true})
	if err := out.Write(header); err != nil {
		return err
	}
	for r, err := range reported {
		if err != nil {
			return err
		}
		if err := out.Write(r.Row.Cells); err != nil {
			return err
		}
	}
	return out.Close()
}

// notResults is a file that was to be a results file and is none.
func notResults(name string, err error) error {
	return &ending{status: statusRefused, err: fmt.Errorf("%s: %w", name, err), hint: "name the file that import wrote with --results"}
}
