package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// standin is apstest's platform on a net within this process, what a test has it do
// with requests for orders, and the way of runs to it: the real client.
type standin struct {
	*apstest.Server
	tb      apstest.TB
	network apstest.Network
	tenants []apstest.Tenant

	// Set before the first request.
	latency time.Duration  // of requests for orders
	late    time.Duration  // until an order shows
	nth     map[int]string // fault of a request for an order, by its number from 1
	tokens  bool           // requests are not signed: a wrong clock does not refuse them

	mu      sync.Mutex
	rng     *rand.Rand
	posts   int
	notSent float64                    // rate at which the client says that it has sent nothing
	broken  map[string]bool            // subscriptions whose next order panics; true: once it was placed
	placing map[string]context.Context // of the latest request for a subscription
}

func newStandin(tb apstest.TB, seed uint64, opts ...apstest.Option) *standin {
	p := &standin{
		tb: tb, latency: 50 * time.Millisecond, nth: make(map[int]string), rng: rand.New(rand.NewPCG(seed, 1)),
		broken: make(map[string]bool), placing: make(map[string]context.Context),
	}
	p.Server = apstest.NewServer(tb, append([]apstest.Option{
		apstest.WithStrict(), apstest.WithSeed(seed), apstest.WithTenants(600, 1), apstest.WithProvisioning(2 * time.Second),
		func(c *apstest.Config) {
			c.Listener, c.Delay = p.network.Listen, p.delay
			c.Lag = func(int, string) time.Duration { return p.late }
		},
	}, opts...)...)
	p.tenants = slices.Collect(p.Tenants())
	return p
}

// delay is how long a request for an order is on its way. One that was given up by
// then reaches the platform every other time.
func (p *standin) delay(method, path, sub string, _ int) time.Duration {
	if method != http.MethodPost || !strings.HasSuffix(path, "/orders") {
		return 0
	}
	p.mu.Lock()
	p.posts++
	fault, ctx := p.nth[p.posts], p.placing[sub]
	p.mu.Unlock()
	if fault != "" {
		p.FaultRow(fault, sub, 1)
	}
	time.Sleep(p.latency)
	if ctx.Err() != nil && p.draw(0.5) {
		p.FaultRow("reset", sub, 1)
	}
	return 0
}

// shuffle puts n things in another order. Requests that were given up may be on their
// way still, and draw too.
func (p *standin) shuffle(n int, swap func(i, j int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rng.Shuffle(n, swap)
}

func (p *standin) draw(rate float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rng.Float64() < rate
}

// fault sets the rate of a fault: one of apstest's, or not-sent.
func (p *standin) fault(kind string, rate float64) {
	if kind != "not-sent" {
		p.SetFault(kind, rate)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notSent = rate
}

// breakOff has the next order for a subscription panic, before or after it is placed.
func (p *standin) breakOff(sub string, placed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken[sub] = placed
}

// orders is the way of one run to the platform: a client of its own, as every
// process has.
func (p *standin) orders() engine.Orders {
	p.tb.Helper()
	c := apsclient.Config{URL: p.URL(), Dial: p.network.Dial, Connections: 64}
	if p.tokens {
		o := p.OAuth2()
		c.OAuth2 = &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret}
	} else {
		c.OAuth1 = &apsclient.OAuth1{Key: p.Key(), Secret: p.Secret()}
	}
	client, err := apsclient.New(c)
	if err != nil {
		p.tb.Fatalf("client: %v", err)
	}
	p.tb.Cleanup(client.Close)
	orders, err := client.Orders(context.Background())
	if err != nil {
		p.tb.Fatalf("order service: %v", err)
	}
	return &orderService{orders, p}
}

// orderService is the client's, but for what no answer of a platform can bring about.
type orderService struct {
	*apsclient.Orders
	platform *standin
}

func (s *orderService) Place(ctx context.Context, r apsclient.OrderRequest) (apsclient.Placed, error) {
	p := s.platform
	p.mu.Lock()
	p.placing[r.Subscription] = ctx
	placed, breaks := p.broken[r.Subscription]
	delete(p.broken, r.Subscription)
	unsent := p.rng.Float64() < p.notSent
	p.mu.Unlock()
	switch {
	case breaks && !placed:
		panic("a fault of ours")
	case unsent:
		return apsclient.Placed{}, &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Err: errors.New("no connection")}
	}
	answer, err := s.Orders.Place(ctx, r)
	if breaks {
		panic("a fault of ours")
	}
	return answer, err
}

// sub is the subscription of the row at a position.
func (p *standin) sub(i int) string { return p.tenants[i].Subscriptions[0] }

// account is that of the tenant at a position.
func (p *standin) account(i int) csvimport.Account {
	t := p.tenants[i]
	return csvimport.Account{APSID: t.AccountID, ID: t.AccountNumber, Company: t.Company}
}

// other is the account of the last tenant, which no table names.
func (p *standin) other() csvimport.Account { return p.account(len(p.tenants) - 1) }

func (p *standin) plan(i int) csvimport.Plan {
	plan := p.Plans()[i]
	return csvimport.Plan{APSID: plan.ID, Name: plan.Name}
}

// table is rows as resolution leaves them: n subscriptions on so many accounts.
func (p *standin) table(n, accounts int) []csvimport.Row {
	rows := make([]csvimport.Row, n)
	for i := range rows {
		account, plan := p.account(i%accounts), p.plan(0)
		rows[i] = csvimport.Row{
			Index: i, Line: i + 2, Row: i + 2,
			Tenant: p.tenants[i].Domain, PlanID: plan.APSID, SubID: p.sub(i),
			Company: account.Company, AccountID: account.ID, Account: &account, Plan: &plan,
		}
	}
	return rows
}

// add adds an order as another tool of ours would have made it, for the row at a
// position on another account, and returns its id.
func (p *standin) add(i int) string {
	sub := p.sub(i)
	return p.addOrder(apstest.StoredOrder{SubID: sub, Tenant: p.tenants[i].Domain, Reference: csvimport.Reference(sub, 1), HasReference: true})
}

func (p *standin) addOrder(o apstest.StoredOrder) string {
	p.tb.Helper()
	o.AccountID, o.PlanID = p.other().APSID, p.plan(0).APSID
	id, err := p.AddOrder(o)
	if err != nil {
		p.tb.Fatalf("order of others: %v", err)
	}
	return id
}

// of returns the orders of a subscription, oldest first.
func (p *standin) of(sub string) []apstest.StoredOrder {
	return slices.DeleteFunc(p.Orders(), func(o apstest.StoredOrder) bool { return o.SubID != sub })
}

// stand gives the orders of a subscription another status, as staff do.
func (p *standin) stand(sub, status string) {
	p.tb.Helper()
	for _, o := range p.of(sub) {
		if err := p.SetOrderStatus(o.ID, status); err != nil {
			p.tb.Fatalf("status of order %s: %v", o.Number, err)
		}
	}
}
