package csvimport

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"bulkimport/apsclient"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/sheet"
)

// accountIndex finds accounts by number, by company name and e-mail together,
// and, for hints, by either alone. Up to its limit it is in memory; beyond, in
// a temporary table on disk, so that the accounts of a large platform do not
// decide how much memory an import takes.
type accountIndex struct {
	limit int
	open  func(context.Context) (*ledger.Index, error) // nil: memory has to do

	list    []apsclient.Account
	numbers chain[string]
	bound   chain[binding]

	// The rest is asked rarely, and filled at the first question.
	names, emails chain[string] // by either alone
	ids           chain[string] // by aps.id
	once, idsOnce sync.Once

	disk *ledger.Index
}

// binding is what binds a row without account_id to its account.
type binding struct{ company, email string }

func bindingOf(a *apsclient.Account) binding {
	return binding{companyKey(a.Company), NormalEmailKey(a.Email)}
}

// companyKey is the platform's name as a row has it: reading leaves out an
// apostrophe that only keeps a spreadsheet from running the name.
func companyKey(name string) string { return sheet.Plain(NormalCompany(name)) }

// number is an account_id as a number: leading zeros do not count.
func number(id string) string {
	n := strings.TrimLeft(strings.TrimSpace(id), "0")
	if n == "" && id != "" {
		return "0"
	}
	return n
}

// chain is a map from keys to all positions that have them, without a slice
// for each key.
type chain[K comparable] struct {
	last map[K]int32
	next []int32 // by position: the one before it with the same key, -1 = none
}

func (c *chain[K]) add(key K) {
	if c.last == nil {
		c.last = make(map[K]int32)
	}
	at := int32(len(c.next))
	before, ok := c.last[key]
	if !ok {
		before = -1
	}
	c.next = append(c.next, before)
	c.last[key] = at
}

// find returns one position and whether it is the only one; -1 if there is none.
func (c *chain[K]) find(key K) (at int32, only bool) {
	at, ok := c.last[key]
	if !ok {
		return -1, false
	}
	return at, c.next[at] < 0
}

// all returns the positions with this key in the order they were added, the
// first most of them if there are more.
func (c *chain[K]) all(key K, most int) []int32 {
	at, ok := c.last[key]
	if !ok {
		return nil
	}
	var found []int32
	for ; at >= 0; at = c.next[at] {
		found = append(found, at)
	}
	slices.Reverse(found)
	return found[:min(most, len(found))]
}

func (x *accountIndex) add(ctx context.Context, a apsclient.Account) error {
	if x.disk != nil {
		return x.put(ctx, a)
	}
	for _, at := range x.numbers.all(number(a.ID), 8) {
		if x.list[at].APSID == a.APSID {
			return nil // a page that shifted while it was read
		}
	}
	x.list = append(x.list, a)
	x.numbers.add(number(a.ID))
	x.bound.add(bindingOf(&a))
	if x.open == nil || len(x.list) <= x.limit {
		return nil
	}
	return x.spill(ctx)
}

// spill moves everything to disk.
func (x *accountIndex) spill(ctx context.Context) error {
	disk, err := x.open(ctx)
	if err != nil {
		return err
	}
	x.disk = disk
	for _, a := range x.list {
		if err := x.put(ctx, a); err != nil {
			return err
		}
	}
	x.list, x.numbers, x.bound = nil, chain[string]{}, chain[binding]{}
	return nil
}

// candidates is the most accounts that are told of one key.
const candidates = 8

// put stores an account under its number, and its number under its other keys.
func (x *accountIndex) put(ctx context.Context, a apsclient.Account) error {
	n := number(a.ID)
	if n == "" {
		n = "-" + a.APSID // found by its other keys
	}
	same, err := x.numbered(ctx, n)
	if err != nil {
		return err
	}
	if len(same) >= candidates || slices.ContainsFunc(same, func(o apsclient.Account) bool { return o.APSID == a.APSID }) {
		return nil
	}
	value, err := json.Marshal(append(same, a))
	if err != nil {
		return err
	}
	if err := x.disk.Put(ctx, "n"+n, string(value)); err != nil {
		return err
	}
	b := bindingOf(&a)
	for _, key := range [...]string{bindingKey(b), "c" + b.company, "e" + b.email, "a" + a.APSID} {
		list, _, err := x.disk.Get(ctx, key)
		if err != nil {
			return err
		}
		numbers := strings.Fields(list)
		if len(numbers) >= candidates || slices.Contains(numbers, n) {
			continue
		}
		if err := x.disk.Put(ctx, key, strings.TrimSpace(list+" "+n)); err != nil {
			return err
		}
	}
	return nil
}

func bindingKey(b binding) string { return "b" + b.company + "\x1f" + b.email }

// numbered returns the accounts on disk with this number.
func (x *accountIndex) numbered(ctx context.Context, n string) ([]apsclient.Account, error) {
	value, ok, err := x.disk.Get(ctx, "n"+n)
	if err != nil || !ok {
		return nil, err
	}
	var list []apsclient.Account
	err = json.Unmarshal([]byte(value), &list)
	return list, err
}

// under returns the accounts on disk whose numbers are kept under a key, if
// they are the ones that are meant.
func (x *accountIndex) under(ctx context.Context, key string, meant func(*apsclient.Account) bool) ([]apsclient.Account, error) {
	numbers, _, err := x.disk.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	var all []apsclient.Account
	for n := range strings.FieldsSeq(numbers) {
		list, err := x.numbered(ctx, n)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if meant(&list[i]) {
				all = append(all, list[i])
			}
		}
	}
	return all, nil
}

// hit is what a look-up found: one account, several, or none.
type hit struct {
	one  *apsclient.Account
	at   int32 // its position, -1 if it is on disk
	many []apsclient.Account
}

// byNumber returns the accounts with this number, as a rule one.
func (x *accountIndex) byNumber(ctx context.Context, id string) (hit, error) {
	if x.disk != nil {
		return oneOf(x.numbered(ctx, number(id)))
	}
	at, only := x.numbers.find(number(id))
	if at >= 0 && !only {
		return hit{at: -1, many: x.pick(x.numbers.all(number(id), candidates))}, nil
	}
	return hit{one: x.at(at), at: at}, nil
}

// byBinding returns the accounts with this company name and e-mail, as a rule
// one. company is in normal form.
func (x *accountIndex) byBinding(ctx context.Context, company, email string) (hit, error) {
	b := binding{company, NormalEmailKey(email)}
	if x.disk != nil {
		return oneOf(x.under(ctx, bindingKey(b), func(a *apsclient.Account) bool { return bindingOf(a) == b }))
	}
	at, only := x.bound.find(b)
	if at >= 0 && !only {
		return hit{at: -1, many: x.pick(x.bound.all(b, candidates))}, nil
	}
	return hit{one: x.at(at), at: at}, nil
}

// byAPSID returns the account with this aps.id, nil if there is none.
func (x *accountIndex) byAPSID(ctx context.Context, id string) (*apsclient.Account, error) {
	if x.disk != nil {
		found, err := oneOf(x.under(ctx, "a"+id, func(a *apsclient.Account) bool { return a.APSID == id }))
		return found.one, err
	}
	x.idsOnce.Do(func() {
		for i := range x.list {
			x.ids.add(x.list[i].APSID)
		}
	})
	at, _ := x.ids.find(id)
	return x.at(at), nil
}

// alike returns accounts that have the company name, or the e-mail.
func (x *accountIndex) alike(ctx context.Context, company, email string) (sameName, sameEmail []apsclient.Account, err error) {
	email = NormalEmailKey(email)
	if x.disk != nil {
		if company != "" {
			sameName, err = x.under(ctx, "c"+company, func(a *apsclient.Account) bool { return companyKey(a.Company) == company })
			if err != nil {
				return nil, nil, err
			}
		}
		if email != "" {
			sameEmail, err = x.under(ctx, "e"+email, func(a *apsclient.Account) bool { return NormalEmailKey(a.Email) == email })
		}
		return sameName, sameEmail, err
	}
	x.once.Do(func() {
		for i := range x.list {
			b := bindingOf(&x.list[i])
			x.names.add(b.company)
			x.emails.add(b.email)
		}
	})
	if company != "" {
		sameName = x.pick(x.names.all(company, candidates))
	}
	if email != "" {
		sameEmail = x.pick(x.emails.all(email, candidates))
	}
	return sameName, sameEmail, nil
}

// oneOf is what was found on disk.
func oneOf(list []apsclient.Account, err error) (hit, error) {
	switch {
	case err != nil || len(list) == 0:
		return hit{at: -1}, err
	case len(list) > 1:
		return hit{at: -1, many: list}, nil
	}
	return hit{one: &list[0], at: -1}, nil
}

func (x *accountIndex) at(i int32) *apsclient.Account {
	if i < 0 {
		return nil
	}
	return &x.list[i]
}

func (x *accountIndex) pick(at []int32) []apsclient.Account {
	list := make([]apsclient.Account, len(at))
	for i, j := range at {
		list[i] = x.list[j]
	}
	return list
}

func (x *accountIndex) close() error {
	if x.disk == nil {
		return nil
	}
	return x.disk.Close()
}
