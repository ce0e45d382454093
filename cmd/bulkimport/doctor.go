package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/apsclient"
	"bulkimport/apsclient/shape"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
)

// doctor looks whether everything is in place, and says how to mend what is
// not.
type doctor struct {
	env         *env
	connection  connection
	json        bool
	assumptions bool
	shapes      bool
	compare     string
	learn       string
	record      string
	yes         bool
	timeout     time.Duration
	recorder    *recorder // nil: nobody records
	checks      []examined
	doubled     bool // a subscription has two orders that stand

	platformID     string // empty as long as the order service is not known
	referenceField string // where orders of this shape have our reference
	kept           ledger.Kept
	onPage         bool // the page asks, not a terminal
	sold           bool // an order that ended well imported nothing
	imported       bool // one imported its subscription
	stampsEver     bool // signatures are taken however old they are
	measured       ledger.Measured
	settings       []setting
}

func newDoctor(e *env) *cobra.Command {
	o := &doctor{env: e}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything is in place, one line each, with the mend",
		Long: `doctor checks address, credentials, clock, Allowed Operations, the order service,
what can be read, and the ledger, one line each, with the mend. It orders
nothing: the right to place orders, and the way there, are tried by asking for
estimates. What strikes orders alone shows itself only once there are some: then
the newest of ours are read, and doctor says how many wait for a person, ended
badly, are not shown, have lost their reference, or imported nothing, and names
subscriptions with two orders.

It measures what "at most one order for each subscription" rests on: how old a
signature may be (with OAuth 1; one sign-in of it is refused, on purpose), whether
the platform's clocks agree, whether the order list finds references and tells how
long it is, and how long orders took to show. It ends with what to set in the
profile, and keeps what it measured in the ledger.

--record keeps what all this asked and was answered, for those who mend bulkimport:
without secrets, names and ids, as far as it knows them. Read the file before you
send it.

--compare names every difference between an order made in the panel and the one
we would place: the way to prove what is assumed before anything is sold.`,
		Args: arguments(),
		Example: `  bulkimport doctor
  bulkimport doctor --assumptions
  bulkimport doctor --shapes
  bulkimport doctor --compare SO000123
  bulkimport doctor --learn SO000123
  bulkimport doctor --record platform.txt`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "one object a line")
	f.BoolVar(&o.assumptions, "assumptions", false, "list what is assumed of the wire, and how each is known")
	f.BoolVar(&o.shapes, "shapes", false, "show the shapes of an order that are built in, and how each is known")
	f.StringVar(&o.compare, "compare", "", "compare the order `ORDER_NUMBER` with the one we would place")
	f.StringVar(&o.learn, "learn", "", "write the shape of orders made in the panel, `ORDER_NUMBER,…`, into the profile")
	f.StringVar(&o.record, "record", "", "write what the checks asked and were answered to this `file`, without secrets, names and ids")
	f.BoolVar(&o.yes, "yes", false, "--learn writes without asking")
	f.DurationVar(&o.timeout, "timeout", 15*time.Second, "an estimate may take so long")
	cmd.MarkFlagsMutuallyExclusive("assumptions", "shapes", "compare", "learn", "record")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "no faults (warnings alone are none); --compare: no difference that matters", 1: "a fault was found, or the platform cannot be asked",
		2: "wrong usage or configuration", 3: "--compare: the orders differ", 6: "a subscription has two orders that stand: a person has to look",
	}, connectionVariables...)
	return cmd
}

func (o *doctor) run(ctx context.Context) error {
	switch {
	case o.assumptions:
		return o.assume()
	case o.shapes:
		return o.showShapes()
	case o.learn != "":
		return o.learnShape(ctx)
	case o.compare != "":
		return o.compareOrder(ctx)
	}
	if o.record != "" {
		var err error
		if o.recorder, err = o.newRecorder(o.record); err != nil {
			return err
		}
	}
	o.examine(ctx)
	return o.tell()
}

// health is how a check came out.
type health string

const (
	healthy health = "ok"
	warned  health = "warning"
	faulty  health = "fault"
)

// examined is one line of the examination.
type examined struct {
	Type    string `json:"type"`
	Name    string `json:"check"`
	Status  health `json:"status"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (o *doctor) note(name string, status health, message, hint string) {
	o.checks = append(o.checks, examined{"check", name, status, o.env.veil.hide(clean(message)), o.env.veil.hide(clean(hint))})
}

// fails notes what an error says.
func (o *doctor) fails(name string, err error) {
	words, hint := o.explain(err)
	o.note(name, faulty, words, hint)
}

// explain is what an error says, without that doctor tells more: it does.
func (o *doctor) explain(err error) (words, hint string) {
	words, hint = o.env.explain(err)
	return words, strings.TrimSuffix(hint, tellsMore)
}

// hint is what to do, in the words of where it is read: a terminal, or the page.
func (o *doctor) hint(terminal, page string) string {
	if o.onPage {
		return page
	}
	return terminal
}

// addRight is the mend of a right that is missing.
const addRight = "add it on the staff member's APS Bus Access tab"

// goOnLater is how the page has an import's orders followed.
const goOnLater = "go on with their import (All imports)"

// examine goes from the near to the far. What cannot work without what failed
// is not tried.
func (o *doctor) examine(ctx context.Context) {
	places, _, err := o.connection.places(o.env)
	if err != nil {
		o.fails("settings", err)
		return
	}
	defer o.ledger(ctx, places)
	s, err := o.connection.required(o.env)
	if err != nil {
		o.fails("settings", err)
		return
	}
	if o.recorder != nil {
		s.record = o.recorder.hear
		defer o.keepRecording(s)
	}
	client, err := s.client(o.env, 0, o.connection.verbose)
	if err != nil {
		o.fails("settings", err)
		return
	}
	work := &work{env: o.env, settings: s, client: client}
	defer work.Close()
	o.note("settings", healthy, describeSettings(s), "")
	if o.greet(ctx, s, client) {
		o.platform(ctx, work)
	}
}

// keepRecording writes what was recorded.
func (o *doctor) keepRecording(s *settings) {
	if err := o.recorder.keep(o.env, s); err != nil {
		o.fails("recording", err)
	}
}

func describeSettings(s *settings) string {
	who := "OAuth 1"
	if s.clientID != "" {
		who = "OAuth 2, client credentials"
		if s.username != "" {
			who = "OAuth 2, user " + s.username
		}
	}
	from := s.origin
	if s.profile != "" && !strings.HasPrefix(from, "profile") {
		from += ", profile " + s.profile
	}
	return fmt.Sprintf("%s (from %s), %s", s.url, from, who)
}

// greet tries address, credentials, clock and booster with one request.
func (o *doctor) greet(ctx context.Context, s *settings, client *apsclient.Client) bool {
	hello, err := client.Check(ctx)
	refusal, _ := errors.AsType[*apsclient.Error](err)
	switch {
	case err == nil:
		transport := "TLS, certificate trusted"
		if s.loopback() {
			transport = "this machine"
		}
		o.note("address", healthy, s.host()+" answers ("+transport+")", "")
		o.note("credentials", healthy, "accepted", "")
	case refusal != nil && (refusal.Kind == apsclient.Credentials || refusal.Kind == apsclient.Permission):
		o.note("address", healthy, s.host()+" answers", "")
		o.fails("credentials", err)
	default:
		o.fails("address", err)
		return false
	}
	o.clock(client)
	if err != nil {
		return false
	}
	o.clocks(ctx, client)
	if hello.Booster {
		o.note("booster", healthy, "answers come through the APS booster", "")
	} else {
		o.note("booster", warned, "answers do not come through the APS booster", "use the address of a brand access point that has it; it may work without")
	}
	return true
}

const (
	clockWarning = 30 * time.Second
	clockFault   = 4 * time.Minute // platforms are taken to allow five
)

// behind says how this machine's clock stands, skew being how far the
// platform's is ahead.
func behind(skew time.Duration) string {
	if skew > 0 {
		return span(skew) + " behind"
	}
	return span(-skew) + " ahead of"
}

// countEach counts what a list yields.
func countEach[T any](list iter.Seq2[T, error], each func(T)) (n int, err error) {
	for item, err := range list {
		if err != nil {
			return n, err
		}
		n++
		each(item)
	}
	return n, nil
}

// clock compares the clocks: signatures expire within minutes.
func (o *doctor) clock(client *apsclient.Client) {
	skew, known := client.Skew()
	switch {
	case !known:
		o.note("clock", warned, "the platform's answers carry no date, so the clocks cannot be compared", "")
	case skew.Abs() > clockFault:
		o.note("clock", faulty, "this machine's clock is "+behind(skew)+" the platform's", "set this machine's clock: signatures are refused when it is off by minutes")
	case skew.Abs() > clockWarning:
		o.note("clock", warned, "this machine's clock is "+behind(skew)+" the platform's", "set this machine's clock, before it is off by more")
	default:
		o.note("clock", healthy, "the same as the platform's to a second or so", "")
	}
}

// platform tries what an import needs: the service, the rights, the lists, and
// what earlier orders tell.
func (o *doctor) platform(ctx context.Context, s *work) {
	orders, err := s.client.Orders(ctx)
	switch {
	case err != nil:
		o.fails("order service", err)
	case strings.Contains(orders.ID, "/"):
		o.note("order service", healthy, "its orders answer; the platform is known by their address, "+orders.ID, "")
	default:
		o.note("order service", healthy, "aps.id "+orders.ID, "")
	}
	var past *traces
	if orders != nil {
		s.orders, o.platformID = orders, orders.ID
		o.referenceField = s.client.Shape().Path(shape.Reference)
		s.book = s.bookIfThere(ctx) // a ledger that cannot be read has a line of its own
		past = o.readTraces(ctx, orders, s.book)
		o.doubles(ctx, s.book, past)
	}
	sample := o.lists(ctx, s.client, past)
	o.paging(ctx, s.client, sample.accounts)
	if orders == nil {
		return
	}
	o.readOrders(ctx, orders)
	o.placeRight(ctx, orders, sample)
	o.signatures(ctx, s)
	if !o.faulted("reading orders") {
		o.searching(ctx, orders, past)
		o.counting(ctx, orders)
	}
	if past.err == nil || !o.faulted("reading orders") {
		o.tellTraces(past)
	}
	if past.err == nil {
		o.references(past)
		o.showing(orders, past)
	}
	o.measured.At = orders.Now()
	o.advise(s, past)
	if n := s.client.Renewed(); n > 0 {
		o.note("access tokens", warned, fmt.Sprintf("refused before their end %s, and renewed", times(n)),
			"an import renews them too; tokens that last too short cost time: the token endpoint's administrator can lengthen their life")
	}
}

// faulted reports whether a check found a fault.
func (o *doctor) faulted(name string) bool {
	return slices.ContainsFunc(o.checks, func(c examined) bool { return c.Name == name && c.Status == faulty })
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return number(n) + " times"
}

// sample is what an estimate can be asked for.
type sample struct {
	order    apsclient.OrderRequest // without a plan
	plans    []string               // some, by aps.id
	accounts int
}

// lists counts plans, accounts and tenants, picks a sample, and completes the
// traces.
func (o *doctor) lists(ctx context.Context, client *apsclient.Client, past *traces) sample {
	var found sample
	n, err := countEach(client.Plans(ctx), func(p apsclient.Plan) {
		if len(found.plans) < plansTried {
			found.plans = append(found.plans, p.APSID)
		}
	})
	o.counted("service plans", n, err, "publish a service plan of the Azure application")
	found.accounts, err = countEach(client.Accounts(ctx), func(a apsclient.Account) { found.order.AccountID = a.APSID })
	o.counted("accounts", found.accounts, err, "create the customers' accounts first")
	ready, hidden, all := 0, 0, 0
	n, err = countEach(client.Tenants(ctx), func(t apsclient.Tenant) {
		if !t.SubscriptionsReadable {
			hidden++
		}
		for _, s := range t.Subscriptions {
			past.sees(s)
			all++
			if !s.ImportedKnown || !s.Imported {
				ready++
				found.order.Tenant, found.order.Subscription = t.Domain, s.ID
			}
		}
	})
	switch {
	case apsclient.KindOf(err) == apsclient.Permission && err != nil:
		o.note("tenants", faulty, "the tenants may not be read: the Allowed Operation http://www.odin.com/app/azure-csp/tenant GET is missing", addRight+o.hint(" (bulkimport help credentials)", ""))
	case err != nil:
		o.fails("tenants", err)
	case n == 0:
		o.note("tenants", warned, "there are none", "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize")
	case hidden > 0:
		o.note("tenants", warned, fmt.Sprintf("%s; the subscriptions of %s are not readable", count(n, "tenant"), number(hidden)), "their list may lie behind an operation: "+o.hint("--assumptions, ", "in the profile, ")+"tenant.operation and tenant.subscriptions")
	default:
		o.note("tenants", healthy, fmt.Sprintf("%s, %s, %s not imported yet", count(n, "tenant"), count(all, "subscription"), number(ready)), "")
	}
	return found
}

// paging says how lists come. There is nothing to mend about it: they are read
// whichever way.
func (o *doctor) paging(ctx context.Context, client *apsclient.Client, accounts int) {
	if accounts == 0 {
		return // a line of its own says why
	}
	page, err := client.Paging(ctx)
	if err != nil {
		o.fails("paging", err)
		return
	}
	var odd []string
	if page.Total < 0 {
		odd = append(odd, "pages come without Content-Range")
	}
	if page.Got < min(page.Asked, accounts) {
		odd = append(odd, fmt.Sprintf("pages are shorter than asked for (%d of %d)", page.Got, page.Asked))
	}
	if len(odd) > 0 {
		o.note("paging", healthy, strings.Join(odd, ", and ")+"; nothing to mend: lists are read until a page brings nothing new", "")
	}
}

func (o *doctor) counted(name string, n int, err error, mend string) {
	switch {
	case err != nil:
		o.fails(name, err)
	case n == 0:
		o.note(name, warned, "there are none", mend)
	default:
		o.note(name, healthy, number(n), "")
	}
}

// readOrders tries the right to read orders.
func (o *doctor) readOrders(ctx context.Context, orders *apsclient.Orders) {
	var err error
	unnumbered := false
	for order, e := range orders.List(ctx, apsclient.OrderQuery{Limit: 1}) {
		err, unnumbered = e, e == nil && order.Number == ""
	}
	switch {
	case err != nil && apsclient.KindOf(err) == apsclient.Permission:
		o.note("reading orders", faulty, "orders may not be read: the Allowed Operation http://www.odin.com/billing/order-management GET is missing", addRight+o.hint(" (bulkimport help credentials)", ""))
	case err != nil:
		o.fails("reading orders", err)
	case unnumbered:
		o.note("reading orders", warned, "orders can be read, but do not tell their number", o.hint("--assumptions, order.number", "name the field that has it in the profile: order.number"))
	default:
		o.note("reading orders", healthy, "allowed", "")
	}
}

// ledger looks whether what happens can be remembered.
func (o *doctor) ledger(ctx context.Context, places *settings) {
	s := &work{env: o.env, settings: places}
	defer s.Close()
	if err := s.openLedger(ctx); err != nil {
		o.fails("ledger", err)
		return
	}
	if err := s.ledger.Check(ctx); err != nil {
		o.fails("ledger", err)
		return
	}
	if err := o.remember(ctx, s); err != nil {
		o.fails("ledger", err)
		return
	}
	o.note("ledger", healthy, places.ledger+" can be written", "")
	if postgres.Is(places.ledger) {
		o.server(ctx, places)
	}
}

// remember keeps what was measured in the ledger.
func (o *doctor) remember(ctx context.Context, s *work) error {
	if o.platformID == "" {
		return nil
	}
	book, err := s.ledger.Platform(ctx, o.platformID, s.settings.url)
	if err != nil {
		return err
	}
	_, err = book.Amend(ctx, o.learned)
	return err
}

func (o *doctor) tell() error {
	faults, warnings := 0, 0
	out := newEvents(o.env.out)
	for _, c := range o.checks {
		switch c.Status {
		case faulty:
			faults++
		case warned:
			warnings++
		}
		if o.json {
			out.emit(c)
		}
	}
	if o.json {
		for _, s := range o.settings {
			out.emit(s)
		}
		out.emit(map[string]any{"type": "summary", "faults": faults, "warnings": warnings})
		if err := out.failed(); err != nil {
			return err
		}
	} else {
		o.show()
		if err := o.showSettings(); err != nil {
			return err
		}
	}
	switch {
	case o.doubled:
		return ended(statusLook)
	case faults > 0:
		return ended(statusFault)
	}
	return nil
}

func (o *doctor) show() {
	w, p := o.env.out, o.env.pen(o.env.out)
	for _, c := range o.checks {
		word := fmt.Sprintf("%-8s", c.Status)
		switch c.Status {
		case healthy:
			word = p.green(word)
		case warned:
			word = p.yellow(word)
		default:
			word = p.red(word)
		}
		fmt.Fprintf(w, "%s %-15s %s\n", word, c.Name, c.Message)
		if c.Hint != "" {
			fmt.Fprintf(w, "%-24s hint: %s\n", "", c.Hint)
		}
	}
}
