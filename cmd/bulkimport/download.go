package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/rows"
)

// download exports the accounts ready for import as the table that is filled.
type download struct {
	env        *env
	connection connection
	output     string
	plan       string
	all        bool
	filter     string
	with       []string
	force      bool

	empty int // rows with a cell to fill in
}

func newDownload(e *env) *cobra.Command {
	o := &download{env: e}
	cmd := &cobra.Command{
		Use:        "download",
		SuggestFor: []string{"export", "fetch", "get"},
		Short:      "Export the accounts ready for import as a table to fill in",
		Long: `download writes one row for each Azure subscription that is ready for import,
filled in as far as the platform knows. FILE.xlsx is a workbook with lists to
choose service plans and accounts from, FILE.csv is CSV that Excel opens well;
stdout gets plain CSV for other programs. What it wrote is remembered, so that
validate and import can say what a spreadsheet changed since. A file that is
there already, perhaps filled in, is left alone without --force.`,
		Args: arguments(),
		Example: `  bulkimport download -o accounts.xlsx
  bulkimport download -o accounts.csv --plan "Azure NCE for partners"
  bulkimport download -o contoso.csv --filter contoso --with cut_off_date
  bulkimport download --all > everything.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to this `file`, .xlsx or .csv (default stdout)")
	cobra.CheckErr(f.SetAnnotation("output", takesDash, []string{"stdout"}))
	f.StringVar(&o.plan, "plan", "", "fill in this service `plan`, by its id or name")
	f.BoolVar(&o.all, "all", false, "also what is imported already")
	f.StringVar(&o.filter, "filter", "", "only tenants with this `text` in domain or company")
	f.BoolVar(&o.force, "force", false, "write over a file that is there already")
	f.StringSliceVar(&o.with, "with", nil, "a further `column`: cut_off_date")
	o.connection.flags(cmd, e)
	completePlans(cmd, "plan", &o.connection, e)
	complete(cmd, "with", func() []string { return []string{"cut_off_date"} })
	describe(cmd, exits{
		0: "the table was written", 1: "the platform could not be asked, or the file not be written", 2: "wrong usage or configuration",
		3: "nothing is ready for import",
	}, connectionVariables...)
	return cmd
}

func (o *download) run(ctx context.Context) error {
	keepHeadroom(ctx)
	opt := rows.TemplateOptions{Pipe: o.output == "" || o.output == "-"}
	for _, column := range o.with {
		if column != "cut_off_date" {
			return wrong("there is no column "+quote(column)+" to add", "--with cut_off_date")
		}
		opt.CutOff = true
	}
	if err := o.connection.mayWrite(o.env, "", output{"-o", o.output}); err != nil {
		return err
	}
	if id, _, ok := rows.ParseID(o.plan); ok {
		o.plan = id
	}
	var err error
	if opt.Form, err = formOf(output{"-o", o.output}); err != nil {
		return err
	}
	var file *pending
	if !opt.Pipe {
		if info, err := os.Stat(o.output); err == nil && info.Mode().IsRegular() && info.Size() > 0 && !o.force {
			return fault(o.output+" is there already, perhaps filled in", "name another file, or write over it with --force")
		}
		if file, err = beside(o.output, 0o600); err != nil {
			return err
		}
		defer file.Discard()
		file.keep = true
	}
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.openBook(ctx); err != nil {
		return err
	}
	table, err := o.export(ctx, s)
	if err != nil {
		return err
	}
	defer table.Close()
	if opt.Form == rows.Workbook {
		opt.Lists = listsOf(s.catalog, howTo(thenCheck...))
		opt.Download = s.client.Now().UTC().Format(time.RFC3339) + " " + s.settings.host()
		if words := missing(opt.Lists); words != "" {
			fmt.Fprintln(o.env.err, words)
		}
	}
	if file == nil {
		err = rows.WriteTemplate(o.env.data(), o.counting(table.Rows), opt)
	} else if err = rows.WriteTemplate(file, o.counting(table.Rows), opt); err == nil {
		err = file.Commit()
	}
	if err != nil {
		return err
	}
	if err := table.Remember(ctx, s.book, s.client.Now()); err != nil {
		return err
	}
	o.tell(table)
	return nil
}

// counting passes rows on, and counts those that are not yet filled in.
func (o *download) counting(rows iter.Seq2[csvimport.TemplateRow, error]) iter.Seq2[csvimport.TemplateRow, error] {
	return func(yield func(csvimport.TemplateRow, error) bool) {
		for row, err := range rows {
			if row.Tenant == "" || row.PlanID == "" || row.SubID == "" || row.Company == "" || row.Email == "" {
				o.empty++
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// export selects the rows of what the platform has now.
func (o *download) export(ctx context.Context, s *work) (*catalog.Export, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return o.exportOf(s)
}

// exportOf selects the rows. None is an end of its own, with the way out.
func (o *download) exportOf(s *work) (*catalog.Export, error) {
	if o.plan != "" {
		if _, err := s.catalog.Plan(o.plan); err != nil {
			return nil, &ending{status: statusUsage, err: err, hint: "bulkimport plans lists them"}
		}
	}
	table, err := s.catalog.Export(catalog.ExportOptions{All: o.all, Filter: o.filter, Plan: o.plan})
	if err != nil {
		return nil, err
	}
	if table.Subscriptions > 0 {
		return table, nil
	}
	const way = "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize; then try again"
	words, more := "nothing is ready for import", ""
	switch {
	case table.Unread > 0:
		return nil, &ending{status: statusIncomplete, err: fmt.Errorf("the platform does not show the subscriptions of %s", count(table.Unread, "tenant")),
			hint: "use the panel's own file (Download accounts ready for import as CSV), or see bulkimport doctor --assumptions: tenant.subscriptions; if customers are missing, " + way}
	case table.Imported > 0:
		words += ": " + count(table.Imported, "subscription") + " imported already"
		more = exportAll
	case o.filter != "":
		words = "no tenant ready for import has " + quote(o.filter) + " in its domain or company"
		more = "; leave out --filter to see all"
	}
	return nil, &ending{status: statusIncomplete, err: errors.New(words), hint: way + more}
}

// exportAll ends what to do where all is imported.
const exportAll = "; --all exports what is imported too"

// tell says on stderr what was written and what is to be done with it.
func (o *download) tell(table *catalog.Export) {
	var words []string
	if table.Imported > 0 {
		words = append(words, fmt.Sprintf("%s imported already left out", number(table.Imported)))
	}
	if table.Unread > 0 {
		words = append(words, fmt.Sprintf("the subscriptions of %s not readable", count(table.Unread, "tenant")))
	}
	more := ""
	if len(words) > 0 {
		more = " (" + strings.Join(words, ", ") + ")"
	}
	fmt.Fprintf(o.env.err, "%s, %s%s\n", count(table.Tenants, "tenant"), count(table.Subscriptions, "subscription"), more)
	if o.output == "" || o.output == "-" {
		return
	}
	next := "bulkimport validate " + shellFile(o.output)
	if o.empty > 0 {
		next = "fill in the tinted cells of " + o.output + " (its sheet How to says what goes where), then " + next
		if form, _ := formOf(output{path: o.output}); form == rows.CSV {
			next = "fill in the empty cells of " + o.output + " (bulkimport plans lists the service plans; bulkimport help spreadsheets), then bulkimport validate " + shellFile(o.output)
		}
	}
	fmt.Fprintln(o.env.err, "next:", next)
}
