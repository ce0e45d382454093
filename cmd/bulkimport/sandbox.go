package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/apsclient/apstest"
)

// sandbox runs the stand-in platform on this machine.
type sandbox struct {
	env    *env
	config apstest.Config
	faults []string
	oauth2 bool
	first  bool
	replay string
	shell  string
}

func newSandbox(e *env) *cobra.Command {
	o := &sandbox{env: e}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run a stand-in platform on this machine, to try everything out",
		Long: `sandbox runs a stand-in platform on this machine until it is interrupted. Its
first lines on stdout are the settings for another terminal. It holds tenants,
accounts and plans made from --seed, takes orders, and misbehaves when told.
With --replay it answers from what bulkimport doctor --record has written, and takes
any credentials.
bulkimport doctor names a fault that shows before the first order.

Faults strike with a rate from 0 to 1, or in per cent: ` + faultList(),
		Args: arguments(),
		Example: `  bulkimport sandbox --tenants 40
  bulkimport sandbox --listen 127.0.0.1:0 > settings &   then: source settings
  bulkimport sandbox --shell powershell
  bulkimport sandbox --state platform.json --orders orders.jsonl
  bulkimport sandbox --first-day
  bulkimport sandbox --fault lost=0.05 --fault 503-wait=0.02
  bulkimport sandbox --replay platform.txt`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.flags(cmd)
	describe(cmd, exits{0: "stopped by Ctrl-C or SIGTERM", 1: "the address is taken, or a file cannot be used", 2: "wrong usage"})
	return cmd
}

func (o *sandbox) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.config.Listen, "listen", "127.0.0.1:8080", "`address` on this machine; port 0 picks one")
	f.IntVar(&o.config.Tenants, "tenants", 25, "`N` tenants, each with an account")
	f.IntVar(&o.config.Subscriptions, "subscriptions", 1, "`N` Azure subscriptions for each tenant")
	f.Uint64Var(&o.config.Seed, "seed", 0, "`N` from which ids and faults follow (default 0)")
	f.DurationVar(&o.config.Latency, "latency", 50*time.Millisecond, "time added to orders being placed")
	f.DurationVar(&o.config.Provisioning, "provisioning", 2*time.Second, "time from an order's LO to CP")
	f.BoolVar(&o.oauth2, "oauth2", false, "print the settings for OAuth 2; both ways are open")
	f.BoolVar(&o.first, "first-day", false, "print the setting by which the first day is as on a platform of others: one order, then somebody looks")
	f.StringArrayVar(&o.faults, "fault", nil, "misbehave: `KIND=RATE`, repeatable")
	completeFaults(cmd, "fault")
	f.DurationVar(&o.config.Late, "late", 3*time.Second, "time for which the fault late hides an order from lists")
	f.StringVar(&o.config.Shape, "shape", "", "take orders of this `shape` alone: sales-parameters, migration, connect (bulkimport doctor --shapes)")
	f.StringVar(&o.config.State, "state", "", "keep everything in this `file` across restarts")
	f.StringVar(&o.shell, "shell", string(ourDialect()), "print the settings for this `shell`: sh, powershell or cmd")
	complete(cmd, "shell", func() []string { return dialects })
	f.StringVar(&o.replay, "replay", "", "answer from this `file`, which bulkimport doctor --record has written")
	f.StringVar(&o.config.Orders, "orders", "", "append each order created to this `file`, one JSON object a line")
	for _, other := range []string{"tenants", "subscriptions", "seed", "latency", "provisioning", "oauth2", "fault", "late", "shape", "state", "orders"} {
		cmd.MarkFlagsMutuallyExclusive("replay", other)
	}
}

// faultList names the kinds of faults, in lines of a terminal's width.
func faultList() string {
	var b strings.Builder
	column := 56 // of the words before
	for i, kind := range apstest.FaultKinds() {
		if i > 0 {
			b.WriteByte(',')
			if column += 2 + len(kind); column > 76 {
				b.WriteByte('\n')
				column = len(kind)
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(kind)
	}
	return b.String()
}

func (o *sandbox) run(ctx context.Context) error {
	if !slices.Contains(dialects, o.shell) {
		return wrong("--shell: "+quote(o.shell)+" is not a shell known here", "sh, powershell or cmd")
	}
	if o.replay != "" {
		return o.replays(ctx)
	}
	var err error
	if o.config.Faults, err = parseFaults(o.faults); err != nil {
		return err
	}
	if o.config.Tenants < 1 || o.config.Subscriptions < 1 {
		return wrong("--tenants and --subscriptions are at least 1", "for example --tenants 25")
	}
	server, err := apstest.Start(o.config)
	if err != nil {
		return startWords(err)
	}
	defer server.Close()
	o.settings(server)
	if o.config.State == "" {
		remove, err := o.freshLedger()
		if err != nil {
			return err
		}
		defer remove()
	}
	fmt.Fprintf(o.env.err, "the stand-in platform runs at %s with %s; Ctrl-C stops it\n", server.URL(), count(o.config.Tenants, "tenant"))
	o.untilStopped(ctx)
	return nil
}

// replays answers from a recording.
func (o *sandbox) replays(ctx context.Context) error {
	f, err := os.Open(o.replay)
	if err != nil {
		return err
	}
	defer f.Close()
	exchanges, err := apstest.ReadRecording(f)
	if err != nil {
		return &ending{status: statusFault, err: fmt.Errorf("%s: %w", o.replay, err), hint: "bulkimport doctor --record FILE writes a recording"}
	}
	server, err := apstest.StartReplay(o.config.Listen, exchanges)
	if err != nil {
		return startWords(err)
	}
	defer server.Close()
	o.export("URL", server.URL())
	if o.first {
		o.export("FIRST_DAY", "1")
	}
	o.export("CONSUMER_KEY", "any")
	o.export("CONSUMER_SECRET", "any")
	remove, err := o.freshLedger()
	if err != nil {
		return err
	}
	defer remove()
	fmt.Fprintf(o.env.err, "%s is replayed at %s, %s; Ctrl-C stops it\n", o.replay, server.URL(), count(len(exchanges), "answer"))
	o.untilStopped(ctx)
	return nil
}

// freshLedger prints the setting of a ledger in a folder of its own, which remove
// removes if nothing was put there.
func (o *sandbox) freshLedger() (remove func(), err error) {
	folder, err := os.MkdirTemp("", "bulkimport-sandbox-")
	if err != nil {
		return nil, err
	}
	o.export("LEDGER", filepath.Join(folder, "ledger.db"))
	return func() { removeIfEmpty(folder) }, nil
}

func (o *sandbox) untilStopped(ctx context.Context) {
	<-ctx.Done()
	if stop, ok := errors.AsType[*interruption](context.Cause(ctx)); ok && stop.signal == os.Interrupt && isTerminal(o.env.err) {
		fmt.Fprintln(o.env.err) // ends the line in which the terminal shows ^C
	}
}

// export prints a setting. A secret of the stand-in is told, also where it is one of
// the environment: a sandbox was begun from there before.
func (o *sandbox) export(name, value string) {
	fmt.Fprintln(unveiled(o.env.out), dialect(o.shell).set("BULKIMPORT_"+name, value))
}

// settings prints what another terminal needs.
func (o *sandbox) settings(server *apstest.Server) {
	export := o.export
	export("URL", server.URL())
	if o.first {
		export("FIRST_DAY", "1")
	}
	if !o.oauth2 {
		export("CONSUMER_KEY", server.Key())
		export("CONSUMER_SECRET", server.Secret())
		return
	}
	token := server.OAuth2()
	export("TOKEN_URL", token.TokenURL)
	export("CLIENT_ID", token.ClientID)
	export("CLIENT_SECRET", token.ClientSecret)
	export("USERNAME", token.Username)
	export("PASSWORD", token.Password)
	fmt.Fprintln(o.env.out, dialect(o.shell).unset("BULKIMPORT_CONSUMER_KEY", "BULKIMPORT_CONSUMER_SECRET"))
}

// removeIfEmpty removes a folder in which nothing was put: a ledger stays.
func removeIfEmpty(folder string) { _ = os.Remove(folder) }

// startWords says why the stand-in could not start.
func startWords(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	if strings.Contains(err.Error(), "address already in use") {
		return fault("something else listens at this address already", "--listen 127.0.0.1:0 picks a free port")
	}
	if strings.Contains(err.Error(), "listen address") {
		return &ending{status: statusUsage, err: err}
	}
	return err
}

// parseFaults reads KIND=RATE.
func parseFaults(words []string) (map[string]float64, error) {
	faults := make(map[string]float64, len(words))
	for _, word := range words {
		name, _, _ := strings.Cut(word, "=")
		name, _, _ = strings.Cut(name, "@")
		if !slices.Contains(apstest.FaultKinds(), name) {
			return nil, wrong("there is no fault "+quote(name), "bulkimport sandbox --help lists them")
		}
		kind, rate, err := apstest.ParseFault(word)
		if err != nil {
			return nil, wrong("--"+err.Error(), "for example --fault lost=0.05, or lost=5%")
		}
		faults[kind] = rate
	}
	return faults, nil
}
