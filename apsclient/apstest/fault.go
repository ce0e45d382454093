package apstest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// stage is where on a call's way a fault strikes.
type stage uint8

const (
	before  stage = iota + 1 // instead of doing what was asked; nothing is created
	after                    // what was asked is done, the answer goes wrong
	created                  // the order is made otherwise than asked
	always                   // looked up by the code that serves the call
)

// faultKind is one way to misbehave. Answers that go wrong strike placing (and
// estimates where estimates is set), unless a scope says otherwise.
type faultKind struct {
	name      string
	stage     stage
	estimates bool
	says      string
}

var faultKinds = [...]faultKind{
	{"429", before, true, "429 without Retry-After"},
	{"429-wait", before, true, "429 with Retry-After"},
	{"503", before, true, "503 without Retry-After, nothing created"},
	{"503-wait", before, true, "503 with Retry-After"},
	{"500", before, true, "500 with a JSON body that tells nothing, nothing created"},
	{"500-wrapped", before, true, "500 around an inner 404"},
	{"empty", before, true, "500 with an empty body, nothing created"},
	{"html", before, true, "502 with an HTML page, nothing created"},
	{"refused", before, true, "400 with a reason"},
	{"401", before, true, "401, authentication failed"},
	{"forbidden", before, true, "403 access violation"},
	{"409", before, true, "409 with a reason"},
	{"413", before, true, "413 with an HTML page"},
	{"denied-access", before, true, "500 whose message is a BillingAPIFault: Access Denied"},
	{"busy-other", before, false, "500 that says another order of the account is open, nothing created"},
	{"reset", before, true, "connection reset before the order is created"},
	{"lost", after, true, "order created, connection closed without an answer"},
	{"504", after, true, "order created, 504 with an HTML page"},
	{"slow", after, true, "order created, answer held back for Config.Slow"},
	{"no-id", after, false, "order created, 200 with an empty object"},
	{"truncated", after, true, "order created, answer cut off in the middle"},
	{"other-id", after, false, "order created, the answer has the id of another order"},
	{"twice", after, false, "request delivered twice: two orders created, the second answer counts"},
	{"twice-nonce", after, false, "request delivered twice: order created, 401 since the nonce was used"},
	{"400-after", after, false, "order created, 400 with a reason"},
	{"401-after", after, false, "order created, 401, authentication failed"},
	{"403-after", after, false, "order created, 403 access violation"},
	{"404-after", after, false, "order created, 404"},
	{"409-after", after, false, "order created, 409 with a reason"},
	{"413-after", after, false, "order created, 413 with an HTML page"},
	{"429-after", after, false, "order created, 429 without Retry-After"},
	{"503-wait-after", after, false, "order created, 503 with Retry-After"},
	{"busy-after", after, false, "order created, 500 that says it is open and prohibits another"},
	{"wrapped-after", after, false, "order created, 500 around an inner 404"},
	{"busy", always, true, "second order of an account refused while one is being provisioned, estimates as if one were"},
	{"late", created, false, "order invisible to GET for Config.Late"},
	{"no-reference", created, false, "order kept without its poNumber"},
	{"reference-edited", created, false, "order kept with another poNumber, which staff gave it"},
	{"stuck", created, false, "order waits for payment (WP) for ever"},
	{"pf", created, false, "order ends PF with errorDetails"},
	{"ignored", created, false, "order ends CP, the subscription stays not imported"},
	{"no-range", always, false, "lists without Content-Range"},
	{"short-pages", always, false, "pages half as long as asked for"},
	{"list-short", always, false, "lists end early against their own count"},
	{"list-capped", always, false, "lists have Config.ListCap elements at most, and no Content-Range"},
	{"list-stale", always, false, "lists of orders are Config.Stale old, single orders are not"},
	{"filter-ignored", always, false, "lists of orders ignore the filter"},
	{"filter-literal", always, false, "lists of orders take the wildcards of like() literally"},
	{"local-dates", always, false, "orders have dates in local time, without a zone"},
	{"account-number", always, false, "orders have the account's number for its id"},
	{"upper-ids", always, false, "orders have ids in capitals"},
	{"no-products", always, false, "orders without what was ordered"},
	{"date-form", always, false, "orders have the cut-off date in another form"},
	{"no-subscriptions", always, false, "tenants without their subscriptions field"},
	{"token-expired", always, false, "bearer token refused as expired"},
	{"clock", always, false, "server clock off by Config.ClockSkew"},
	{"clocks-apart", always, false, "answers dated by a clock that is Config.ClocksApart ahead of the others'"},
	{"stamps-old", always, false, "signatures taken however old their timestamp"},
	{"stamps-short", always, false, "signatures refused whose timestamp is older than 30s"},
	{"orders-get", always, false, "GET on orders fails"},
	{"orders-get-after-first", always, false, "GET on orders fails once an order exists"},
	{"rate-limit", always, false, "429 above so many orders a second (the rate is that number)"},
}

// FaultKinds returns the names of all faults, in the order of the package
// documentation.
func FaultKinds() []string {
	names := make([]string, len(faultKinds))
	for i := range faultKinds {
		names[i] = faultKinds[i].name
	}
	return names
}

// ParseFault reads KIND=RATE, or KIND@SCOPE=RATE, for example "lost=0.05" or
// "503@accounts=5%". A rate is a number or in per cent.
func ParseFault(text string) (kind string, rate float64, err error) {
	kind, number, ok := strings.Cut(text, "=")
	if !ok {
		return "", 0, fmt.Errorf("fault %q is not KIND=RATE, for example lost=0.05", text)
	}
	percent := strings.HasSuffix(number, "%")
	rate, err = strconv.ParseFloat(strings.TrimSuffix(number, "%"), 64)
	if err != nil {
		return "", 0, fmt.Errorf("fault %q: the rate %q is no number", text, number)
	}
	if percent {
		rate /= 100
	}
	return kind, rate, checkFault(kind, rate)
}

func checkFault(kind string, rate float64) error {
	name, scope, scoped := strings.Cut(kind, "@")
	i := slices.IndexFunc(faultKinds[:], func(k faultKind) bool { return k.name == name })
	if i < 0 {
		return fmt.Errorf("fault %q is not known, use one of %s", name, strings.Join(FaultKinds(), ", "))
	}
	if scoped {
		if k := faultKinds[i]; k.stage != before && k.stage != after {
			return fmt.Errorf("fault %q takes no scope", name)
		}
		if scope != "any" && !slices.Contains(callKinds[:], callKind(scope)) {
			return fmt.Errorf("fault %q: the scope %q is not known, use any or a kind of request", name, scope)
		}
	}
	if rate < 0 || rate > 1 && name != "rate-limit" || math.IsNaN(rate) || math.IsInf(rate, 0) {
		return fmt.Errorf("fault %q: the rate must be from 0 to 1", name)
	}
	return nil
}

// faults decides, call by call, what goes wrong. Each kind draws from its own
// sequence, made of the seed, so that how many of n draws hit does not hang on
// the order in which concurrent calls arrive.
type faults struct {
	seed   uint64
	active atomic.Bool // false spares every call the lock

	mu    sync.RWMutex
	rules []*rule
	rows  map[row]int
}

type rule struct {
	kind, scope string
	rate        float64
	drawn       atomic.Uint64
}

type row struct{ kind, subID string }

func (f *faults) set(kind string, rate float64) {
	name, scope, _ := strings.Cut(kind, "@")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = slices.DeleteFunc(f.rules, func(r *rule) bool { return r.kind == name && r.scope == scope })
	if rate > 0 {
		f.rules = append(f.rules, &rule{kind: name, scope: scope, rate: rate})
	}
	f.active.Store(len(f.rules)+len(f.rows) > 0)
}

func (f *faults) setRow(kind, subID string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[row{kind, strings.ToLower(subID)}] = times
	f.active.Store(true)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
	clear(f.rows)
	f.active.Store(false)
}

// rate returns the rate of an unscoped kind, 0 if it is off.
func (f *faults) rate(kind string) float64 {
	if !f.active.Load() {
		return 0
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, r := range f.rules {
		if r.kind == kind {
			return r.rate
		}
	}
	return 0
}

// draw reports whether the fault kind strikes a call. scope is the call's kind
// and usual whether the fault strikes calls of this kind when unscoped.
func (c *call) draw(kind string, usual bool) bool {
	f, scope := &c.s.faults, c.kind
	if !f.active.Load() {
		return false
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	hit := false
	for _, r := range f.rules {
		if r.kind != kind {
			continue
		}
		if r.scope == "" && usual || r.scope == "any" || r.scope == string(scope) {
			hit = c.number(r) < r.rate || hit
		}
	}
	return hit
}

// number draws from 0 to below 1.
func (c *call) number(r *rule) float64 {
	if draw := c.s.cfg.Draw; draw != nil {
		return draw(r.kind, c.about())
	}
	n := r.drawn.Add(1)
	x := mix(mix(c.s.faults.seed^hashText(r.kind+"@"+r.scope)) + n)
	return float64(x>>11) / (1 << 53)
}

// about is what a call is about, as Config.Draw is told.
func (c *call) about() string {
	if c.aboutIs == "" {
		what := string(c.kind) + " " + c.aboutSub()
		c.aboutIs = what + " " + strconv.Itoa(c.s.times.next(what))
	}
	return c.aboutIs
}

// times counts.
type times struct {
	mu sync.Mutex
	of map[string]int
}

// next is how many there were of it before.
func (t *times) next(what string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = make(map[string]int)
	}
	t.of[what]++
	return t.of[what] - 1
}

// drawRow reports whether the fault is due for this subscription, and takes
// one of its times.
func (f *faults) drawRow(kind, subID string) bool {
	if !f.active.Load() || subID == "" {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := row{kind, strings.ToLower(subID)}
	left := f.rows[key]
	if left == 0 {
		return false
	}
	if left > 0 {
		f.rows[key] = left - 1
	}
	return true
}

func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// SetFault switches a fault on at a rate from 0 (off) to 1 (always). A kind may
// carry a scope, for example "503@accounts" or "lost@any". It panics if there is
// no such kind, scope or rate.
func (s *Server) SetFault(kind string, rate float64) {
	if err := checkFault(kind, rate); err != nil {
		panic("apstest: " + err.Error())
	}
	s.faults.set(kind, rate)
}

// ClearFaults switches all faults off, those by row too.
func (s *Server) ClearFaults() { s.faults.clear() }

// FaultRow makes the next orders for one subscription go wrong, so many times or,
// with a negative number, always. It takes the kinds that strike placing: wrong
// answers, busy, and those by which an order is made otherwise. It panics if
// kind is none of them.
func (s *Server) FaultRow(kind, subID string, times int) {
	i := slices.IndexFunc(faultKinds[:], func(k faultKind) bool { return k.name == kind })
	if i < 0 || faultKinds[i].stage == always && kind != "busy" {
		panic(fmt.Sprintf("apstest: fault %q does not strike single rows", kind))
	}
	s.faults.setRow(kind, subID, times)
}

// drawn reports whether a fault hits this call.
func (c *call) drawn(k *faultKind) bool {
	usual := c.kind == callPlace || c.kind == callEstimate && k.estimates
	hit := c.draw(k.name, usual)
	if c.kind == callPlace {
		hit = c.s.faults.drawRow(k.name, c.subID()) || hit
	}
	return hit
}

// strike is drawn, and counts the hit.
func (c *call) strike(k *faultKind) bool {
	if !c.drawn(k) {
		return false
	}
	c.struck(k.name)
	return true
}

// strikes is strike for the faults that have no scope and their own place.
func (c *call) strikes(name string) bool {
	if !c.draw(name, true) {
		return false
	}
	c.struck(name)
	return true
}

func (c *call) struck(name string) {
	c.faults = append(c.faults, name)
	c.s.tally.add(name)
}

// spoil returns the answer of the first fault of the stage that hits.
func (c *call) spoil(st stage, good answer) (answer, bool) {
	if !c.s.faults.active.Load() {
		return answer{}, false
	}
	for i := range faultKinds {
		if k := &faultKinds[i]; k.stage == st && c.strike(k) {
			return c.wrongAnswer(k.name, good), true
		}
	}
	return answer{}, false
}
