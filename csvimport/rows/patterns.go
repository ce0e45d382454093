package rows

import (
	"hash/maphash"
	"strconv"
	"strings"

	"bulkimport/csvimport"
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
	seed  maphash.Seed
	by    map[uint64]uint64 // account to a hash of its first tenant
	index map[uint64]int    // account to its place in found
	found []sharedAccount   // with several tenants, in the order of the file
}

type sharedAccount struct {
	account   string
	line, row int                 // of the first row with another tenant
	others    map[uint64]struct{} // hashes of the other tenants
}

func newSharedAccounts() sharedAccounts {
	return sharedAccounts{seed: maphash.MakeSeed(), by: map[uint64]uint64{}, index: map[uint64]int{}}
}

func (s *sharedAccounts) add(row *csvimport.Row, valid bool) {
	if row.AccountID == "" || !valid {
		return
	}
	account, err := strconv.ParseUint(row.AccountID, 10, 64)
	if err != nil {
		return
	}
	tenant := maphash.String(s.seed, row.Tenant)
	first, known := s.by[account]
	if !known {
		if len(s.by) < sharedLimit {
			s.by[account] = tenant
		}
		return
	}
	if first == tenant {
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
