package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"bulkimport/csvimport/normal"

	"github.com/spf13/cobra"
)

// accounts lists the accounts, so that cells can be filled.
type accounts struct {
	env        *env
	connection connection
	json       bool
	find       string
}

func newAccounts(e *env) *cobra.Command {
	o := &accounts{env: e}
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List the accounts: what goes into account_id, company_name and email",
		Args:  arguments(),
		Example: `  bulkimport accounts --find contoso
  bulkimport accounts --json > accounts.jsonl`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.find, "find", "", "only accounts with this `text` in number, company or e-mail")
	f.BoolVar(&o.json, "json", false, `one object a line: {"account_id","id","name","email"}`)
	o.connection.flags(cmd, e)
	describe(cmd, exits{0: "the accounts were listed", 1: "the platform could not be asked", 2: "wrong usage or configuration"}, connectionVariables...)
	return cmd
}

func (o *accounts) run(ctx context.Context) error {
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	out := newEvents(o.env.out)
	want := normal.NameKey(o.find)
	var rows [][]string
	for a, err := range s.client.Accounts(ctx) {
		if err != nil {
			return err
		}
		if !strings.Contains(strings.ToLower(a.ID+"\n"+a.Email)+"\n"+normal.NameKey(a.Company), want) {
			continue
		}
		if o.json {
			out.emit(struct {
				AccountID string `json:"account_id"`
				ID        string `json:"id"`
				Name      string `json:"name"`
				Email     string `json:"email"`
			}{a.ID, a.APSID, a.Company, a.Email})
		} else {
			rows = append(rows, []string{a.ID, a.Company, a.Email})
		}
	}
	if o.json {
		return out.failed()
	}
	slices.SortStableFunc(rows, func(a, b []string) int { // by number: the shorter is the smaller
		return cmp.Or(cmp.Compare(len(a[0]), len(b[0])), cmp.Compare(a[0], b[0]))
	})
	return table(o.env.out, "", rows)
}
