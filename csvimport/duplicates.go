package csvimport

import (
	"hash/maphash"
	"sort"
)

// seenIDs remembers the sub_id of every row, with the row on which it came
// first and a hash of its cells: 28 bytes a row, in open addressing.
type seenIDs struct {
	seed maphash.Seed
	keys []guid
	rows []uint32 // row in the spreadsheet, 0 = free; the highest bit: no valid row had it yet
	sums []uint64
	used int

	// lines gives the physical line of a row: where the difference between
	// line and row grows, it is noted.
	lines []lineShift
}

type lineShift struct{ row, shift uint32 }

const notValidYet = 1 << 31

// newSeenIDs returns a table for so many rows; it grows if there are more.
func newSeenIDs(rows int) *seenIDs {
	s := &seenIDs{seed: maphash.MakeSeed()}
	s.resize(max(64, rows+rows/6))
	return s
}

func (s *seenIDs) resize(n int) {
	old := *s
	s.keys, s.rows, s.sums = make([]guid, n), make([]uint32, n), make([]uint64, n)
	for i, row := range old.rows {
		if row != 0 {
			j, _ := s.find(&old.keys[i])
			s.keys[j], s.rows[j], s.sums[j] = old.keys[i], row, old.sums[i]
		}
	}
}

// find returns the slot of a key, or the free slot where it belongs.
func (s *seenIDs) find(key *guid) (slot int, found bool) {
	h := maphash.Bytes(s.seed, key[:])
	n := uint64(len(s.rows))
	i := int((h >> 32) * n >> 32)
	for s.rows[i] != 0 {
		if s.keys[i] == *key {
			return i, true
		}
		if i++; i == len(s.rows) {
			i = 0
		}
	}
	return i, false
}

// sighting is an earlier row with the same id.
type sighting struct {
	line, row int
	valid     bool // some earlier row with it was valid
	same      bool // the row named has the same cells
}

// see notes that a row has an id, and returns the earlier row that had it.
func (s *seenIDs) see(key *guid, sum uint64, line, row int, valid bool) (sighting, bool) {
	if n := len(s.lines); n == 0 || s.lines[n-1].shift != uint32(line-row) {
		s.lines = append(s.lines, lineShift{uint32(row), uint32(line - row)})
	}
	flag := uint32(notValidYet)
	if valid {
		flag = 0
	}
	i, found := s.find(key)
	if !found {
		if s.used++; s.used*16 > len(s.rows)*15 {
			s.resize(len(s.rows) * 2)
			i, _ = s.find(key)
		}
		s.keys[i], s.rows[i], s.sums[i] = *key, uint32(row)&^notValidYet|flag, sum
		return sighting{}, false
	}
	first := int(s.rows[i] &^ notValidYet)
	earlier := sighting{line: s.line(first), row: first, valid: s.rows[i]&notValidYet == 0, same: s.sums[i] == sum}
	if !earlier.valid && valid {
		s.rows[i], s.sums[i] = uint32(row)&^notValidYet, sum
	}
	return earlier, true
}

// line returns the physical line of a row seen before.
func (s *seenIDs) line(row int) int {
	i := sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i].row) > row }) - 1
	if i < 0 {
		return row
	}
	return row + int(s.lines[i].shift)
}
