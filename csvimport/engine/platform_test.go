package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient"
)

// platform is a model of the order service for tests in fake time: what it
// does with a request is drawn from a seed, and every order it creates is kept.
type platform struct {
	off time.Duration // of the clock that its answers tell
	mu  sync.Mutex
	rng *rand.Rand

	latency      time.Duration
	provisioning time.Duration
	late         time.Duration // until an order shows
	faults       map[string]float64
	dropRefs     bool
	limit        float64 // orders a second, 0 = any
	down         func(time.Time) error
	lists        error // what every list answers, after the first order if afterFirst
	afterFirst   bool
	once         map[string]string // fault for the first request of a subscription
	nth          map[int]string    // fault of a request by its number, from 1

	orders     []placedOrder
	tokens     float64
	refilled   time.Time
	placing    map[string]int // requests in flight by account
	inFlight   int
	most       int
	mostOne    int
	posts      int
	started    []time.Time
	limited    map[int]bool // which of them got a 429
	retryAfter time.Duration
}

type placedOrder struct {
	apsclient.Order
	created time.Time
}

func newPlatform(seed uint64) *platform {
	return &platform{
		rng:          rand.New(rand.NewPCG(seed, 1)),
		latency:      50 * time.Millisecond,
		provisioning: 2 * time.Second,
		faults:       map[string]float64{},
		once:         map[string]string{},
		nth:          map[int]string{},
		placing:      map[string]int{},
		limited:      map[int]bool{},
	}
}

func (p *platform) Now() time.Time          { return time.Now().Add(p.off) }
func (p *platform) Date() (time.Time, bool) { return time.Now().Add(p.off), true }

func (p *platform) Ping(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.outage()
}

func (p *platform) outage() error {
	if p.down == nil {
		return nil
	}
	return p.down(time.Now())
}

func (p *platform) draw(sub string) string {
	if f, ok := p.nth[p.posts]; ok {
		return f
	}
	if f, ok := p.once[sub]; ok {
		delete(p.once, sub)
		return f
	}
	x := p.rng.Float64()
	names := make([]string, 0, len(p.faults))
	for name := range p.faults {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if x -= p.faults[name]; x < 0 {
			return name
		}
	}
	return ""
}

func failure(kind apsclient.Kind, status int) *apsclient.Error {
	return &apsclient.Error{Kind: kind, Op: "place order", Status: status, Message: fmt.Sprintf("answer %d", status)}
}

func (p *platform) begin(account string) {
	p.posts++
	p.started = append(p.started, time.Now())
	p.inFlight++
	p.placing[account]++
	p.most = max(p.most, p.inFlight)
	p.mostOne = max(p.mostOne, p.placing[account])
}

func (p *platform) end(account string) {
	p.inFlight--
	p.placing[account]--
}

func (p *platform) Place(ctx context.Context, r apsclient.OrderRequest) (apsclient.Placed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.outage(); err != nil {
		return apsclient.Placed{}, err
	}
	if r.Check != nil {
		if err := r.Check(); err != nil {
			return apsclient.Placed{}, &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Err: err}
		}
	}
	n := len(p.started)
	p.begin(r.AccountID)
	defer p.end(r.AccountID)
	fault := p.draw(r.Subscription)
	p.mu.Unlock()
	select {
	case <-time.After(p.latency):
	case <-ctx.Done():
	}
	p.mu.Lock()
	if ctx.Err() != nil {
		if p.rng.IntN(2) == 0 {
			p.create(r)
		}
		return apsclient.Placed{}, failure(apsclient.InDoubt, 0)
	}
	if p.limit > 0 && !p.admit() {
		p.limited[n] = true
		e := failure(apsclient.SlowDown, 429)
		e.RetryAfter = p.retryAfter
		return apsclient.Placed{}, e
	}
	switch fault {
	case "lost", "504":
		p.create(r)
		return apsclient.Placed{}, failure(apsclient.InDoubt, map[string]int{"504": 504}[fault])
	case "reset", "503":
		return apsclient.Placed{}, failure(apsclient.InDoubt, map[string]int{"503": 503}[fault])
	case "not-sent":
		return apsclient.Placed{}, failure(apsclient.NotSent, 0)
	case "slow-down":
		return apsclient.Placed{}, failure(apsclient.SlowDown, 503)
	case "panic":
		panic("a fault of ours")
	case "panic, landed":
		p.create(r)
		panic("a fault of ours")
	case "refused":
		return apsclient.Placed{}, failure(apsclient.Refused, 422)
	case "wrapped":
		e := failure(apsclient.Refused, 500)
		e.Wrapped = true
		return apsclient.Placed{}, e
	case "credentials":
		return apsclient.Placed{}, failure(apsclient.Credentials, 401)
	case "busy":
		for _, o := range p.orders {
			if o.AccountID == r.AccountID && p.show(o).Phase() == apsclient.Waiting {
				return apsclient.Placed{}, failure(apsclient.Busy, 500)
			}
		}
	case "pf":
		o := p.create(r)
		p.orders[len(p.orders)-1].Status = "PF"
		return apsclient.Placed{OrderID: o.ID, Status: 200, Date: time.Now()}, nil
	}
	o := p.create(r)
	return apsclient.Placed{OrderID: o.ID, Status: 200, Date: time.Now()}, nil
}

func (p *platform) admit() bool {
	now := time.Now()
	if p.refilled.IsZero() {
		p.tokens, p.refilled = 1, now
	}
	p.tokens = min(p.tokens+now.Sub(p.refilled).Seconds()*p.limit, max(1, p.limit/10))
	p.refilled = now
	if p.tokens < 1 {
		return false
	}
	p.tokens--
	return true
}

func (p *platform) create(r apsclient.OrderRequest) apsclient.Order {
	n := len(p.orders) + 1
	o := apsclient.Order{
		ID: fmt.Sprintf("order-%06d", n), Number: fmt.Sprintf("SO%06d", n), Type: "SALES", Status: "LO",
		Date: time.Now(), Reference: r.Reference, HasReference: true, AccountID: r.AccountID,
		PlanID: r.PlanID, Tenant: r.Tenant, Subscription: r.Subscription, CutOff: r.CutOff, HasItems: true,
	}
	if p.dropRefs {
		o.Reference, o.HasReference = "", false
	}
	p.orders = append(p.orders, placedOrder{o, time.Now()})
	return o
}

// show is an order as it stands now.
func (p *platform) show(o placedOrder) apsclient.Order {
	if o.Status == "LO" && time.Since(o.created) >= p.provisioning {
		o.Status = "CP"
	}
	return o.Order
}

func (p *platform) List(_ context.Context, q apsclient.OrderQuery) iter.Seq2[apsclient.Order, error] {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.outage()
	if p.lists != nil && (!p.afterFirst || len(p.orders) > 0) {
		err = p.lists
	}
	if err != nil {
		return func(yield func(apsclient.Order, error) bool) { yield(apsclient.Order{}, err) }
	}
	var out []apsclient.Order
	for _, o := range p.orders {
		if time.Since(o.created) >= p.late && matches(q, o.Order) {
			out = append(out, p.show(o))
		}
	}
	slices.SortStableFunc(out, func(a, b apsclient.Order) int { return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(b.ID, a.ID)) })
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	if q.Heard != nil {
		q.Heard(time.Now())
	}
	return func(yield func(apsclient.Order, error) bool) {
		for _, o := range out {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func matches(q apsclient.OrderQuery, o apsclient.Order) bool {
	return (q.IDs == nil || slices.Contains(q.IDs, o.ID)) &&
		(q.Numbers == nil || slices.Contains(q.Numbers, o.Number)) &&
		(q.References == nil || slices.Contains(q.References, o.Reference)) &&
		(q.AccountIDs == nil || slices.Contains(q.AccountIDs, o.AccountID)) &&
		strings.HasPrefix(o.Reference, q.ReferencePrefix) &&
		!o.Date.Before(q.Since)
}

// doubles returns the subscriptions with more than one order.
func (p *platform) doubles() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	var out []string
	for _, o := range p.orders {
		if n[o.Subscription]++; n[o.Subscription] == 2 {
			out = append(out, o.Subscription)
		}
	}
	return out
}

// of returns the orders of a subscription, oldest first, to be looked at and
// changed.
func (p *platform) of(sub string) []*placedOrder {
	var out []*placedOrder
	for i := range p.orders {
		if p.orders[i].Subscription == sub {
			out = append(out, &p.orders[i])
		}
	}
	return out
}
