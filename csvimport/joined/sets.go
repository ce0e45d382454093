package joined

import (
	"hash/fnv"
	"slices"

	"bulkimport/csvimport"
)

// Statuses is the status of each row by its index, a byte each; empty until the
// row has ended.
type Statuses []uint8

func (s Statuses) Of(index int) csvimport.Status {
	if index >= len(s) || s[index] == 0 {
		return ""
	}
	return csvimport.Statuses()[s[index]-1]
}

func (s *Statuses) Set(index int, to csvimport.Status) {
	for len(*s) <= index {
		*s = append(*s, 0)
	}
	(*s)[index] = uint8(slices.Index(csvimport.Statuses(), to) + 1)
}

// RowSet is a set of rows by index, a bit each.
type RowSet []uint64

func (s RowSet) Has(index int) bool { return index/64 < len(s) && s[index/64]>>(index%64)&1 != 0 }

func (s *RowSet) Add(index int) {
	for len(*s) <= index/64 {
		*s = append(*s, 0)
	}
	(*s)[index/64] |= 1 << (index % 64)
}

// SubSet is a set of subscriptions, 8 bytes each: that two share their hash is as
// good as impossible, and would do no harm.
type SubSet map[uint64]struct{}

func hashOf(sub string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(sub))
	return h.Sum64()
}

// Add adds a subscription.
func (s SubSet) Add(sub string) { s[hashOf(sub)] = struct{}{} }

// Has reports whether a subscription is in the set.
func (s SubSet) Has(sub string) bool { _, ok := s[hashOf(sub)]; return ok }
