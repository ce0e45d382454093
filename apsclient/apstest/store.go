package apstest

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// order is one order held. All but the last two fields are fixed once it is in
// the store, so that listings read without a lock.
type order struct {
	seq        int // position in the store
	kind       string
	account    int    // position of the account
	plan       int    // position of the plan
	sub        subKey // the subscription it imports, none if it imports nothing known
	reference  string
	hasRef     bool
	attributes object
	products   []byte // as sent
	sent       []byte // the whole of it, in another shape than the usual one

	placed  int64 // milliseconds of the clock of the node
	ends    int64 // milliseconds of the platform's clock
	visible int64 // milliseconds of Config.Clock
	told    bool  // when it shows was told

	outcome string // status from ends on; a WP order never ends
	reason  string // of a PF
	imports bool   // at CP the subscription counts as imported

	priorRef, priorAccount, priorSub int // seq+1 of the next older order, 0 = none

	kept     atomic.Bool          // in the journal: may be shown
	override atomic.Pointer[edit] // statuses set from outside
	edited   atomic.Pointer[edit] // references set from outside
}

// edit is what was set from outside at a time of the platform's clock, and before.
type edit struct {
	value string
	at    int64 // milliseconds
	prior *edit
}

// asOf returns what held at a time, nil if nothing had been set by then.
func (e *edit) asOf(now int64) *edit {
	for e != nil && e.at > now {
		e = e.prior
	}
	return e
}

// set puts an edit before the earlier ones.
func set(p *atomic.Pointer[edit], value string, at int64) {
	for e := (&edit{value: value, at: at}); ; {
		if e.prior = p.Load(); p.CompareAndSwap(e.prior, e) {
			return
		}
	}
}

// subKey is tenant and position of a subscription, plus one; 0 is none.
type subKey uint64

func newSubKey(i, j int) subKey { return subKey(uint64(i)<<28|uint64(j)) + 1 }

func (k subKey) position() (i, j int) { return int((k - 1) >> 28), int((k - 1) & (1<<28 - 1)) }

// status returns the order's status at a time.
func (o *order) status(now int64) string {
	if set := o.override.Load().asOf(now); set != nil {
		return set.value
	}
	if o.outcome == "WP" || now >= o.ends {
		return o.outcome
	}
	return "LO"
}

func (o *order) open(now int64) bool { return o.status(now) == "LO" }

func (o *order) stands(now int64) bool {
	return !slices.Contains([]string{"CL", "PF", "RB"}, o.status(now))
}

// shown reports whether the order shows to who looks at a time of Config.Clock.
func (o *order) shown(at int64) bool { return o.kept.Load() && at >= o.visible }

// refAt returns the order's reference at a time, and whether it has any.
func (o *order) refAt(now int64) (string, bool) {
	if edited := o.edited.Load().asOf(now); edited != nil {
		return edited.value, true
	}
	return o.reference, o.hasRef
}

func (o *order) ref(now int64) string {
	reference, _ := o.refAt(now)
	return reference
}

func (o *order) number() string {
	n := strconv.Itoa(o.seq + 1)
	for len(n) < 6 {
		n = "0" + n
	}
	return "SO" + n
}

// store holds the orders and finds them again.
type store struct {
	key guidKey // makes order ids; another one in every run that keeps no state

	mu        sync.Mutex
	orders    []*order       // by time; append only
	byRef     map[string]int // reference → seq+1 of the newest; older ones are linked
	byAccount map[int]int
	bySub     map[subKey]int
	bound     map[subKey]int    // imported by hand: account position
	released  map[subKey]int    // orders before this seq no longer count as imports
	edited    []*order          // those whose reference was edited
	doubled   []subKey          // subscriptions with a second order
	broken    error             // a journal could not be written: no more orders
	state     *journal          // nil = kept in memory only
	log       *journal          // the file of orders created
	lines     func(*order) line // what the two journals take
	lag       func(*order) time.Duration
	shows     time.Duration // until an import shows; negative: for ever
}

type line struct{ state, log []byte }

func newStore(key guidKey) *store {
	return &store{key: key, byRef: make(map[string]int), byAccount: make(map[int]int), bySub: make(map[subKey]int),
		bound: make(map[subKey]int), released: make(map[subKey]int)}
}

func (st *store) id(o *order) string { return st.key.guid(guidOrder, o.seq>>28, o.seq&(1<<28-1)) }

// errBusy says that the account has an order being provisioned.
type errBusy struct{ number string }

func (e errBusy) Error() string { return "already an order " + e.number }

// create adds an order and returns when it is kept. With alone it fails with
// errBusy if the account has an order being provisioned.
func (st *store) create(o *order, alone bool, now int64) error {
	st.mu.Lock()
	if st.broken != nil {
		st.mu.Unlock()
		return st.broken
	}
	if alone {
		if open := st.openOf(o.account, now); open != nil {
			st.mu.Unlock()
			return errBusy{open.number()}
		}
	}
	// Listings rely on the order of time, and clocks can be turned back.
	if n := len(st.orders); n > 0 {
		o.placed = max(o.placed, st.orders[n-1].placed)
	}
	if st.lag != nil {
		o.seq = len(st.orders)
		if !o.told {
			o.visible += st.lag(o).Milliseconds()
		}
	}
	st.link(o)
	var state, log *batch
	if st.lines != nil {
		l := st.lines(o)
		state, log = st.state.add(l.state), st.log.add(l.log)
	}
	st.mu.Unlock()
	if err := errors.Join(st.state.flush(state), st.log.flush(log)); err != nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.broken = err
		return err
	}
	o.kept.Store(true)
	return nil
}

// link appends o and enters it into the indexes. The caller holds mu.
func (st *store) link(o *order) {
	o.seq = len(st.orders)
	st.orders = append(st.orders, o)
	o.priorAccount = st.byAccount[o.account]
	st.byAccount[o.account] = o.seq + 1
	if o.hasRef {
		o.priorRef = st.byRef[o.reference]
		st.byRef[o.reference] = o.seq + 1
	}
	if o.sub != 0 {
		if o.priorSub = st.bySub[o.sub]; o.priorSub != 0 && st.orders[o.priorSub-1].priorSub == 0 {
			st.doubled = append(st.doubled, o.sub)
		}
		st.bySub[o.sub] = o.seq + 1
	}
}

func (st *store) openOf(account int, now int64) *order {
	for at := st.byAccount[account]; at != 0; at = st.orders[at-1].priorAccount {
		if o := st.orders[at-1]; o.open(now) {
			return o
		}
	}
	return nil
}

// newestOf returns the newest order of an account, nil if there is none.
func (st *store) newestOf(account int) *order {
	st.mu.Lock()
	defer st.mu.Unlock()
	if at := st.byAccount[account]; at != 0 {
		return st.orders[at-1]
	}
	return nil
}

// otherThan returns the newest order for another subscription, nil if there is
// none.
func (st *store) otherThan(o *order) *order {
	for _, other := range slices.Backward(st.snapshot()) {
		if o == nil || other != o && (other.sub != o.sub || o.sub == 0) {
			return other
		}
	}
	return nil
}

// edit gives an order another reference.
func (st *store) edit(o *order, reference string, at int64) {
	set(&o.edited, reference, at)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.edited = append(st.edited, o)
}

func (st *store) allEdited() []*order {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.edited
}

func (st *store) snapshot() []*order {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.orders
}

func (st *store) len() int { return len(st.snapshot()) }

// find returns the order of an id, shown or not.
func (st *store) find(id string) *order {
	high, low, ok := st.key.position(guidOrder, id)
	orders := st.snapshot()
	if seq := high<<28 | low; ok && seq < len(orders) {
		return orders[seq]
	}
	return nil
}

// withReference and withAccount return the orders of an index, newest first.
func (st *store) withReference(reference string) []*order {
	st.mu.Lock()
	defer st.mu.Unlock()
	var found []*order
	for at := st.byRef[reference]; at != 0; {
		o := st.orders[at-1]
		found = append(found, o)
		at = o.priorRef
	}
	return found
}

func (st *store) withAccount(account int) []*order {
	st.mu.Lock()
	defer st.mu.Unlock()
	var found []*order
	for at := st.byAccount[account]; at != 0; {
		o := st.orders[at-1]
		found = append(found, o)
		at = o.priorAccount
	}
	return found
}

// importedBy returns the account under which a subscription is imported: that
// of the earliest of its orders that ended well, unless set by hand.
func (st *store) importedBy(sub subKey, now int64) (account int, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if account, ok := st.bound[sub]; ok {
		return account, true
	}
	for at := st.bySub[sub]; at != 0; {
		o := st.orders[at-1]
		at = o.priorSub
		if o.seq < st.released[sub] || !o.imports || st.shows < 0 {
			continue
		}
		if status := o.status(now - st.shows.Milliseconds()); status == "CP" || status == "WZ" {
			account, ok = o.account, true
		}
	}
	return account, ok
}

// StoredOrder is one order as the stand-in holds it.
type StoredOrder struct {
	ID, Number   string
	Type         string // SALES, or what AddOrder was given
	SubID        string // csp_subscription_id as sent
	Tenant       string // as sent
	CutOff       string // as sent
	AccountID    string // aps.id
	PlanID       string
	Reference    string
	HasReference bool // false where the platform did not keep it
	Status       string
	Reason       string // of a PF
	Imports      bool   // at its good end the subscription shows as imported; not taken by AddOrder
	Placed       time.Time
	Ends         time.Time       // taken by AddOrder alone, by the platform's clock: zero as soon as it is placed
	Shows        time.Time       // to any GET of the first node, by Config.Clock; AddOrder: zero as Config.Lag has it
	Products     json.RawMessage // as sent
}

// Orders returns every order held, oldest first, invisible ones too.
func (s *Server) Orders() []StoredOrder { return s.OrdersFrom(0) }

// OrdersFrom returns the orders from a position on, so that who has seen the first
// n asks for the rest alone.
func (s *Server) OrdersFrom(n int) []StoredOrder {
	orders := s.store.snapshot()[n:]
	now := s.now().UnixMilli()
	stored := make([]StoredOrder, len(orders))
	for i, o := range orders {
		stored[i] = s.stored(o, now)
	}
	return stored
}

// OrderCount returns how many orders are held.
func (s *Server) OrderCount() int { return s.store.len() }

// Doubles returns the subscriptions that have more than one sales order.
func (s *Server) Doubles() []string {
	seen := make(map[string]int)
	var doubles []string
	for _, o := range s.Orders() {
		if o.Type != "SALES" || o.SubID == "" {
			continue
		}
		if seen[o.SubID]++; seen[o.SubID] == 2 {
			doubles = append(doubles, o.SubID)
		}
	}
	return doubles
}

// StandingDoubles returns the ids of the sales orders that stand, oldest first, of
// every subscription that has two or more: those that are not cancelled (CL), failed
// (PF) or rolled back (RB). It looks at subscriptions alone that were ordered twice.
func (s *Server) StandingDoubles() map[string][]string {
	now := s.now().UnixMilli()
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	doubles := make(map[string][]string)
	for _, sub := range st.doubled {
		var ids []string
		for at := st.bySub[sub]; at != 0; at = st.orders[at-1].priorSub {
			if o := st.orders[at-1]; o.stands(now) {
				ids = append(ids, st.id(o))
			}
		}
		if len(ids) > 1 {
			slices.Reverse(ids)
			doubles[s.world.subscriptionID(sub.position())] = ids
		}
	}
	return doubles
}

func (s *Server) stored(o *order, now int64) StoredOrder {
	so := StoredOrder{ID: s.store.id(o), Number: o.number(), Type: o.kind, AccountID: s.world.accountID(o.account),
		PlanID: s.world.plan(o.plan).ID, Imports: o.imports, Status: o.status(now),
		Placed: time.UnixMilli(o.placed).UTC(), Shows: time.UnixMilli(o.visible).UTC(), Products: o.products}
	so.Reference, so.HasReference = o.refAt(now)
	if so.Status == "PF" {
		so.Reason = o.reason
	}
	so.Tenant, so.SubID, so.CutOff = productImports(o.products, &s.cfg.Names)
	return so
}
