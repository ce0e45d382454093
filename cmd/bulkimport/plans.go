package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// plans lists the service plans, so that cells can be filled.
type plans struct {
	env        *env
	connection connection
	json       bool
}

func newPlans(e *env) *cobra.Command {
	o := &plans{env: e}
	cmd := &cobra.Command{
		Use:   "plans",
		Short: "List the service plans: what goes into plan_id",
		Args:  arguments(),
		Example: `  bulkimport plans
  bulkimport plans --json | jq -r .id`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&o.json, "json", false, `one object a line: {"id","name"}`)
	o.connection.flags(cmd, e)
	describe(cmd, exits{0: "the plans were listed", 1: "the platform could not be asked", 2: "wrong usage or configuration"}, connectionVariables...)
	return cmd
}

func (o *plans) run(ctx context.Context) error {
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	out := newEvents(o.env.out)
	var rows [][]string
	for plan, err := range s.client.Plans(ctx) {
		if err != nil {
			return err
		}
		if o.json {
			out.emit(struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			}{plan.APSID, plan.Name})
		} else {
			rows = append(rows, []string{plan.APSID, plan.Name})
		}
	}
	if o.json {
		return out.failed()
	}
	slices.SortStableFunc(rows, func(a, b []string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a[1]), strings.ToLower(b[1])), cmp.Compare(a[0], b[0]))
	})
	return table(o.env.out, "", rows)
}
