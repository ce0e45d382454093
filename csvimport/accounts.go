package csvimport

import (
	"encoding/binary"
	"slices"
	"strings"

	"bulkimport/csvimport/sheet"
)

// accountIndex finds accounts by number, by company name and e-mail together,
// and, for hints, by either alone.
type accountIndex struct {
	index
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

// spot is where something is in the catalog.
type spot struct {
	at  uint32 // its address
	pos int32  // its position among its like, -1 if it is not there
}

var nowhere = spot{pos: -1}

// binding is what binds a row without account_id to its account.
type binding struct{ company, email string }

func bindingOf(a *Account) binding {
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

// candidates is the most accounts that are told of one key.
const candidates = 8

// add keeps an account. What it has not is no key: nobody looks for it.
func (x *accountIndex) add(a *Account) error {
	b := binary.LittleEndian.AppendUint32(x.record[:0], uint32(x.len()))
	for _, s := range [...]string{a.APSID, a.ID, a.Type, a.Company, a.Email} {
		b = appendText(b, s)
	}
	x.record = b
	var keys [5]uint32
	k := append(keys[:0], x.key(keyAPSID, a.APSID))
	if n := number(a.ID); n != "" {
		k = append(k, x.key(keyNumber, n))
	}
	bound := bindingOf(a)
	if bound.company != "" {
		k = append(k, x.key(keyCompany, bound.company))
	}
	if bound.email != "" {
		k = append(k, x.key(keyEmail, bound.email))
	}
	if bound.company != "" && bound.email != "" {
		k = append(k, x.key(keyBinding, bound.company, bound.email))
	}
	_, err := x.index.add(b, k...)
	return err
}

// decodeAccount reads what add wrote. The account does not hold on to record.
func decodeAccount(record []byte) (a Account, pos int32) {
	if len(record) < 4 {
		return a, -1
	}
	pos = int32(binary.LittleEndian.Uint32(record))
	rest := string(record[4:])
	for _, s := range [...]*string{&a.APSID, &a.ID, &a.Type, &a.Company, &a.Email} {
		*s, rest = takeText(rest)
	}
	return a, pos
}

// hit is what a look-up found: one account, several, or none.
type hit struct {
	one  *Account
	spot // of the one
	many []Account
}

// lookUp returns the accounts under a key that are the ones meant, candidates
// at most, in the platform's order. One that came twice counts once.
func (x *accountIndex) lookUp(key uint32, meant func(*Account) bool) (hit, error) {
	h := hit{spot: nowhere}
	err := x.index.lookUp(key, func(at uint32, record []byte) (bool, error) {
		a, pos := decodeAccount(record)
		switch {
		case !meant(&a):
		case h.one == nil && h.many == nil:
			h.one, h.spot = &a, spot{at, pos}
		case h.one != nil && same(h.one, &a), slices.ContainsFunc(h.many, func(o Account) bool { return same(&o, &a) }):
		case h.one != nil:
			h.one, h.spot, h.many = nil, nowhere, []Account{*h.one, a}
		default:
			h.many = append(h.many, a)
		}
		return len(h.many) < candidates, nil
	})
	return h, err
}

// same reports whether an account came twice: a page may have shifted while the
// list was read.
func same(a, b *Account) bool { return a.APSID == b.APSID && number(a.ID) == number(b.ID) }

// byNumber returns the accounts with this number, as a rule one.
func (x *accountIndex) byNumber(id string) (hit, error) {
	n := number(id)
	return x.lookUp(x.key(keyNumber, n), func(a *Account) bool { return number(a.ID) == n })
}

// byBinding returns the accounts with this company name and e-mail, as a rule
// one. company is in normal form.
func (x *accountIndex) byBinding(company, email string) (hit, error) {
	b := binding{company, NormalEmailKey(email)}
	return x.lookUp(x.key(keyBinding, b.company, b.email), func(a *Account) bool { return bindingOf(a) == b })
}

// byAPSID returns the account with this aps.id, nil if there is none.
func (x *accountIndex) byAPSID(id string) (*Account, error) {
	h, err := x.lookUp(x.key(keyAPSID, id), func(a *Account) bool { return a.APSID == id })
	if h.one == nil && len(h.many) > 0 {
		h.one = &h.many[len(h.many)-1]
	}
	return h.one, err
}

// alike returns accounts that have the company name, or the e-mail.
func (x *accountIndex) alike(company, email string) (sameName, sameEmail []Account, err error) {
	if company != "" {
		h, err := x.lookUp(x.key(keyCompany, company), func(a *Account) bool { return companyKey(a.Company) == company })
		if err != nil {
			return nil, nil, err
		}
		sameName = h.list()
	}
	if email = NormalEmailKey(email); email != "" {
		h, err := x.lookUp(x.key(keyEmail, email), func(a *Account) bool { return NormalEmailKey(a.Email) == email })
		if err != nil {
			return nil, nil, err
		}
		sameEmail = h.list()
	}
	return sameName, sameEmail, nil
}

func (h *hit) list() []Account {
	if h.one != nil {
		return []Account{*h.one}
	}
	return h.many
}

// at returns the account at an address.
func (x *accountIndex) at(address uint32) (Account, error) {
	var a Account
	err := x.read(address, func(record []byte) { a, _ = decodeAccount(record) })
	return a, err
}

// each calls f with all accounts in the platform's order.
func (x *accountIndex) each(f func(*Account)) error {
	return x.all(func(_ uint32, record []byte) bool {
		a, _ := decodeAccount(record)
		f(&a)
		return true
	})
}
