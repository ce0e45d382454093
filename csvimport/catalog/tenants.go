package catalog

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog/spill"
	"bulkimport/csvimport/normal"
)

// tenantIndex finds the platform's tenants by domain, and their subscriptions by
// id. A tenant's subscriptions lie behind it.
type tenantIndex struct {
	spill.Index
	buf []byte // for adding

	tenants, subs     int // positions given
	unreadableTenants int // tenants whose list of subscriptions could not be read

	// What the platform listed twice, by address.
	whole map[uint32]tenant   // a tenant as all that was listed of it together tells
	again map[uint32]struct{} // subscriptions that have been listed before
}

type tenant struct {
	Spot
	domain, company, email string
	account                string // number of the bound account, empty if not told
	readable               bool   // its list of subscriptions
	subs                   int32
}

type subscription struct {
	pos     int32
	tenant  uint32 // its address
	id      string // lower-case GUID
	status  string
	account string // number of the account it was imported under, if told
	known   bool   // whether it is imported was told
	done    bool   // it is imported
}

// The keys of tenants and subscriptions, and the first byte of their records.
const (
	keyDomain = 'd'
	keySub    = 's'
)

const (
	isReadable = 1 << iota
	isKnown
	isDone
)

// active reports whether the subscription can be expected to be imported some
// day: a status that is not told counts as active.
func (s *subscription) active() bool {
	return s.status == "" || strings.EqualFold(s.status, "active")
}

// add keeps a tenant and its subscriptions.
func (x *tenantIndex) add(t *apsclient.Tenant) error {
	domain := normal.Domain(t.Domain)
	var flags byte
	if t.SubscriptionsReadable {
		flags = isReadable
	} else {
		x.unreadableTenants++
	}
	b := append(x.buf[:0], keyDomain, flags)
	b = binary.LittleEndian.AppendUint32(b, uint32(x.tenants))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t.Subscriptions)))
	for _, s := range [...]string{domain, t.Company, t.Email, strings.TrimSpace(t.AccountID)} {
		b = spill.AppendText(b, s)
	}
	at, err := x.Index.Add(b, x.Key(keyDomain, domain))
	if err != nil {
		return err
	}
	x.tenants++
	for i := range t.Subscriptions {
		s := &t.Subscriptions[i]
		flags = 0
		if s.ImportedKnown {
			flags = isKnown
			if s.Imported {
				flags |= isDone
			}
		}
		b = append(b[:0], keySub, flags)
		b = binary.LittleEndian.AppendUint32(b, uint32(x.subs))
		b = binary.LittleEndian.AppendUint32(b, at)
		id := strings.ToLower(strings.TrimSpace(s.ID))
		for _, s := range [...]string{id, s.Status, s.AccountID} {
			b = spill.AppendText(b, s)
		}
		if _, err := x.Index.Add(b, x.Key(keySub, id)); err != nil {
			return err
		}
		x.subs++
	}
	x.buf = b
	return nil
}

const recordFixed = 10 // bytes before the texts of a record

// decode reads a tenant's record; ok is false if it is another's.
func (t *tenant) decode(at uint32, record []byte) (ok bool) {
	if len(record) < recordFixed || record[0] != keyDomain {
		return false
	}
	t.Spot = Spot{at, int32(binary.LittleEndian.Uint32(record[2:]))}
	t.readable = record[1]&isReadable != 0
	t.subs = int32(binary.LittleEndian.Uint32(record[6:]))
	rest := string(record[recordFixed:])
	for _, s := range [...]*string{&t.domain, &t.company, &t.email, &t.account} {
		*s, rest = spill.TakeText(rest)
	}
	return true
}

// decode reads a subscription's record; ok is false if it is another's.
func (s *subscription) decode(record []byte) (ok bool) {
	if len(record) < recordFixed || record[0] != keySub {
		return false
	}
	s.known, s.done = record[1]&isKnown != 0, record[1]&isDone != 0
	s.pos = int32(binary.LittleEndian.Uint32(record[2:]))
	s.tenant = binary.LittleEndian.Uint32(record[6:])
	rest := string(record[recordFixed:])
	for _, t := range [...]*string{&s.id, &s.status, &s.account} {
		*t, rest = spill.TakeText(rest)
	}
	return true
}

// seal ends the adding, and puts together what was listed twice: of tenants all
// subscriptions count as the first one's, of subscriptions the first counts.
func (x *tenantIndex) seal() error {
	if err := x.Index.Seal(); err != nil {
		return err
	}
	x.buf = nil
	x.whole, x.again = make(map[uint32]tenant), make(map[uint32]struct{})
	err := x.Twins(x.unite)
	if err != nil {
		return err
	}
	for at := range x.again {
		t, err := x.ownerOf(at)
		if err != nil {
			return err
		}
		t.subs--
		x.whole[t.At] = t
	}
	if len(x.whole) == 0 {
		return nil
	}
	x.unreadableTenants = 0
	return x.eachTenant(func(t *tenant) {
		if !t.readable {
			x.unreadableTenants++
		}
	})
}

// unite looks at records one of whose keys may be the same.
func (x *tenantIndex) unite(at []uint32) error {
	domains, subs := make(map[string]uint32), make(map[string]bool)
	for _, at := range at {
		var s subscription
		var t tenant
		isSub := false
		err := x.Read(at, func(record []byte) {
			if isSub = s.decode(record); !isSub {
				t.decode(at, record)
			}
		})
		if err != nil {
			return err
		}
		if isSub {
			if subs[s.id] {
				x.again[at] = struct{}{}
			}
			subs[s.id] = true
			continue
		}
		first, twice := domains[t.domain]
		if !twice {
			domains[t.domain] = at
			continue
		}
		one, err := x.tenantAt(first)
		if err != nil {
			return err
		}
		one.readable = one.readable && t.readable
		one.subs += t.subs
		x.whole[first], x.whole[at] = one, one
	}
	return nil
}

// ownerOf returns the tenant of the subscription at an address.
func (x *tenantIndex) ownerOf(at uint32) (tenant, error) {
	var s subscription
	if err := x.Read(at, func(record []byte) { s.decode(record) }); err != nil {
		return tenant{}, err
	}
	return x.tenantAt(s.tenant)
}

// tenantAt returns the tenant at an address.
func (x *tenantIndex) tenantAt(at uint32) (tenant, error) {
	if t, ok := x.whole[at]; ok {
		if t.At != at {
			return x.whole[t.At], nil
		}
		return t, nil
	}
	t := tenant{Spot: nowhere}
	err := x.Read(at, func(record []byte) { t.decode(at, record) })
	return t, err
}

// tenant returns the tenant of a domain; its pos is -1 if there is none.
func (x *tenantIndex) tenant(domain string) (found tenant, err error) {
	found.Spot = nowhere
	err = x.Find(x.Key(keyDomain, domain), func(at uint32) (bool, error) {
		t, err := x.tenantAt(at)
		if err != nil || t.Pos < 0 || t.domain != domain {
			return true, err
		}
		found = t
		return false, nil
	})
	return found, err
}

// sub returns a subscription; its pos is -1 if there is none.
func (x *tenantIndex) sub(id string) (found subscription, err error) {
	found.pos = -1
	err = x.LookUp(x.Key(keySub, id), func(_ uint32, record []byte) (bool, error) {
		var s subscription
		if !s.decode(record) || s.id != id {
			return true, nil
		}
		found = s
		return false, nil
	})
	return found, err
}

// each calls f with all tenants and subscriptions as they were listed, each
// tenant before its subscriptions and whole: what was listed twice comes once.
func (x *tenantIndex) each(f func(*tenant, *subscription)) error {
	var t tenant
	var s subscription
	return x.All(func(at uint32, record []byte) bool {
		if s.decode(record) {
			if _, again := x.again[at]; !again {
				f(&t, &s)
			}
			return true
		}
		if whole, ok := x.whole[at]; ok {
			t = x.whole[whole.At]
			if t.At != at {
				return true // its subscriptions follow
			}
		} else {
			t.decode(at, record)
		}
		f(&t, nil)
		return true
	})
}

// eachTenant calls f with all tenants as they were listed.
func (x *tenantIndex) eachTenant(f func(*tenant)) error {
	return x.each(func(t *tenant, s *subscription) {
		if s == nil {
			f(t)
		}
	})
}

// size is the number of tenants and of their subscriptions.
func (x *tenantIndex) size() (tenants, subs int) {
	tenants = x.tenants
	for at, t := range x.whole {
		if t.At != at {
			tenants--
		}
	}
	return tenants, x.subs - len(x.again)
}

// part is what a file has of a tenant.
type part struct {
	here, left int32
	first      string // of those left out
}

// partial names the tenants of which some subscriptions are marked as being in
// the file, or the files, as where says, and others, not yet imported, are not. first
// tells a tenant's first row.
func (x *tenantIndex) partial(where string, here Marks, first func(tenant int32) (line, row int)) ([]csvimport.Finding, error) {
	var found []csvimport.Finding
	several := make(map[uint32]*part) // of tenants listed twice
	var now part                      // of the tenant before
	var of tenant
	tell := func(t *tenant, p *part) {
		if p.here == 0 || p.left == 0 {
			return
		}
		line, row := first(t.Pos)
		hint := "left out: " + p.first
		if p.left > 1 {
			hint += fmt.Sprintf(" and %d more", p.left-1)
		}
		found = append(found, csvimport.NewFinding(csvimport.WTenantPartial, csvimport.Place{Line: line, Row: row, Column: "tenant"}, t.domain,
			fmt.Sprintf("%d of the tenant's %d subscriptions are %s", p.here, t.subs, where), hint))
	}
	err := x.each(func(t *tenant, s *subscription) {
		if s == nil {
			tell(&of, &now)
			of, now = *t, part{}
			return
		}
		p := &now
		if _, twice := x.whole[t.At]; twice {
			if p = several[t.At]; p == nil {
				p = new(part)
				several[t.At] = p
			}
		}
		switch {
		case here.marked(s.pos):
			p.here++
		case !s.done && s.active():
			if p.left++; p.left == 1 {
				p.first = s.id
			}
		}
	})
	tell(&of, &now)
	for at, p := range several {
		t := x.whole[at]
		tell(&t, p)
	}
	slices.SortStableFunc(found, func(a, b csvimport.Finding) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Value, b.Value)
	})
	return found, err
}
