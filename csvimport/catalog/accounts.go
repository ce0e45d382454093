package catalog

import (
	"encoding/binary"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog/spill"
	"bulkimport/csvimport/normal"
)

// accountIndex finds accounts by number, by company name and e-mail together,
// and, for hints, by either alone.
type accountIndex struct {
	spill.Index
	record []byte // the last one added
}

// The keys of accounts.
const (
	keyNumber  = 'n'
	keyBinding = 'b'
	keyAPSID   = 'a'
	keyCompany = 'c'
	keyEmail   = 'e'
)

// Spot is where something is in the catalog.
type Spot struct {
	At  uint32 // its address
	Pos int32  // its position among its like, -1 if it is not there
}

var nowhere = Spot{Pos: -1}

// binding is what binds a row without account_id to its account.
type binding struct{ company, email string }

func bindingOf(a *csvimport.Account) binding {
	return binding{normal.CompanyKey(a.Company), normal.EmailKey(a.Email)}
}

// candidates is the most accounts that are told of one key.
const candidates = 8

// add keeps an account under the keys it has. An empty number, name or e-mail is
// no key: nobody looks for it.
func (x *accountIndex) add(a *csvimport.Account) error {
	b := binary.LittleEndian.AppendUint32(x.record[:0], uint32(x.Len()))
	for _, s := range [...]string{a.APSID, a.ID, a.Type, a.Company, a.Email} {
		b = spill.AppendText(b, s)
	}
	x.record = b
	var keys [5]uint32
	k := append(keys[:0], x.Key(keyAPSID, a.APSID))
	if n := normal.Number(a.ID); n != "" {
		k = append(k, x.Key(keyNumber, n))
	}
	bound := bindingOf(a)
	if bound.company != "" {
		k = append(k, x.Key(keyCompany, bound.company))
	}
	if bound.email != "" {
		k = append(k, x.Key(keyEmail, bound.email))
	}
	if bound.company != "" && bound.email != "" {
		k = append(k, x.Key(keyBinding, bound.company, bound.email))
	}
	_, err := x.Index.Add(b, k...)
	return err
}

// decodeAccount reads what add wrote. The account does not hold on to record.
func decodeAccount(record []byte) (a csvimport.Account, pos int32) {
	if len(record) < 4 {
		return a, -1
	}
	pos = int32(binary.LittleEndian.Uint32(record))
	rest := string(record[4:])
	for _, s := range [...]*string{&a.APSID, &a.ID, &a.Type, &a.Company, &a.Email} {
		*s, rest = spill.TakeText(rest)
	}
	return a, pos
}

// hit is what a look-up found: one account, several, or none.
type hit struct {
	one  *csvimport.Account
	Spot // of the one
	many []csvimport.Account
}

// lookUp returns the accounts under a key that are the ones meant, candidates
// at most, in the platform's order. One that came twice counts once.
func (x *accountIndex) lookUp(key uint32, meant func(*csvimport.Account) bool) (hit, error) {
	h := hit{Spot: nowhere}
	err := x.Index.LookUp(key, func(at uint32, record []byte) (bool, error) {
		a, pos := decodeAccount(record)
		switch {
		case !meant(&a):
		case h.one == nil && h.many == nil:
			h.one, h.Spot = &a, Spot{at, pos}
		case h.one != nil && SameAccount(h.one, &a), slices.ContainsFunc(h.many, func(o csvimport.Account) bool { return SameAccount(&o, &a) }):
		case h.one != nil:
			h.one, h.Spot, h.many = nil, nowhere, []csvimport.Account{*h.one, a}
		default:
			h.many = append(h.many, a)
		}
		return len(h.many) < candidates, nil
	})
	return h, err
}

// SameAccount reports whether two accounts are one that came twice: a page may have
// shifted while the list was read.
func SameAccount(a, b *csvimport.Account) bool {
	return a.APSID == b.APSID && normal.Number(a.ID) == normal.Number(b.ID)
}

// byNumber returns the accounts with this number, as a rule one.
func (x *accountIndex) byNumber(id string) (hit, error) {
	n := normal.Number(id)
	return x.lookUp(x.Key(keyNumber, n), func(a *csvimport.Account) bool { return normal.Number(a.ID) == n })
}

// byBinding returns the accounts with this company name and e-mail, as a rule
// one. company is in normal form.
func (x *accountIndex) byBinding(company, email string) (hit, error) {
	b := binding{company, normal.EmailKey(email)}
	return x.lookUp(x.Key(keyBinding, b.company, b.email), func(a *csvimport.Account) bool { return bindingOf(a) == b })
}

// byAPSID returns the account with this aps.id, nil if there is none.
func (x *accountIndex) byAPSID(id string) (*csvimport.Account, error) {
	h, err := x.lookUp(x.Key(keyAPSID, id), func(a *csvimport.Account) bool { return a.APSID == id })
	if h.one == nil && len(h.many) > 0 {
		h.one = &h.many[len(h.many)-1]
	}
	return h.one, err
}

// alike returns accounts that have the company name, or the e-mail.
func (x *accountIndex) alike(company, email string) (sameName, sameEmail []csvimport.Account, err error) {
	if company != "" {
		h, err := x.lookUp(x.Key(keyCompany, company), func(a *csvimport.Account) bool { return normal.CompanyKey(a.Company) == company })
		if err != nil {
			return nil, nil, err
		}
		sameName = h.list()
	}
	if email = normal.EmailKey(email); email != "" {
		h, err := x.lookUp(x.Key(keyEmail, email), func(a *csvimport.Account) bool { return normal.EmailKey(a.Email) == email })
		if err != nil {
			return nil, nil, err
		}
		sameEmail = h.list()
	}
	return sameName, sameEmail, nil
}

func (h *hit) list() []csvimport.Account {
	if h.one != nil {
		return []csvimport.Account{*h.one}
	}
	return h.many
}

// at returns the account at an address.
func (x *accountIndex) at(address uint32) (csvimport.Account, error) {
	var a csvimport.Account
	err := x.Read(address, func(record []byte) { a, _ = decodeAccount(record) })
	return a, err
}

// each calls f with all accounts in the platform's order.
func (x *accountIndex) each(f func(*csvimport.Account)) error {
	return x.All(func(_ uint32, record []byte) bool {
		a, _ := decodeAccount(record)
		f(&a)
		return true
	})
}
