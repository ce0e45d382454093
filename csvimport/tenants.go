package csvimport

import (
	"fmt"
	"slices"
	"strings"

	"bulkimport/apsclient"
)

// tenantIndex holds the platform's tenants and their subscriptions, some 100
// bytes for each.
type tenantIndex struct {
	tenants  []tenant
	subs     []subscription
	byDomain map[string]int32
	bySub    map[string]int32
	words    map[string]string // statuses, each once
}

type tenant struct {
	domain, company, email string
	account                string // number of the bound account, empty if not told
	readable               bool   // its list of subscriptions
	subs                   int32
}

type subscription struct {
	id      string // lower-case GUID
	tenant  int32
	status  string
	account string // number of the account it was imported under, if told
	known   bool   // whether it is imported was told
	done    bool   // it is imported
}

// active reports whether the subscription can be expected to be imported some
// day: a status that is not told counts as active.
func (s *subscription) active() bool {
	return s.status == "" || strings.EqualFold(s.status, "active")
}

func normalDomain(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
}

func (x *tenantIndex) add(t apsclient.Tenant) {
	if x.byDomain == nil {
		x.byDomain, x.bySub, x.words = make(map[string]int32), make(map[string]int32), make(map[string]string)
	}
	domain := normalDomain(t.Domain)
	at, seen := x.byDomain[domain]
	if !seen {
		at = int32(len(x.tenants))
		x.byDomain[domain] = at
		x.tenants = append(x.tenants, tenant{
			domain: domain, company: t.Company, email: t.Email,
			account: strings.TrimSpace(t.AccountID), readable: t.SubscriptionsReadable,
		})
	} else {
		x.tenants[at].readable = x.tenants[at].readable && t.SubscriptionsReadable
	}
	for _, s := range t.Subscriptions {
		id := strings.ToLower(strings.TrimSpace(s.ID))
		if _, again := x.bySub[id]; again {
			continue
		}
		status, ok := x.words[s.Status]
		if !ok {
			status = s.Status
			x.words[status] = status
		}
		x.bySub[id] = int32(len(x.subs))
		x.subs = append(x.subs, subscription{
			id: id, tenant: at, status: status, account: s.AccountID,
			known: s.ImportedKnown, done: s.ImportedKnown && s.Imported,
		})
		x.tenants[at].subs++
	}
}

// sort puts the tenants in the order of their domains, in which exports are
// written and files are mostly read; a tenant's subscriptions keep theirs.
func (x *tenantIndex) sort() {
	order := make([]int32, len(x.tenants))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(x.tenants[a].domain, x.tenants[b].domain) })
	tenants, now := make([]tenant, len(order)), make([]int32, len(order))
	for i, was := range order {
		tenants[i], now[was] = x.tenants[was], int32(i)
		x.byDomain[tenants[i].domain] = int32(i)
	}
	x.tenants = tenants
	for i := range x.subs {
		x.subs[i].tenant = now[x.subs[i].tenant]
	}
	slices.SortStableFunc(x.subs, func(a, b subscription) int { return int(a.tenant - b.tenant) })
	for i := range x.subs {
		x.bySub[x.subs[i].id] = int32(i)
	}
}

// tenant returns the position of the tenant of a domain, or -1.
func (x *tenantIndex) tenant(domain string) int32 {
	if i, ok := x.byDomain[domain]; ok {
		return i
	}
	return -1
}

// sub returns the position of a subscription, or -1. It may be at guess.
func (x *tenantIndex) sub(id string, guess int32) int32 {
	if guess >= 0 && int(guess) < len(x.subs) && x.subs[guess].id == id {
		return guess
	}
	if i, ok := x.bySub[id]; ok {
		return i
	}
	return -1
}

// marks has a bit for each subscription of a tenantIndex.
type marks []uint64

func (x *tenantIndex) marks() marks { return make(marks, (len(x.subs)+63)/64) }

// mark marks a position; -1 is none.
func (m marks) mark(at int32) {
	if at >= 0 {
		m[at/64] |= 1 << (at % 64)
	}
}

func (m marks) marked(at int32) bool { return m[at/64]&(1<<(at%64)) != 0 }

// partial names the tenants of which some subscriptions are marked as being in
// the file and others, not yet imported, are not. first tells a tenant's first row.
func (x *tenantIndex) partial(here marks, first func(tenant int32) (line, row int)) []Finding {
	type part struct {
		here, left int32
		first      int32 // of those left out
	}
	parts := make([]part, len(x.tenants))
	for i := range x.subs {
		s, t := &x.subs[i], &parts[x.subs[i].tenant]
		switch {
		case here.marked(int32(i)):
			t.here++
		case !s.done && s.active():
			if t.left++; t.left == 1 {
				t.first = int32(i)
			}
		}
	}
	var found []Finding
	for i := range parts {
		p, t := &parts[i], &x.tenants[i]
		if p.here == 0 || p.left == 0 {
			continue
		}
		line, row := first(int32(i))
		hint := "left out: " + x.subs[p.first].id
		if p.left > 1 {
			hint += fmt.Sprintf(" and %d more", p.left-1)
		}
		found = append(found, Finding{
			Type: "finding", Severity: SeverityWarning, Code: "W_TENANT_PARTIAL", Line: line, Row: row,
			Column: "tenant", Value: shown(t.domain),
			Message: fmt.Sprintf("%d of the tenant's %d subscriptions are in the file", p.here, t.subs),
			Hint:    hint,
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return found
}
