package apstest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// collection is a list of resources that are made from their position.
type collection struct {
	size    int
	schema  schema[int]
	natural string                                    // the property by which positions are sorted
	find    map[string]func(value string) (int, bool) // the properties that name one element
	members []string
	object  func(i int, now int64) object

	mu    sync.Mutex
	found map[string][]uint32 // filter and sort → positions; the data never changes
}

const (
	typeTenant  = "http://www.odin.com/app/azure-csp/tenant"
	typeOrders  = "http://www.odin.com/billing/order-management"
	typeAccount = "http://www.odin.com/billing/account"
	typePlan    = "http://www.odin.com/billing/service-plan"
)

func aps(id, typ string) member {
	return member{"aps", object{{"id", id}, {"type", typ + "/1.0"}, {"status", "aps:ready"}}}
}

func (s *Server) accountCollection() *collection {
	w := &s.world
	number := func(i int) int64 { return int64(firstAccount + i) }
	return &collection{size: w.tenants, natural: "id", found: make(map[string][]uint32),
		schema: schema[int]{
			"aps.id":             {text: w.accountID},
			"id":                 {number: number, parse: parseNumber},
			"type":               {text: func(int) string { return "CUSTOMER" }},
			"companyName":        {text: w.company},
			"adminContact.email": {text: w.accountEmail},
			"techContact.email":  {text: func(i int) string { return "it@" + w.slug(i) + ".example" }},
		},
		find: map[string]func(string) (int, bool){
			"aps.id": w.accountAt,
			"id": func(v string) (int, bool) {
				n, err := strconv.Atoi(v)
				return n - firstAccount, err == nil && n >= firstAccount && n-firstAccount < w.tenants
			},
		},
		members: []string{"id", "type", "companyName", "adminContact", "techContact"},
		object: func(i int, _ int64) object {
			return object{aps(w.accountID(i), typeAccount), {"id", firstAccount + i}, {"type", "CUSTOMER"},
				{"companyName", w.company(i)},
				{"adminContact", object{{"email", w.accountEmail(i)}}},
				{"techContact", object{{"email", "it@" + w.slug(i) + ".example"}}}}
		}}
}

func (s *Server) planCollection() *collection {
	w := &s.world
	return &collection{size: len(planNames), natural: "id", found: make(map[string][]uint32),
		schema: schema[int]{
			"aps.id": {text: func(i int) string { return w.plan(i).ID }},
			"id":     {number: func(i int) int64 { return int64(firstPlan + i) }, parse: parseNumber},
			"name":   {text: func(i int) string { return w.plan(i).Name }},
		},
		find:    map[string]func(string) (int, bool){"aps.id": w.planAt},
		members: []string{"id", "name"},
		object: func(i int, _ int64) object {
			p := w.plan(i)
			return object{aps(p.ID, typePlan), {"id", p.Number}, {"name", p.Name}}
		}}
}

func (s *Server) tenantCollection() *collection {
	w := &s.world
	return &collection{size: w.tenants, found: make(map[string][]uint32),
		schema: schema[int]{
			"aps.id":      {text: w.tenantID},
			"domain":      {text: w.domain},
			"companyName": {text: w.company},
			"email":       {text: w.email},
		},
		find: map[string]func(string) (int, bool){
			"aps.id": w.tenantAt,
			"domain": func(v string) (int, bool) {
				slug, _, _ := strings.Cut(v, ".")
				n, err := strconv.Atoi(slug[len(strings.TrimRight(slug, "0123456789")):])
				return n - 1, err == nil && n >= 1 && n <= w.tenants && w.domain(n-1) == v
			},
		},
		members: []string{"domain", "companyName", "email", "accountId", "subscriptions"},
		object:  s.tenantObject}
}

func (s *Server) tenantObject(i int, now int64) object {
	w := &s.world
	o := object{aps(w.tenantID(i), typeTenant), {"domain", w.domain(i)}, {"companyName", w.company(i)}, {"email", w.email(i)}}
	subs, bound := s.subscriptionObjects(i, now)
	if bound >= 0 {
		o = append(o, member{"accountId", firstAccount + bound})
	}
	if s.cfg.TenantOperation != "" {
		return o
	}
	return append(o, member{"subscriptions", subs})
}

// subscriptionObjects returns a tenant's subscriptions, and the account under
// which the first of them is imported, -1 if none is.
func (s *Server) subscriptionObjects(i int, now int64) (subs []object, bound int) {
	subs, bound = make([]object, s.world.subs), -1
	for j := range subs {
		account, imported := s.store.importedBy(newSubKey(i, j), now)
		subs[j] = object{{"id", s.world.subscriptionID(i, j)}, {"name", s.world.subscriptionName(i, j)}, {"status", "active"}, {"imported", imported}}
		if imported {
			subs[j] = append(subs[j], member{"accountId", firstAccount + account})
			if bound < 0 {
				bound = account
			}
		}
	}
	return subs, bound
}

// collect answers one page of a collection.
func (s *Server) collect(c *call, col *collection, q *rql) answer {
	only, err := selection(q, col.members)
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	size, at, err := col.query(q)
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	now := c.common.UnixMilli()
	hide := c.kind == callTenants && c.strikes("no-subscriptions")
	return s.pageAnswer(c, q, only, size, func(i int) object {
		o := col.object(at(i), now)
		if hide {
			o = slices.DeleteFunc(o, func(m member) bool { return m.name == "subscriptions" })
		}
		return o
	})
}

// query returns how many elements a query selects, and the position of each.
func (col *collection) query(q *rql) (size int, at func(int) int, err error) {
	test, err := col.schema.compile(q.filter)
	if err != nil {
		return 0, nil, err
	}
	compare, err := col.schema.order(q.sort)
	if err != nil {
		return 0, nil, err
	}
	natural := len(q.sort) == 0 || len(q.sort) == 1 && q.sort[0].prop == col.natural
	if natural && len(q.filter) == 0 {
		if len(q.sort) == 1 && q.sort[0].desc {
			return col.size, func(i int) int { return col.size - 1 - i }, nil
		}
		return col.size, func(i int) int { return i }, nil
	}
	if positions, ok := col.named(q.filter); ok {
		positions = slices.DeleteFunc(positions, func(i int) bool { return !test(i) })
		slices.SortStableFunc(positions, compare)
		return len(positions), func(i int) int { return positions[i] }, nil
	}
	positions := col.scan(q, test, compare)
	return len(positions), func(i int) int { return int(positions[i]) }, nil
}

// named looks for a condition that names single elements.
func (col *collection) named(filter []*term) (positions []int, ok bool) {
	for _, t := range filter {
		if t.op == "and" {
			if positions, ok := col.named(t.kids); ok {
				return positions, true
			}
		}
		find := col.find[t.prop]
		if find == nil || t.op != "eq" && t.op != "in" {
			continue
		}
		for _, v := range t.values {
			if i, ok := find(v); ok {
				positions = append(positions, i)
			}
		}
		slices.Sort(positions)
		return slices.Compact(positions), true
	}
	return nil, false
}

// scan looks at every element, and remembers what it found for the next page.
func (col *collection) scan(q *rql, test func(int) bool, compare func(a, b int) int) []uint32 {
	key := q.filterText + "\n" + q.sortText
	col.mu.Lock()
	defer col.mu.Unlock()
	if found, ok := col.found[key]; ok {
		return found
	}
	if len(col.found) >= mostListings {
		clear(col.found)
	}
	found := []uint32{}
	for i := range col.size {
		if test(i) {
			found = append(found, uint32(i))
		}
	}
	col.sort(found, q.sort, compare)
	col.found[key] = found
	return found
}

// sort makes the text of the first key once for each element: it is computed,
// and asking for it in every comparison would take seconds for a million.
func (col *collection) sort(found []uint32, keys []sortKey, compare func(a, b int) int) {
	if len(keys) == 0 {
		return
	}
	text := col.schema[keys[0].prop].text
	if text == nil {
		slices.SortStableFunc(found, func(a, b uint32) int { return compare(int(a), int(b)) })
		return
	}
	type keyed struct {
		text string
		at   uint32
	}
	decorated := make([]keyed, len(found))
	for i, at := range found {
		decorated[i] = keyed{text(int(at)), at}
	}
	slices.SortFunc(decorated, func(a, b keyed) int {
		if a.text != b.text {
			if keys[0].desc {
				return strings.Compare(b.text, a.text)
			}
			return strings.Compare(a.text, b.text)
		}
		return cmp.Or(compare(int(a.at), int(b.at)), cmp.Compare(a.at, b.at))
	})
	for i := range decorated {
		found[i] = decorated[i].at
	}
}
