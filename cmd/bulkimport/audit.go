package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/rows"
)

// audit reads every row's order and subscription again, after the fact.
type audit struct {
	env        *env
	connection connection
	json       bool
	sheet      string
	allow      bool
}

func newAudit(e *env) *cobra.Command {
	o := &audit{env: e}
	cmd := &cobra.Command{
		Use:   "audit RESULTS",
		Short: "Read every row's order and subscription again, after the fact",
		Long: `audit reads the platform again for every row of a results file and says which
subscriptions are not imported, are under another account or plan than the row
says, were ordered twice, and which of their tenants' subscriptions were left
out. It changes nothing.`,
		Args: arguments("RESULTS"),
		Example: `  bulkimport audit results.csv
  bulkimport audit results.csv --json | jq 'select(.severity == "error")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "one object a line: findings, then a summary")
	cmd.Flags().StringVar(&o.sheet, "sheet", "", sheetUsage)
	cmd.Flags().BoolVar(&o.allow, "allow-contradiction", false, allowUsage)
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "all is as the file says (warnings alone are none)", 1: "the file cannot be read, or the platform not be asked", 2: "wrong usage or configuration",
		3: "something is not as it should be", 4: "the file is no results file",
		6: "a subscription was ordered twice: a person has to look",
	}, connectionVariables...)
	return cmd
}

func (o *audit) run(ctx context.Context, name string) error {
	columns, err := o.connection.columnsOf(o.env)
	if err != nil {
		return err
	}
	file, err := o.env.openInput(name, rows.ReadOptions{Sheet: o.sheet, Columns: columns})
	if err != nil {
		return err
	}
	defer file.Close()
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	auditor, err := s.auditor(ctx, file, o.allow)
	if err != nil {
		return err
	}
	o.env.sayUnread(s.catalog)
	list := new(findingList)
	out := newEvents(o.env.out)
	for row, err := range auditor.Rows(ctx) {
		if errors.Is(err, rows.ErrNotResults) {
			return notResults(name, err)
		}
		if err != nil {
			return err
		}
		list.add(row.Findings...)
		if o.json {
			for _, f := range row.Findings {
				out.finding(f)
			}
		}
	}
	list.add(auditor.Findings()...)
	if o.json {
		for _, f := range auditor.Findings() {
			out.finding(f)
		}
		t := auditor.Tally()
		out.emit(map[string]any{"type": "summary", "file": file.Name(), "rows": t.Rows, "good": t.Good, "errors": list.count[isError], "warnings": list.count[isWarning]})
		if err := out.failed(); err != nil {
			return err
		}
	} else {
		o.tell(list, auditor.Tally(), file.Name())
	}
	switch {
	case list.codes[csvimport.EOrderedTwice] != nil:
		return ended(statusLook)
	case list.count[isError] > 0:
		return ended(statusIncomplete)
	}
	return nil
}

// auditor reads the platform's lists and audits a results file.
func (s *work) auditor(ctx context.Context, file *rows.File, allow bool) (_ *check.Auditor, err error) {
	if s.orders, err = s.client.Orders(ctx); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	a := &check.Auditor{File: file, Catalog: s.catalog, Orders: s.orders, AllowContradiction: allow}
	book := s.bookIfThere(ctx)
	if book == nil {
		return a, nil
	}
	known, err := knownDoubles(ctx, book)
	a.Known = func(orderID string) bool { return known[orderID] }
	return a, err
}

func (o *audit) tell(list *findingList, t check.AuditTally, name string) {
	w, p := o.env.out, o.env.pen(o.env.out)
	list.write(w, p, name)
	if list.total() > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s\n", clean(name), auditWords(p, list, t))
	if list.count[isError] > 0 {
		fmt.Fprintln(w, "next: bulkimport help runbook says what to do about each")
	}
}

// auditWords sums an audit up.
func auditWords(p pen, list *findingList, t check.AuditTally) string {
	verdict := p.green("as they should be")
	if list.count[isError] > 0 {
		verdict = p.red(count(list.count[isError], "error"))
	} else if list.count[isWarning] > 0 {
		verdict = p.yellow(count(list.count[isWarning], "warning"))
	}
	return fmt.Sprintf("%s, %s as the file says: %s", count(t.Rows, "row"), number(t.Good), verdict)
}
