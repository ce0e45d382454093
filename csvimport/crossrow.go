package csvimport

import (
	"encoding/binary"
	"strings"
)

// sharedLimit bounds the accounts that are watched for several tenants.
const sharedLimit = 100_000

// sharedShown bounds the accounts that are named.
const sharedShown = 100

// sharedAccounts finds accounts that stand with several tenants. Often that is
// meant; sometimes a spreadsheet made one round number of many ids.
type sharedAccounts struct {
	by    map[string]*sharedAccount
	found []*sharedAccount // with several tenants, in the order of the file
}

type sharedAccount struct {
	account   string
	tenant    string
	line, row int // of the first row with another tenant
	tenants   int
	others    map[string]struct{} // tenants, up to a few
}

func newSharedAccounts() sharedAccounts { return sharedAccounts{by: map[string]*sharedAccount{}} }

func (s *sharedAccounts) add(row *Row, more *parsed) {
	if row.AccountID == "" || !more.valid {
		return
	}
	a := s.by[row.AccountID]
	switch {
	case a == nil:
		if len(s.by) < sharedLimit {
			a = &sharedAccount{account: strings.Clone(row.AccountID), tenant: strings.Clone(row.Tenant), tenants: 1}
			s.by[a.account] = a
		}
	case a.tenant == row.Tenant:
	case a.others == nil:
		a.line, a.row, a.tenants = row.Line, row.Row, 2
		a.others = map[string]struct{}{strings.Clone(row.Tenant): {}}
		s.found = append(s.found, a)
	default:
		if _, known := a.others[row.Tenant]; !known && len(a.others) < 10_000 {
			a.others[strings.Clone(row.Tenant)] = struct{}{}
			a.tenants++
		}
	}
}

// several returns the accounts with several tenants, the first of them.
func (s *sharedAccounts) several() []*sharedAccount {
	return s.found[:min(len(s.found), sharedShown)]
}

func (s *sharedAccounts) more() int { return max(0, len(s.found)-sharedShown) }

// sequence watches whether all ids of a file count up by one.
type sequence struct {
	first, last idPlace
	n           int
	broken      bool
	high, low   uint64
}

// idPlace is where an id stands.
type idPlace struct {
	id        string
	line, row int
}

// sequenceLeast is how many ids in a row are no accident.
const sequenceLeast = 4

func (s *sequence) add(id *guid, row *Row) {
	if s.broken {
		return
	}
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	here := idPlace{row.SubID, row.Line, row.Row}
	switch {
	case s.n == 0:
		s.first = here
	case high == s.high && low == s.low+1:
		s.last = here
	default:
		s.broken = true
		return
	}
	s.n++
	s.high, s.low = high, low
}

// made reports whether the ids of all rows count up.
func (s *sequence) made(rows int) (first, last idPlace, ok bool) {
	return s.first, s.last, !s.broken && s.n >= sequenceLeast && s.n == rows
}
