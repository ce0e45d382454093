package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/apsclient"
)

// doctor looks whether everything is in place, and says how to mend what is
// not.
type doctor struct {
	env         *env
	connection  connection
	json        bool
	assumptions bool
	compare     string
	checks      []check
}

func newDoctor(e *env) *cobra.Command {
	o := &doctor{env: e}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything is in place, one line each, with the mend",
		Long: `doctor checks address, credentials, clock, Allowed Operations, the order service,
what can be read, and the ledger, one line each, with the mend. It orders
nothing: the right to place orders is tried by asking for an estimate.

--compare names every difference between an order made in the panel and the one
we would place: the way to prove what is assumed before anything is sold.`,
		Args: arguments(),
		Example: `  bulkimport doctor
  bulkimport doctor --assumptions
  bulkimport doctor --compare SO000123`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "one object a line")
	f.BoolVar(&o.assumptions, "assumptions", false, "list what is assumed of the wire, and how each is known")
	f.StringVar(&o.compare, "compare", "", "compare the order `ORDER_NUMBER` with the one we would place")
	cmd.MarkFlagsMutuallyExclusive("assumptions", "compare")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "no faults (warnings alone are none); --compare: no difference that matters", 1: "a fault was found, or the platform cannot be asked",
		2: "wrong usage or configuration", 3: "--compare: the orders differ",
	}, connectionVariables...)
	return cmd
}

func (o *doctor) run(ctx context.Context) error {
	switch {
	case o.assumptions:
		return o.assume()
	case o.compare != "":
		return o.compareOrder(ctx)
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

// check is one line of the examination.
type check struct {
	Type    string `json:"type"`
	Name    string `json:"check"`
	Status  health `json:"status"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (o *doctor) note(name string, status health, message, hint string) {
	o.checks = append(o.checks, check{"check", name, status, o.env.veil.hide(clean(message)), o.env.veil.hide(clean(hint))})
}

// fails notes what an error says.
func (o *doctor) fails(name string, err error) {
	words, hint := o.env.explain(err)
	o.note(name, faulty, words, hint)
}

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
	client, err := s.client(o.env, 0, o.connection.verbose)
	if err != nil {
		o.fails("settings", err)
		return
	}
	defer client.Close()
	o.note("settings", healthy, describeSettings(s), "")
	if o.greet(ctx, s, client) {
		o.platform(ctx, client)
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

// platform tries what an import needs: the service, the rights, the lists.
func (o *doctor) platform(ctx context.Context, client *apsclient.Client) {
	orders, err := client.Orders(ctx)
	if err != nil {
		o.fails("order service", err)
	} else {
		o.note("order service", healthy, "aps.id "+orders.ID, "")
	}
	sample := o.lists(ctx, client)
	if orders == nil {
		return
	}
	o.readOrders(ctx, orders)
	o.placeRight(ctx, orders, sample)
}

// lists counts plans, accounts and tenants, and picks what an estimate can be
// asked for.
func (o *doctor) lists(ctx context.Context, client *apsclient.Client) apsclient.OrderRequest {
	var sample apsclient.OrderRequest
	n, err := countEach(client.Plans(ctx), func(p apsclient.Plan) { sample.PlanID = p.APSID })
	o.counted("service plans", n, err, "publish a service plan of the Azure application")
	n, err = countEach(client.Accounts(ctx), func(a apsclient.Account) { sample.AccountID = a.APSID })
	o.counted("accounts", n, err, "create the customers' accounts first")
	ready, hidden, all := 0, 0, 0
	n, err = countEach(client.Tenants(ctx), func(t apsclient.Tenant) {
		if !t.SubscriptionsReadable {
			hidden++
		}
		for _, s := range t.Subscriptions {
			all++
			if !s.ImportedKnown || !s.Imported {
				ready++
				sample.Tenant, sample.Subscription = t.Domain, s.ID
			}
		}
	})
	switch {
	case apsclient.KindOf(err) == apsclient.Permission && err != nil:
		o.note("tenants", faulty, "the tenants may not be read: the Allowed Operation http://www.odin.com/app/azure-csp/tenant GET is missing", "add it on the staff member's APS Bus Access tab (bulkimport help credentials)")
	case err != nil:
		o.fails("tenants", err)
	case n == 0:
		o.note("tenants", warned, "there are none", "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize")
	case hidden > 0:
		o.note("tenants", warned, fmt.Sprintf("%s; the subscriptions of %s are not readable", count(n, "tenant"), number(hidden)), "their list may lie behind an operation: --assumptions, tenant.operation and tenant.subscriptions")
	default:
		o.note("tenants", healthy, fmt.Sprintf("%s, %s, %s not imported yet", count(n, "tenant"), count(all, "subscription"), number(ready)), "")
	}
	return sample
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
		o.note("reading orders", faulty, "orders may not be read: the Allowed Operation http://www.odin.com/billing/order-management GET is missing", "add it on the staff member's APS Bus Access tab (bulkimport help credentials)")
	case err != nil:
		o.fails("reading orders", err)
	case unnumbered:
		o.note("reading orders", warned, "orders can be read, but do not tell their number", "--assumptions, order.number")
	default:
		o.note("reading orders", healthy, "allowed", "")
	}
}

// placeRight tries the right to place orders by an estimate, which creates
// nothing. A refusal of the order itself proves the right.
func (o *doctor) placeRight(ctx context.Context, orders *apsclient.Orders, sample apsclient.OrderRequest) {
	if sample.PlanID == "" || sample.AccountID == "" {
		o.note("placing orders", warned, "not tried: there is no plan or no account to ask an estimate for", "")
		return
	}
	if sample.Subscription == "" {
		sample.Tenant, sample.Subscription = "example.onmicrosoft.com", "00000000-0000-4000-8000-000000000000"
	}
	sample.Reference = "azure-import/doctor"
	_, err := orders.Estimate(ctx, sample)
	refusal, _ := errors.AsType[*apsclient.Error](err)
	switch {
	case err == nil:
		o.note("placing orders", healthy, "allowed (an estimate was answered; nothing was ordered)", "")
	case refusal != nil && refusal.Kind == apsclient.Permission:
		o.note("placing orders", faulty, "orders may not be placed: the Allowed Operation http://www.odin.com/billing/order-management POST is missing", "add it on the staff member's APS Bus Access tab (bulkimport help credentials)")
	case refusal != nil && refusal.Kind == apsclient.Refused:
		o.note("placing orders", warned, "allowed, but the estimate was refused: "+refusal.Message, "nothing was ordered; is the service plan complete?")
	case refusal != nil && (refusal.Kind == apsclient.SlowDown || refusal.Kind == apsclient.Busy || refusal.Kind == apsclient.NoService):
		o.note("placing orders", warned, "not known, the estimate had no answer: "+err.Error(), "try again later")
	default:
		o.fails("placing orders", err)
	}
}

// ledger looks whether what happens can be remembered.
func (o *doctor) ledger(ctx context.Context, places *settings) {
	s := &session{env: o.env, settings: places}
	defer s.Close()
	if err := s.openLedger(ctx); err != nil {
		o.fails("ledger", err)
		return
	}
	if err := s.ledger.Check(ctx); err != nil {
		o.fails("ledger", err)
		return
	}
	o.note("ledger", healthy, places.ledger+" can be written", "")
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
		out.emit(map[string]any{"type": "summary", "faults": faults, "warnings": warnings})
		if err := out.failed(); err != nil {
			return err
		}
	} else {
		o.show()
	}
	if faults > 0 {
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
