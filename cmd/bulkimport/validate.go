package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/rows"
)

// validate checks files and says what is to be mended.
type validate struct {
	env        *env
	connection connection
	json       bool
	offline    bool
	strict     bool
	noRestore  bool
	allow      bool
	clean      string
	annotate   string
	cutOff     string
	sheet      string
	columns    columnsFlag

	cleanForm, annotateForm rows.Form

	files *check.Files // nil: there is one file only
	asked bool         // the platform, or nobody
	list  *findingList // of the file, nil before it is gathered
}

func newValidate(e *env) *cobra.Command {
	o := &validate{env: e}
	cmd := &cobra.Command{
		Use:        "validate FILE…",
		SuggestFor: []string{"check", "test", "verify"},
		Short:      "Check a filled file, every row and cell, and say what to mend",
		Long: `validate checks every row and cell of a file and says what is wrong, where, why,
and what to do. It sends no order. With a connection it also asks the platform
whether plans, accounts and subscriptions are there; without one, or with
--offline, it tells what the file alone can tell. FILE is CSV or an Excel
workbook (.xlsx), and may be - for stdin. Several files are checked one after
the other, and a subscription that is in two of them is told.`,
		Args: atLeastOne("FILE"),
		Example: `  bulkimport validate accounts.csv
  bulkimport validate accounts.xlsx --annotate mend.xlsx  the file with its problems, coloured
  bulkimport validate accounts.csv --clean clean.csv      the valid rows as understood
  bulkimport validate january.csv february.csv            several files, each for itself and against each other
  bulkimport validate accounts.csv --json | jq 'select(.severity == "error")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "one object a line: findings in file order, then a summary, of each file")
	f.BoolVar(&o.offline, "offline", false, "only what the file itself can tell")
	f.BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	f.BoolVar(&o.noRestore, "no-restore", false, "do not put back leading zeros that a spreadsheet took")
	f.BoolVar(&o.allow, "allow-contradiction", false, allowUsage)
	f.StringVar(&o.clean, "clean", "", "write the valid rows in normal form to this `file`, .csv or .xlsx")
	f.StringVar(&o.annotate, "annotate", "", "write the file with a last column of problems to this `file`, .xlsx with the cells at fault coloured")
	f.StringVar(&o.sheet, "sheet", "", sheetUsage)
	o.columns.flag(cmd)
	f.StringVar(&o.cutOff, "cut-off", "", "`date` for rows without a cut_off_date of their own")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "no errors (warnings alone are none)", 1: "a file cannot be read, or the platform not be asked",
		2: "wrong usage or configuration", 4: "a file has errors",
	}, connectionVariables...)
	return cmd
}

func (o *validate) run(ctx context.Context, names []string) error {
	if err := o.mayValidate(names); err != nil {
		return err
	}
	s, err := o.connection.settings(o.env)
	if err != nil {
		return err
	}
	columns, err := o.columns.mapping(o.env, &o.connection)
	if err != nil {
		return err
	}
	work := &work{env: o.env, settings: s}
	defer work.Close()
	if len(names) > 1 {
		o.files = &check.Files{Of: len(names)}
	}
	var all validated
	for _, name := range names {
		file, err := o.env.openInput(name, rows.ReadOptions{CutOff: o.cutOff, Sheet: o.sheet, Columns: columns})
		if err != nil && o.files != nil && statusOf(err) == statusFault {
			o.env.leave(err) // the others are checked all the same
			all.unread++
			o.files.Of--
			continue
		}
		if err != nil {
			return err
		}
		t, err := o.file(ctx, work, file, name)
		file.Close()
		if err != nil {
			return err
		}
		all.Rows, all.Valid, all.Errors = all.Rows+t.Rows, all.Valid+t.Valid, all.Errors+t.Errors
	}
	if o.files != nil && !o.json {
		all.tell(o.env.out, len(names))
	}
	return all.end()
}

// validated is what was found in all files together.
type validated struct {
	check.Tally
	unread int // files
}

func (v *validated) tell(w io.Writer, files int) {
	unread := ""
	if v.unread > 0 {
		unread = fmt.Sprintf(", %d of them not read", v.unread)
	}
	fmt.Fprintf(w, "\n%s%s: %s, %s valid\n", count(files, "file"), unread, count(v.Rows, "row"), number(v.Valid))
}

func (v *validated) end() error {
	switch {
	case v.unread > 0:
		return ended(statusFault)
	case v.Errors > 0:
		return ended(statusRefused)
	}
	return nil
}

// mayValidate tests what is to be read and written.
func (o *validate) mayValidate(names []string) (err error) {
	outputs := []output{{"--clean", o.clean}, {"--annotate", o.annotate}}
	for i, name := range names {
		if err := o.connection.mayWrite(o.env, name, outputs...); err != nil {
			return err
		}
		for _, other := range names[:i] {
			if other == name || o.env.isInput(other, name) || o.env.isInput(name, other) {
				return wrong(other+" and "+name+" are one file", "name each file once")
			}
		}
	}
	for _, out := range outputs {
		if out.path != "" && len(names) > 1 {
			return wrong(fmt.Sprintf("%s is for one file, and %d are named", out.flag, len(names)), "validate them one by one")
		}
	}
	if o.cleanForm, err = formOf(outputs[0]); err != nil {
		return err
	}
	o.annotateForm, err = formOf(outputs[1])
	return err
}

// file checks one file, and tells and writes what was found.
func (o *validate) file(ctx context.Context, work *work, file *rows.File, name string) (check.Tally, error) {
	if err := o.columns.keep(o.env, file); err != nil {
		return check.Tally{}, err
	}
	for _, path := range []string{o.clean, o.annotate} {
		if err := writable(path); err != nil {
			return check.Tally{}, err
		}
	}
	if err := o.ask(ctx, work); err != nil {
		return check.Tally{}, err
	}
	checker := &check.Checker{File: file, Catalog: work.catalog, Restore: !o.noRestore, Strict: o.strict, AllowContradiction: o.allow, Files: o.files}
	if work.book != nil {
		checker.Book = work.book
	}
	tell := o.tell
	if o.json {
		tell = o.events
	}
	if err := tell(ctx, checker, name); err != nil {
		return check.Tally{}, err
	}
	return checker.Tally(), o.write(ctx, checker)
}

// ask asks the platform, once, for what files are compared with. Where none is set it
// says on stderr that it does not.
func (o *validate) ask(ctx context.Context, s *work) (err error) {
	if o.asked {
		return nil
	}
	o.asked = true
	if o.offline || !s.settings.configured() {
		if !o.offline {
			fmt.Fprintln(o.env.err, "checked offline: no platform is set, so plans, accounts and subscriptions were not looked up")
		}
		return s.bookAt(ctx)
	}
	if s.client, err = s.settings.client(o.env, 0, o.connection.verbose); err != nil {
		return err
	}
	if _, err := s.client.Check(ctx); err != nil {
		return err
	}
	err = s.openBook(ctx)
	if apsclient.KindOf(err) == apsclient.NoService && err != nil {
		fmt.Fprintln(o.env.err, "note: the file was not compared with what was downloaded:", clean(err.Error()))
	} else if err != nil {
		return err
	}
	return s.loadAndSay(ctx)
}

// tell shows the findings to a person.
func (o *validate) tell(ctx context.Context, c *check.Checker, name string) error {
	list, err := gather(ctx, c)
	if err != nil {
		return err
	}
	o.list = list
	w, p, tally := o.env.out, o.env.pen(o.env.out), c.Tally()
	list.write(w, p, c.File.Name())
	if list.total() > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s\n", clean(c.File.Name()), verdictWords(p, list, tally))
	if c.Catalog != nil && tally.Valid > 0 {
		fmt.Fprintf(w, "plans: %s by id, %s by name; accounts: %s by account_id, %s by company name and e-mail\n",
			count(tally.Valid-tally.Named, "row"), number(tally.Named), number(tally.ByID), number(tally.ByBinding))
	}
	next := o.next(tally, name, csvimport.Has(c.Findings(), csvimport.WHiddenRows))
	for _, f := range c.Findings() {
		if words := anotherFile(f.Code); words != "" {
			next = words + ", then bulkimport validate again"
		}
	}
	fmt.Fprintln(w, "next: "+next)
	return nil
}

// verdictWords sums up what was found in a file.
func verdictWords(p pen, list *findingList, t check.Tally) string {
	verdict := p.green("no problems")
	switch {
	case t.Errors > 0:
		verdict = p.red(count(t.Errors, "error"))
		if n := list.count[isWarning]; n > 0 {
			verdict += ", " + p.yellow(count(n, "warning"))
		}
	case list.count[isWarning] > 0:
		verdict = "no errors, " + p.yellow(count(list.count[isWarning], "warning"))
	}
	return fmt.Sprintf("%s, %s valid: %s", count(t.Rows, "row"), number(t.Valid), verdict)
}

// anotherFile says what to do about a file in which nothing can be mended, empty
// if something can.
func anotherFile(code csvimport.Code) string {
	switch code {
	case csvimport.EEmptyFile, csvimport.ENULByte:
		return "download it again, or save it again from the spreadsheet"
	case csvimport.ESheetAmbiguous:
		return "choose the sheet with --sheet NAME"
	case csvimport.EDamaged:
		return "save it again from the spreadsheet"
	case csvimport.ENotText, csvimport.ENotCSV, csvimport.EEncoding, csvimport.ETooLarge:
		return "save it from the spreadsheet as an Excel workbook (.xlsx) or CSV UTF-8"
	case csvimport.EEncrypted:
		return "save it without the password"
	}
	return ""
}

// next says what to do next. With hidden rows a person has to decide about them.
func (o *validate) next(t check.Tally, name string, hidden bool) string {
	words := shellFile(name) + o.repeated()
	switch {
	case t.Errors == 0 && !isOrdinary(name):
		return "bulkimport import with the same input"
	case t.Errors == 0 && hidden:
		return "bulkimport import " + words + " --results " + shellFile(resultsLike(name)) + " --hidden import (or --hidden skip, which leaves the hidden rows out)"
	case t.Errors == 0:
		return "bulkimport import " + words + " --results " + shellFile(resultsLike(name))
	case o.annotate != "":
		return "mend the rows in " + o.annotate + ", column problems, and validate that file"
	case !isOrdinary(name):
		return "mend these, then validate again"
	case t.Errors > 20:
		return "bulkimport validate " + words + " --annotate mend" + tableKind(name) + " writes them beside the rows, to mend in a spreadsheet"
	}
	return "mend these in " + name + ", then bulkimport validate " + words + " again"
}

// repeated is what the next command has to say again.
func (o *validate) repeated() string {
	var b strings.Builder
	say := func(words ...string) { b.WriteString(" " + strings.Join(words, " ")) }
	if o.sheet != "" {
		say("--sheet", shell(o.sheet))
	}
	for _, said := range o.columns.said {
		say("--map", shell(said))
	}
	if o.cutOff != "" {
		say("--cut-off", shell(o.cutOff))
	}
	if o.noRestore {
		say("--no-restore")
	}
	if o.allow {
		say("--allow-contradiction")
	}
	return b.String()
}

// gather reads all rows and collects what was found and is worth telling a
// person.
func gather(ctx context.Context, c *check.Checker) (*findingList, error) {
	rows := new(findingList)
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		rows.add(row.Findings...)
	}
	all := new(findingList)
	all.add(c.Findings()...)
	all.merge(rows)
	return all, nil
}

// events writes all findings in file order, and the summary.
func (o *validate) events(ctx context.Context, c *check.Checker, _ string) error {
	of := ""
	if o.files != nil {
		of = c.File.Name()
	}
	if err := writeFindings(ctx, c, o.env.out, of); err != nil {
		return err
	}
	t := c.Tally()
	return json.NewEncoder(o.env.out).Encode(struct {
		Type      string `json:"type"`
		File      string `json:"file"`
		Encoding  string `json:"encoding"`
		Delimiter string `json:"delimiter"`
		Rows      int    `json:"rows"`
		Valid     int    `json:"valid"`
		Errors    int    `json:"errors"`
		Warnings  int    `json:"warnings"`
	}{"summary", c.File.Name(), c.File.Encoding(), c.File.Delimiter(), t.Rows, t.Valid, t.Errors, t.Warnings})
}

// write writes the files that were asked for.
func (o *validate) write(ctx context.Context, c *check.Checker) error {
	if o.clean != "" {
		if err := replace(o.clean, func(w io.Writer) error { return rows.WriteClean(w, o.cleanForm, c.File, c.Rows(ctx)) }); err != nil {
			return err
		}
		fmt.Fprintf(o.env.err, "valid rows written to %s\n", o.clean)
	}
	if o.annotate != "" {
		if err := replace(o.annotate, func(w io.Writer) error { return o.annotated(ctx, w, c) }); err != nil {
			return err
		}
		fmt.Fprintf(o.env.err, "problems written beside the rows to %s\n", o.annotate)
	}
	return nil
}

// annotated writes the file with its findings beside the rows.
func (o *validate) annotated(ctx context.Context, w io.Writer, c *check.Checker) error {
	if o.list == nil {
		list, err := gather(ctx, c)
		if err != nil {
			return err
		}
		o.list = list
	}
	next, stop := iter.Pull2(c.Rows(ctx))
	defer stop()
	findings := func(row csvimport.Row) []csvimport.Finding {
		checked, err, ok := next()
		if !ok || err != nil || checked.Index != row.Index {
			checked = row
		}
		findings := make([]csvimport.Finding, len(checked.Findings))
		for i, f := range checked.Findings {
			f = advised(f)
			f.Message, f.Hint = o.env.veil.hide(f.Message), o.env.veil.hide(f.Hint)
			findings[i] = f
		}
		return findings
	}
	opt := rows.AnnotateOptions{Form: o.annotateForm, Findings: findings, Equal: o.list.equal}
	if c.Catalog != nil && o.annotateForm == rows.Workbook {
		opt.Lists = listsOf(c.Catalog, howTo(thenCheck...))
	}
	return rows.WriteAnnotated(w, c.File, opt)
}
