package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

// status tells what the ledger holds. It asks no platform.
type status struct {
	env        *env
	connection connection
	row        string
	json       bool
	runs       int
}

func newStatus(e *env) *cobra.Command {
	o := &status{env: e}
	cmd := &cobra.Command{
		Use:        "status",
		SuggestFor: []string{"show", "list", "history"},
		Short:      "Tell what the ledger holds: totals, rows not at their end, the story of one",
		Long: `status tells what the ledger on this machine holds: totals by status, the
latest runs, and the subscriptions that are not at their end. It does not ask the
platform; bulkimport reconcile does.`,
		Args: arguments(),
		Example: `  bulkimport status
  bulkimport status --row 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11
  bulkimport status --json | jq 'select(.type == "row")'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.row, "row", "", "the whole story of one row: its subscription, order number or tenant, `SUB_ID|ORDER|TENANT`")
	f.BoolVar(&o.json, "json", false, "one object a line: platform, run, row, event, and last a summary")
	f.IntVar(&o.runs, "runs", 5, "the latest `N` runs")
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{0: "it was told", 1: "the ledger cannot be read", 2: "wrong usage or configuration", 3: "with --row: the ledger knows nothing of it"}, placeVariables...)
	return cmd
}

func (o *status) run(ctx context.Context) error {
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	s := &work{env: o.env, settings: places}
	defer s.Close()
	if err := s.knownBook(ctx); err != nil {
		return err
	}
	switch {
	case s.ledger == nil:
		return o.nothing("there is no ledger at " + places.ledger + " yet")
	case s.book == nil && places.url != "":
		return o.nothing("the ledger " + places.ledger + " knows nothing of " + places.host())
	case s.book == nil:
		return o.several(ctx, s)
	case o.row != "":
		return o.story(ctx, s.book)
	case o.json:
		return o.events(ctx, s)
	}
	return o.tell(ctx, s)
}

func (o *status) nothing(words string) error {
	if o.row != "" {
		return &ending{status: statusIncomplete, err: errors.New(words), hint: "is it the right subscription, --url and --ledger? bulkimport status lists what is known"}
	}
	fmt.Fprintln(o.env.err, words)
	switch {
	case o.json:
		return o.summary(nil)
	}
	return nil
}

// several asks which of the platforms is meant.
func (o *status) several(ctx context.Context, s *work) error {
	known, err := s.ledger.Platforms(ctx)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return o.nothing("the ledger " + s.settings.ledger + " is empty")
	}
	return wrong("the ledger knows several platforms", "say which with --url: "+hostsOf(known))
}

// hostsOf are the addresses of platforms, for words.
func hostsOf(known []ledger.PlatformInfo) string {
	var hosts []string
	for _, p := range known {
		if len(p.URLs) > 0 {
			hosts = append(hosts, p.URLs[0])
		}
	}
	return strings.Join(hosts, ", ")
}

// stateWords say what is known of a subscription's order.
var stateWords = [...]string{
	ledger.Intended:  "begun",
	ledger.NotSent:   "not-sent",
	ledger.Refused:   "refused",
	ledger.Doubt:     "in doubt",
	ledger.Accepted:  "open",
	ledger.Completed: "completed",
	ledger.Failed:    "failed",
	ledger.Denied:    "denied",
}

func stateWord(s ledger.State) string {
	if int(s) < len(stateWords) && stateWords[s] != "" {
		return stateWords[s]
	}
	return fmt.Sprintf("state %d", s)
}

// statusWords say the same as results do.
var statusWords = [...]csvimport.Status{
	ledger.Intended:  csvimport.Unknown,
	ledger.NotSent:   csvimport.Unsent,
	ledger.Refused:   csvimport.Refused,
	ledger.Doubt:     csvimport.Unknown,
	ledger.Accepted:  csvimport.Submitted,
	ledger.Completed: csvimport.Completed,
	ledger.Failed:    csvimport.Failed,
	ledger.Denied:    csvimport.Unknown,
}

func statusWord(s ledger.State) string {
	if int(s) < len(statusWords) && statusWords[s] != "" {
		return string(statusWords[s])
	}
	return stateWord(s)
}

// atEnd reports whether nothing more is to come of an entry.
func atEnd(s ledger.State) bool { return s == ledger.Completed }

func (o *status) tell(ctx context.Context, s *work) error {
	w, p := o.env.out, o.env.pen(o.env.out)
	totals, err := s.book.Totals(ctx)
	if err != nil {
		return err
	}
	runs, err := o.latest(ctx, s.book)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "ledger %s\n", clean(s.settings.ledger))
	var rows [][]string
	sum, of := 0, make(map[string]int)
	for state, n := range totals {
		of[statusWord(state)] += n
		sum += n
	}
	for _, status := range csvimport.Statuses() {
		if n := of[string(status)]; n > 0 {
			rows = append(rows, []string{string(status), number(n)})
		}
	}
	fmt.Fprintf(w, "\n%s\n", p.bold(count(sum, "subscription")))
	if err := table(w, "  ", rows); err != nil {
		return err
	}
	if len(runs) > 0 {
		fmt.Fprintf(w, "\n%s\n", p.bold("latest runs"))
		if err := table(w, "  ", runRows(runs, s.book)); err != nil {
			return err
		}
		for _, r := range runs {
			if r.Said != "" {
				fmt.Fprintf(w, "  run %d: %s\n", r.ID, clean(r.Said))
			}
		}
	}
	open, err := o.unfinished(ctx, w, p, s.book)
	if err != nil {
		return err
	}
	next(w, runs, s.book, open)
	if err := o.doubles(ctx, w, p, s.book); err != nil {
		return err
	}
	return o.firstDay(ctx, w, p, s)
}

// latest lists the latest runs, without the looks of a watch, of which there may be
// hundreds.
func (o *status) latest(ctx context.Context, book ledgerBook) ([]ledger.RunInfo, error) {
	const looks = 1000
	most := o.runs
	if most > 0 {
		most += looks
	}
	runs, err := book.Runs(ctx, most)
	runs = slices.DeleteFunc(runs, func(r ledger.RunInfo) bool { return r.File == watchLook })
	if o.runs > 0 {
		runs = runs[:min(o.runs, len(runs))]
	}
	return runs, err
}

// doubles names the second orders of subscriptions, as they were last seen.
func (o *status) doubles(ctx context.Context, w io.Writer, p pen, book ledgerBook) error {
	seen, entries, err := outcome.Seconds(ctx, book)
	if err != nil || len(seen) == 0 {
		return err
	}
	var rows [][]string
	for _, sub := range slices.Sorted(maps.Keys(seen)) {
		ours := entries[sub]
		for _, s := range seen[sub] {
			known := ""
			if s.Acknowledged {
				known = "known"
			}
			rows = append(rows, []string{sub, s.OrderNumber, s.OrderStatus, "beside " + orderName(&ours), "first seen " + moment(s.FirstSeen), known})
		}
	}
	fmt.Fprintf(w, "\n%s\n", p.bold("second orders, as last seen (bulkimport help runbook)"))
	return table(w, "  ", rows)
}

// firstDay names the first order where it is still to be looked at.
func (o *status) firstDay(ctx context.Context, w io.Writer, p pen, s *work) error {
	if s.settings.loopback() && !s.settings.rehearsed {
		return nil
	}
	_, first, err := session.FirstDay(ctx, s.book)
	if first == nil || err != nil {
		return err
	}
	fmt.Fprintln(w)
	return lookAt(w, p, first, "the same bulkimport import again, with --proved "+orderName(first))
}

func runRows(runs []ledger.RunInfo, book ledgerBook) [][]string {
	var rows [][]string
	for _, r := range runs {
		size := ""
		if r.Rows > 0 {
			size = count(r.Rows, "row")
		}
		rows = append(rows, []string{fmt.Sprint(r.ID), stamp(r.Started), r.File, size, endOf(&r, book), whoseRun(&r)})
	}
	return rows
}

// endOf says how a run has ended.
func endOf(r *ledger.RunInfo, book ledgerBook) string {
	switch {
	case r.Outcome != "":
		return r.Outcome
	case r.Ended.IsZero() && book.Alive(r.ID):
		return "still running"
	}
	return ledger.Killed
}

// unfinished lists what is not at its end, and returns whether there is any.
func (o *status) unfinished(ctx context.Context, w io.Writer, p pen, book ledgerBook) (open bool, err error) {
	var rows [][]string
	total := 0
	of := whose(ctx, book)
	for e, err := range book.Entries(ctx, ledger.Intended, ledger.NotSent, ledger.Refused, ledger.Denied, ledger.Doubt, ledger.Accepted, ledger.Failed) {
		if err != nil {
			return false, err
		}
		if total++; len(rows) < findingsShown {
			rows = append(rows, []string{e.Tenant, e.Sub, statusWord(e.State), e.OrderNumber, e.OrderStatus, cmp.Or(e.PlanName, e.PlanID), csvimport.Shorten(cmp.Or(heldBy(&e, book, of), e.Message), 100)})
		}
	}
	if total == 0 {
		return false, nil
	}
	fmt.Fprintf(w, "\n%s\n", p.bold("not at their end"))
	if err := table(w, "  ", rows); err != nil {
		return false, err
	}
	if more := total - len(rows); more > 0 {
		fmt.Fprintf(w, "  and %s more (--json lists all)\n", number(more))
	}
	return true, nil
}

// next says what to do now: go on with the latest import where it was killed, else
// look at what is not at its end.
func next(w io.Writer, runs []ledger.RunInfo, book ledgerBook, open bool) {
	i := slices.IndexFunc(runs, func(r ledger.RunInfo) bool { return r.Rows > 0 })
	switch {
	case i >= 0 && endOf(&runs[i], book) == ledger.Killed:
		fmt.Fprintf(w, "\nnext: the same bulkimport import of %s again: it looks first at what run %d had begun when it was killed\n", clean(runs[i].File), runs[i].ID)
	case open:
		fmt.Fprintf(w, "\nnext: bulkimport reconcile\n")
	}
}

// heldBy says who is at work on a row now, empty if nobody is.
func heldBy(e *ledger.Entry, book ledgerBook, of func(run int64) string) string {
	if !e.State.Holds() || !book.Alive(e.Run) {
		return ""
	}
	return "with " + cmp.Or(of(e.Run), fmt.Sprintf("run %d", e.Run))
}

// story tells all that is known of what --row names.
func (o *status) story(ctx context.Context, book ledgerBook) error {
	subs, err := o.named(ctx, book)
	if err != nil {
		return err
	}
	if len(subs) == 0 {
		return o.nothing("the ledger knows nothing of " + quote(o.row))
	}
	for _, sub := range subs {
		if err := o.storyOf(ctx, book, sub); err != nil {
			return err
		}
	}
	return nil
}

// orderNumber is what an order's number looks like.
var orderNumber = regexp.MustCompile(`^[A-Za-z-]{0,8}[0-9]+$`)

// named finds the subscriptions that --row names: by their id in any form, by the
// number of an order, or by their tenant.
func (o *status) named(ctx context.Context, book ledgerBook) (subs []string, err error) {
	want := strings.TrimSpace(o.row)
	if sub, _, ok := rows.ParseID(want); ok {
		return []string{sub}, nil
	}
	if n, err := strconv.Atoi(want); err == nil && n > 0 && len(want) < 6 {
		return nil, wrong("--row "+quote(o.row)+" is no subscription, order number or tenant", "if it is a row of the spreadsheet: write the tenant that stands there")
	}
	if !orderNumber.MatchString(want) && !strings.Contains(want, ".") {
		return nil, wrong("--row "+quote(o.row)+" is no subscription, order number or tenant", "for example 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11, SO000123 or contoso.onmicrosoft.com")
	}
	tenant := strings.TrimSuffix(want, ".")
	for e, err := range book.Entries(ctx) {
		if err != nil {
			return nil, err
		}
		if (strings.EqualFold(e.OrderNumber, want) || strings.EqualFold(e.Tenant, tenant)) && !slices.Contains(subs, e.Sub) {
			subs = append(subs, e.Sub)
		}
	}
	return subs, nil
}

func (o *status) storyOf(ctx context.Context, book ledgerBook, sub string) error {
	entries, happened, err := book.Story(ctx, sub)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return o.nothing("the ledger knows nothing of subscription " + quote(sub))
	}
	if o.json {
		out := newEvents(o.env.out)
		for i := range entries {
			out.emit(entryObject(&entries[i]))
		}
		for _, h := range happened {
			out.emit(eventObject(h))
		}
		return out.failed()
	}
	w, p := o.env.out, o.env.pen(o.env.out)
	fmt.Fprintln(w, p.bold("subscription "+entries[0].Sub))
	of := whose(ctx, book)
	for i := range entries {
		if err := tellEntry(w, &entries[i], cmp.Or(of(entries[i].Run), fmt.Sprint(entries[i].Run))); err != nil {
			return err
		}
	}
	if len(happened) > 0 {
		fmt.Fprintln(w, "\nwhat happened")
	}
	for _, h := range happened {
		fmt.Fprintf(w, "  %s  run %d  %s\n", stamp(h.Time), h.Run, clean(h.Note))
	}
	return nil
}

// factRow adds a row to a table of facts, if there is anything to say.
func factRow(rows [][]string, name string, values ...string) [][]string {
	if text := strings.TrimSpace(strings.Join(values, " ")); text != "" {
		rows = append(rows, []string{name, text})
	}
	return rows
}

func tellEntry(w io.Writer, e *ledger.Entry, run string) error {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return stamp(t)
	}
	state := ""
	if word := stateWord(e.State); word != statusWord(e.State) {
		state = "(" + word + ")"
	}
	rows := factRow(nil, "status", statusWord(e.State), state)
	rows = factRow(rows, "tenant", e.Tenant)
	rows = factRow(rows, "target account", e.AccountNo, e.AccountName)
	rows = factRow(rows, "service plan", e.PlanName, e.PlanID)
	rows = factRow(rows, "cut-off", e.CutOff)
	rows = factRow(rows, "order", e.OrderNumber, e.OrderID, e.OrderStatus)
	rows = factRow(rows, "reference", csvimport.Reference(e.Sub, e.Gen))
	rows = factRow(rows, "said", e.Message, e.Code)
	rows = factRow(rows, "requests", fmt.Sprint(e.Sends))
	rows = factRow(rows, "may exist since", at(e.DoubtSince))
	rows = factRow(rows, "submitted", at(e.SubmittedAt))
	rows = factRow(rows, "finished", at(e.FinishedAt))
	rows = factRow(rows, "run", run)
	if e.Foreign() {
		rows = factRow(rows, "adopted", "found on the platform, placed by another ledger")
	}
	if e.Gen > 1 {
		fmt.Fprintf(w, "\norder %d for it\n", e.Gen)
	}
	return table(w, "  ", rows)
}
