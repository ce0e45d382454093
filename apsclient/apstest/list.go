package apstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// listOrders answers the orders a query selects, as a bare array.
func (s *Server) listOrders(c *call) answer {
	if s.ordersRefused(c) {
		return refuse(http.StatusInternalServerError, "InternalServerError", "orders cannot be read")
	}
	q, err := s.query(c)
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	if q.implementing != "" {
		return refuse(http.StatusBadRequest, "ValidationError", "RQL: implementing() has no place here")
	}
	only, err := selection(q, append(orderMembers[:], s.cfg.Names.Reference))
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	v := c.look()
	if c.strikes("list-stale") {
		v = v.ago(s.cfg.Stale)
	}
	if c.strikes("filter-ignored") {
		q.filter, q.filterText = nil, ""
	}
	if c.strikes("filter-literal") {
		q.filter, q.filterText = literally(q.filter), "literally "+q.filterText
	}
	found, err := s.findOrders(q, v)
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	return s.pageAnswer(c, q, only, len(found), func(i int) object { return s.orderObject(found[i], v) })
}

// literally takes the wildcards of like() for letters.
func literally(filter []*term) []*term {
	var terms []*term
	for _, t := range filter {
		c := *t
		c.kids = literally(t.kids)
		if c.op == "like" {
			c.op = "eq"
		}
		terms = append(terms, &c)
	}
	return terms
}

func (s *Server) orderSchema(now int64) schema[*order] {
	number := func(o *order) int64 { return int64(o.seq) }
	return schema[*order]{
		"orderId":             {text: s.store.id},
		"orderNumber":         {number: number, parse: func(v string) (int64, error) { n, err := parseNumber(strings.TrimPrefix(v, "SO")); return n - 1, err }},
		"type":                {text: func(o *order) string { return o.kind }},
		"status":              {text: func(o *order) string { return o.status(now) }},
		s.cfg.Names.Reference: {text: func(o *order) string { return o.ref(now) }},
		"accountId":           {text: func(o *order) string { return s.world.accountID(o.account) }},
		"orderDate":           {number: func(o *order) int64 { return o.placed }, parse: parseTime},
	}
}

// findOrders returns the orders that show and that a query selects, sorted.
func (s *Server) findOrders(q *rql, v look) ([]*order, error) {
	sc := s.orderSchema(v.now)
	test, err := sc.compile(q.filter)
	if err != nil {
		return nil, err
	}
	compare, err := sc.order(q.sort)
	if err != nil {
		return nil, err
	}
	if candidates, narrow := s.candidates(q.filter); narrow {
		found := slices.DeleteFunc(candidates, func(o *order) bool { return !o.shown(v.at) || !test(o) })
		return sorted(found, q.sort, compare), nil
	}
	if mentions(q.filter, "status") || mentions(q.filter, s.cfg.Names.Reference) && len(s.store.allEdited()) > 0 {
		var found []*order
		for _, o := range s.store.snapshot() {
			if o.shown(v.at) && test(o) {
				found = append(found, o)
			}
		}
		return sorted(found, q.sort, compare), nil
	}
	// What is remembered may have shown to another node, or since the time that
	// is told of.
	found := s.listings.get(q.filterText).read(s.store.snapshot(), s.cfg.Clock().UnixMilli(), test, q, compare)
	if unseen := func(o *order) bool { return !o.shown(v.at) }; slices.ContainsFunc(found, unseen) {
		return slices.DeleteFunc(slices.Clone(found), unseen), nil
	}
	return found, nil
}

func mentions(filter []*term, prop string) bool {
	return slices.ContainsFunc(filter, func(t *term) bool { return t.prop == prop || mentions(t.kids, prop) })
}

// candidates looks for a condition that an index answers. What it returns is
// oldest first and has still to be tested.
func (s *Server) candidates(filter []*term) (found []*order, ok bool) {
	for _, t := range filter {
		if t.op == "and" {
			if found, ok := s.candidates(t.kids); ok {
				return found, true
			}
		}
		if t.op != "eq" && t.op != "in" {
			continue
		}
		switch t.prop {
		case "orderId", "accountId", s.cfg.Names.Reference:
		default:
			continue
		}
		if t.prop == s.cfg.Names.Reference {
			found = append(found, s.store.allEdited()...)
		}
		for _, v := range t.values {
			switch t.prop {
			case "orderId":
				if o := s.store.find(v); o != nil {
					found = append(found, o)
				}
			case "accountId":
				if i, ok := s.world.accountAt(v); ok {
					found = append(found, s.store.withAccount(i)...)
				}
			default:
				found = append(found, s.store.withReference(v)...)
			}
		}
		slices.SortFunc(found, func(a, b *order) int { return cmp.Compare(a.seq, b.seq) })
		return slices.Compact(found), true
	}
	return nil, false
}

// sorted sorts orders that are oldest first.
func sorted(found []*order, keys []sortKey, compare func(a, b *order) int) []*order {
	if len(keys) == 0 {
		return found
	}
	if keys[0].desc {
		slices.Reverse(found)
	}
	if byAge(keys) {
		return found
	}
	slices.SortStableFunc(found, compare)
	return found
}

// byAge reports whether the keys sort as the store is sorted, or backwards.
func byAge(keys []sortKey) bool {
	return len(keys) == 1 && (keys[0].prop == "orderDate" || keys[0].prop == "orderNumber")
}

// listings remembers what filters found, so that paging through a long list
// looks at every order once and not once a page.
type listings struct {
	mu       sync.Mutex
	byFilter map[string]*listing
}

const mostListings = 16

func (l *listings) get(filter string) *listing {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byFilter[filter]
	if found == nil {
		if len(l.byFilter) >= mostListings {
			clear(l.byFilter)
		}
		found = &listing{}
		l.byFilter[filter] = found
	}
	return found
}

// listing is what one filter has found among the orders before upTo.
type listing struct {
	mu     sync.Mutex
	upTo   int
	found  []*order
	sorts  string // how view is sorted
	viewed int    // len(found)+len(tail) when view was made
	view   []*order
}

func (l *listing) read(orders []*order, now int64, test func(*order) bool, q *rql, compare func(a, b *order) int) []*order {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ; l.upTo < len(orders) && orders[l.upTo].shown(now); l.upTo++ {
		if o := orders[l.upTo]; test(o) {
			l.found = append(l.found, o)
		}
	}
	// From the first order not yet shown on nothing can be remembered.
	var tail []*order
	for _, o := range orders[min(l.upTo, len(orders)):] {
		if o.shown(now) && test(o) {
			tail = append(tail, o)
		}
	}
	if len(q.sort) == 0 && len(tail) == 0 {
		return slices.Clip(l.found)
	}
	n := len(l.found) + len(tail)
	if len(tail) == 0 && l.viewed == n && l.sorts == q.sortText && l.view != nil {
		return l.view
	}
	view := sorted(append(slices.Clone(l.found), tail...), q.sort, compare)
	if len(tail) == 0 {
		l.view, l.viewed, l.sorts = view, n, q.sortText
	}
	return view
}

// query reads the RQL of a call and refuses what strict mode does.
func (s *Server) query(c *call) (*rql, error) {
	q, err := parseRQL(c.query, s.cfg.Strict)
	if err == nil && s.cfg.Strict && q.limited && len(q.sort) == 0 {
		err = fmt.Errorf("RQL: pages without sort() have no fixed order")
	}
	return q, err
}

// selection returns the members that select() names, nil for all.
func selection(q *rql, known []string) (map[string]bool, error) {
	if q.selected == nil {
		return nil, nil
	}
	only := map[string]bool{"aps": true}
	for _, name := range q.selected {
		top, _, _ := strings.Cut(name, ".")
		if top != "aps" && !slices.Contains(known, top) {
			return nil, fmt.Errorf("RQL: select() of %s, which is not known here", name)
		}
		only[top] = true
	}
	return only, nil
}

// pageAnswer answers one page of a list of total elements.
func (s *Server) pageAnswer(c *call, q *rql, only map[string]bool, total int, element func(int) object) answer {
	count := s.cfg.PageSize
	if q.limited {
		count = min(count, q.count)
	}
	if c.strikes("short-pages") {
		count = max(1, count/2)
	}
	capped := c.strikes("list-capped")
	if capped {
		total = min(total, s.cfg.ListCap)
	}
	there := total
	if c.strikes("list-short") {
		there = total * 2 / 3
	}
	from := min(q.start, there)
	to := min(from+count, there)
	a := answer{status: http.StatusOK, media: mediaJSON}
	a.body = append(make([]byte, 0, 64+256*(to-from)), '[')
	for i := from; i < to; i++ {
		if i > from {
			a.body = append(a.body, ',')
		}
		a.body = appendObject(a.body, element(i), only)
	}
	a.body = append(a.body, ']')
	if s.cfg.Partial && to-from < total {
		a.status = http.StatusPartialContent
	}
	if c.strikes("no-range") || capped {
		return a
	}
	a.rangeOf = fmt.Sprintf("items */%d", total)
	if to > from {
		a.rangeOf = fmt.Sprintf("items %d-%d/%d", from, to-1, total)
	}
	return a
}

// AddOrder adds an order as if it had been made in the panel or by another tool,
// and returns its id. It takes Type, AccountID, PlanID, Status, Reason, Placed,
// Reference if HasReference, and Products or, if there are none, import
// parameters made of SubID, Tenant and CutOff. An empty Type is SALES, an empty
// Status CP, and a zero Placed is now; an order is never older than those added
// before it.
func (s *Server) AddOrder(so StoredOrder) (id string, err error) {
	account, ok := s.world.accountAt(so.AccountID)
	if !ok {
		return "", fmt.Errorf("account %s is not found", so.AccountID)
	}
	plan, ok := s.world.planAt(so.PlanID)
	if !ok {
		return "", fmt.Errorf("service plan %s is not found", so.PlanID)
	}
	placed := so.Placed
	if placed.IsZero() {
		placed = s.now()
	}
	o := &order{kind: cmp.Or(so.Type, "SALES"), account: account, plan: plan, reference: so.Reference, hasRef: so.HasReference,
		products: so.Products, placed: placed.UnixMilli(), outcome: cmp.Or(so.Status, "CP"), reason: so.Reason}
	o.ends, o.visible, o.told = o.placed, s.cfg.Clock().UnixMilli(), !so.Shows.IsZero()
	if o.told {
		o.visible = so.Shows.UnixMilli()
	}
	if !so.Ends.IsZero() {
		o.ends = so.Ends.UnixMilli()
	}
	if o.outcome == "LO" {
		o.outcome, o.ends = "CP", 1<<63-1
	}
	if o.products == nil && so.SubID != "" {
		o.products = s.productsOf(so)
	}
	if i, j, ok := s.world.subscriptionAt(so.SubID); ok && o.kind == "SALES" {
		o.sub, o.imports = newSubKey(i, j), true
	}
	if err := s.store.create(o, false, 0); err != nil {
		return "", err
	}
	return s.store.id(o), nil
}

func (s *Server) productsOf(so StoredOrder) json.RawMessage {
	n := &s.cfg.Names
	params := []object{{{"key", n.Tenant}, {"value", so.Tenant}}, {{"key", n.Subscription}, {"value", so.SubID}}}
	if so.CutOff != "" {
		params = append(params, object{{"key", n.CutOff}, {"value", so.CutOff}})
	}
	return appendValue(nil, []object{{{"planId", so.PlanID},
		{"period", object{{"unit", "MONTH"}, {"duration", 1}}}, {n.Params, params}}})
}

// SetOrderStatus gives an order another status, as staff do in Billing: CL
// cancels it, CP after a PF is a resubmission that went well.
func (s *Server) SetOrderStatus(id, status string) error {
	o := s.store.find(id)
	if o == nil {
		return fmt.Errorf("order %s is not found", id)
	}
	at := s.now().UnixMilli()
	set(&o.override, status, at)
	return s.note(change{Order: id, Status: status, At: at})
}

// EditReference gives an order another reference, as staff may in Billing.
func (s *Server) EditReference(id, reference string) error {
	o := s.store.find(id)
	if o == nil {
		return fmt.Errorf("order %s is not found", id)
	}
	at := s.now().UnixMilli()
	s.store.edit(o, reference, at)
	return s.note(change{Order: id, Reference: &reference, At: at})
}

// SetImported shows a subscription as imported under an account (its aps.id),
// or, if accountID is empty, as not imported, whatever orders have done so far.
func (s *Server) SetImported(subID, accountID string) error {
	c := change{Subscription: subID, AccountID: accountID, Orders: s.store.len()}
	if err := s.bind(c); err != nil {
		return err
	}
	return s.note(c)
}

func (s *Server) bind(c change) error {
	i, j, ok := s.world.subscriptionAt(c.Subscription)
	if !ok {
		return fmt.Errorf("subscription %s is not found", c.Subscription)
	}
	account, ok := s.world.accountAt(c.AccountID)
	if !ok && c.AccountID != "" {
		return fmt.Errorf("account %s is not found", c.AccountID)
	}
	s.store.bind(newSubKey(i, j), account, c.AccountID != "", c.Orders)
	return nil
}

func (st *store) bind(sub subKey, account int, imported bool, orders int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if imported {
		st.bound[sub] = account
		return
	}
	delete(st.bound, sub)
	st.released[sub] = orders
}

// now is the platform's clock.
func (s *Server) now() time.Time { return s.cfg.Clock().Add(time.Duration(s.skew.Load())) }
