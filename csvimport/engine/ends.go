package engine

import (
	"slices"

	"bulkimport/csvimport"
)

// ends is the status of each row by its index, a byte each; empty until the row
// has ended.
type ends []uint8

// rowSet is a set of rows by index, a bit each.
type rowSet []uint64

func (s rowSet) has(index int) bool { return index/64 < len(s) && s[index/64]>>(index%64)&1 != 0 }

func (s *rowSet) add(index int) {
	for len(*s) <= index/64 {
		*s = append(*s, 0)
	}
	(*s)[index/64] |= 1 << (index % 64)
}

func (e ends) of(index int) csvimport.Status {
	if index >= len(e) || e[index] == 0 {
		return ""
	}
	return csvimport.Statuses()[e[index]-1]
}

func (e *ends) set(index int, s csvimport.Status) {
	for len(*e) <= index {
		*e = append(*e, 0)
	}
	(*e)[index] = uint8(slices.Index(csvimport.Statuses(), s) + 1)
}
