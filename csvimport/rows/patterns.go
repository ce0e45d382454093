package rows

import (
	"hash/maphash"
	"strconv"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/firsts"
	"bulkimport/csvimport/mangled"
)

// sharedLimit bounds the accounts that are watched for several tenants.
const sharedLimit = 100_000

// sharedShown bounds the accounts that are named.
const sharedShown = 100

// sharedTenants bounds the tenants of one account that are counted.
const sharedTenants = 10_000

// sharedAccounts finds accounts that stand with several tenants. Often that is
// meant; sometimes a spreadsheet made one round number of many ids.
type sharedAccounts struct {
	firsts.Table[uint64, uint64]                 // account to its first tenant's hash
	index                        map[uint64]int  // account to its place in found
	found                        []sharedAccount // with several tenants, in the order of the file
}

type sharedAccount struct {
	account   string
	line, row int                 // of the first row with another tenant
	others    map[uint64]struct{} // hashes of the other tenants
}

// standsWith is the account of a row and the tenant that it stands with.
type standsWith struct {
	account uint64 // its number
	hash    uint64 // of account
	tenant  uint64 // a hash; 0 if the row is not valid or has no account
}

// standsWith tells the account of a valid row.
func (p *rowParser) standsWith(row *csvimport.Row) standsWith {
	account, err := strconv.ParseUint(row.AccountID, 10, 64)
	if err != nil {
		return standsWith{}
	}
	return standsWith{account, maphash.Comparable(p.seed, account), maphash.String(p.seed, row.Tenant) | 1}
}

func (s *sharedAccounts) see(row *csvimport.Row, with standsWith) {
	account, tenant := with.account, with.tenant
	if tenant == 0 {
		return
	}
	at, known := s.Find(account, with.hash)
	if !known && s.Len() < sharedLimit {
		s.Add(at, account, with.hash, tenant)
	}
	if !known || at.First == tenant {
		return
	}
	i, known := s.index[account]
	if !known {
		i = len(s.found)
		s.index[account] = i
		s.found = append(s.found, sharedAccount{strings.Clone(row.AccountID), row.Line, row.Row, map[uint64]struct{}{}})
	}
	if others := s.found[i].others; len(others) < sharedTenants {
		others[tenant] = struct{}{}
	}
}

// several returns the accounts with several tenants, the first of them.
func (s *sharedAccounts) several() []sharedAccount {
	return s.found[:min(len(s.found), sharedShown)]
}

func (s *sharedAccounts) more() int { return max(0, len(s.found)-sharedShown) }

// sequence watches whether all ids of a file count up by one, as the fill
// handle of a spreadsheet makes them: it counts the decimal number in which an
// id ends.
type sequence struct {
	first, last idPlace
	n           int
	broken      bool
}

// idPlace is where an id stands.
type idPlace struct {
	id        string
	line, row int
}

// sequenceLeast is how many ids in a row are no accident.
const sequenceLeast = 4

func (s *sequence) add(row *csvimport.Row) {
	if s.broken {
		return
	}
	if s.n > 0 && !mangled.CountsUp(s.last.id, row.SubID) {
		s.broken = true
		return
	}
	s.last = idPlace{strings.Clone(row.SubID), row.Line, row.Row}
	if s.n++; s.n == 1 {
		s.first = s.last
	}
}

// made reports whether the ids of all rows count up.
func (s *sequence) made(rows int) (first, last idPlace, ok bool) {
	return s.first, s.last, !s.broken && s.n >= sequenceLeast && s.n == rows
}
