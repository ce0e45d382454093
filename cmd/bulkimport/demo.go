package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/rows"
)

// demo does the whole job against the stand-in platform, by the very commands
// an operator types.
type demo struct {
	env    *env
	folder string
	server *apstest.Server
	inner  *env
}

func newDemo(e *env) *cobra.Command {
	o := &demo{env: e}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job in a few seconds, against a stand-in platform",
		Long: `demo starts a stand-in platform on this machine, downloads a workbook, fills it in
as an operator would, with one deliberate mistake, validates, mends what was
marked, validates again, imports, and shows the results. It uses a fresh folder
and no network beyond this machine, and leaves nothing running; the workbooks
stay, for any spreadsheet to open.`,
		Args:    arguments(),
		Example: "  bulkimport demo",
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	describe(cmd, exits{0: "all went as it should", 1: "it did not"})
	return cmd
}

func (o *demo) run(ctx context.Context) (err error) {
	if o.folder, err = os.MkdirTemp("", "bulkimport-demo-"); err != nil {
		return err
	}
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(o.folder); err != nil { // the commands are shorter to read
		return err
	}
	defer os.Chdir(back)
	o.server, err = apstest.Start(apstest.Config{Tenants: 12, Subscriptions: 2, Latency: 20 * time.Millisecond, Provisioning: 400 * time.Millisecond})
	if err != nil {
		return err
	}
	defer o.server.Close()
	o.inner = o.world()
	o.say("a stand-in platform runs at %s as long as this demo; no other is asked. Everything lies in %s", o.server.URL(), o.folder)
	for _, step := range []func(context.Context) error{o.download, o.fill, o.mend, o.place, o.again} {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	o.say("that was the whole job. The results: %s", o.path("results.xlsx"))
	return nil
}

// world is the environment of the demo's commands: that of the stand-in, and
// nothing of the operator's own settings.
func (o *demo) world() *env {
	settings := map[string]string{
		"BULKIMPORT_URL":             o.server.URL(),
		"BULKIMPORT_CONSUMER_KEY":    o.server.Key(),
		"BULKIMPORT_CONSUMER_SECRET": o.server.Secret(),
		"BULKIMPORT_LEDGER":          o.path("ledger.db"),
		"XDG_CONFIG_HOME":            o.folder,
		"XDG_STATE_HOME":             o.folder,
	}
	inner := *o.env
	inner.in = strings.NewReader("")
	inner.lookup = func(name string) (string, bool) {
		if v, ok := settings[name]; ok || strings.HasPrefix(name, "BULKIMPORT_") {
			return v, ok
		}
		return o.env.lookup(name)
	}
	return &inner
}

func (o *demo) path(name string) string { return filepath.Join(o.folder, name) }

func (o *demo) say(format string, args ...any) {
	fmt.Fprintf(o.env.out, "\n%s\n", o.env.pen(o.env.out).bold("# "+fmt.Sprintf(format, args...)))
}

// does runs a command as an operator would type it, and demands its exit
// status.
func (o *demo) does(ctx context.Context, want int, args ...string) error {
	fmt.Fprintln(o.env.out, o.env.pen(o.env.out).bold("$ bulkimport "+strings.Join(args, " ")))
	if got := run(ctx, args, o.inner); got != want {
		return fault(fmt.Sprintf("the demo expected exit status %d of this command, not %d", want, got), "this is a bug: report it with this output")
	}
	return nil
}

func (o *demo) download(ctx context.Context) error {
	o.say("1. download what is ready for import, and see which service plans there are")
	if err := o.does(ctx, statusDone, "download", "-o", "accounts.xlsx"); err != nil {
		return err
	}
	return o.does(ctx, statusDone, "plans")
}

// fill edits the table as an operator would: plans chosen, two rows given to
// another account, and one mistake.
func (o *demo) fill(ctx context.Context) error {
	o.say("2. fill in the rows: plans chosen from the list, two rows billed to other accounts, and one plan typed with a wrong letter")
	plans, err := o.plans(ctx)
	if err != nil {
		return err
	}
	err = o.edit("accounts.xlsx", "filled.xlsx", func(rows []csvimport.TemplateRow) {
		for i := range rows {
			rows[i].PlanID = choice.OfPlan(plans[i%len(plans)])
		}
		for i := range 2 {
			to := &rows[len(rows)-1-i]
			rows[2+i].Company, rows[2+i].Email, rows[2+i].AccountID = to.Company, to.Email, to.AccountID
		}
		rows[5].PlanID = strings.TrimSuffix(plans[5%len(plans)].Name, "d") + "t"
	})
	if err != nil {
		return err
	}
	return o.does(ctx, statusRefused, "validate", "filled.xlsx", "--annotate", "mend.xlsx")
}

func (o *demo) mend(ctx context.Context) error {
	o.say("3. mend the cell that is marked, and validate again")
	plans, err := o.plans(ctx)
	if err != nil {
		return err
	}
	if err := o.edit("mend.xlsx", "mended.xlsx", func(rows []csvimport.TemplateRow) { rows[5].PlanID = plans[5%len(plans)].Name }); err != nil {
		return err
	}
	return o.does(ctx, statusDone, "validate", "mended.xlsx")
}

func (o *demo) place(ctx context.Context) error {
	o.say("4. import")
	return o.does(ctx, statusDone, o.command()...)
}

func (o *demo) command() []string {
	return []string{"import", "mended.xlsx", "--results", "results.xlsx", "--concurrency", "8", "--yes"}
}

func (o *demo) again(ctx context.Context) error {
	before := len(o.server.Orders())
	o.say("5. the same command again, as after a power cut: what is done stays done")
	if err := o.does(ctx, statusDone, o.command()...); err != nil {
		return err
	}
	if after := len(o.server.Orders()); after != before {
		return fault(fmt.Sprintf("the platform holds %d orders, before it held %d", after, before), "this is a bug: report it with this output")
	}
	fmt.Fprintf(o.env.out, "\nthe platform holds %d orders, as before\n", before)
	return nil
}

// plans asks for the service plans by the command for programs.
func (o *demo) plans(ctx context.Context) ([]csvimport.Plan, error) {
	quiet := *o.inner
	var text strings.Builder
	quiet.out = &text
	if status := run(ctx, []string{"plans", "--json"}, &quiet); status != statusDone {
		return nil, fault("the service plans of the stand-in could not be listed", "this is a bug: report it with this output")
	}
	var plans []csvimport.Plan
	decoder := json.NewDecoder(strings.NewReader(text.String()))
	for {
		var plan struct{ ID, Name string }
		if err := decoder.Decode(&plan); errors.Is(err, io.EOF) {
			return plans, nil
		} else if err != nil {
			return nil, err
		}
		plans = append(plans, csvimport.Plan{APSID: plan.ID, Name: plan.Name})
	}
}

// edit changes rows of a table, and saves it under another name.
func (o *demo) edit(name, as string, change func([]csvimport.TemplateRow)) error {
	file, err := o.env.openInput(name, rows.ReadOptions{})
	if err != nil {
		return err
	}
	defer file.Close()
	var table []csvimport.TemplateRow
	for row := range file.Rows() {
		c := row.Cells
		table = append(table, csvimport.TemplateRow{Tenant: c[0], PlanID: c[1], SubID: c[2], Company: c[3], Email: c[4], AccountID: c[5]})
	}
	change(table)
	return replace(as, func(w io.Writer) error {
		return rows.WriteTemplate(w, func(yield func(csvimport.TemplateRow, error) bool) {
			for row := range slices.Values(table) {
				if !yield(row, nil) {
					return
				}
			}
		}, rows.TemplateOptions{Form: rows.Workbook})
	})
}
