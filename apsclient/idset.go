package apsclient

import "hash/maphash"

// idSet remembers ids by 95 bits of their hash, some 16 bytes each: of a hundred
// million ids, two are taken for one with a chance of one in ten trillion.
type idSet struct {
	seeds  [2]maphash.Seed
	shelf  [idShelves]idTable
	length int
}

const idShelves = 64 // each grows by itself, so that little is held twice

// idTable is a table in open addressing. A hash of nothing but zeros is a free
// slot.
type idTable struct {
	slots []idHash
	used  int
}

type idHash [3]uint32

func newIDSet() *idSet {
	return &idSet{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (s *idSet) hash(id string) idHash {
	a, b := maphash.String(s.seeds[0], id), maphash.String(s.seeds[1], id)
	return idHash{uint32(a>>32) | 1, uint32(a), uint32(b)}
}

// has reports whether id was added.
func (s *idSet) has(id string) bool {
	h := s.hash(id)
	t := &s.shelf[h[2]%idShelves]
	return len(t.slots) > 0 && t.slots[t.find(h)] == h
}

// add adds id and reports whether it was new.
func (s *idSet) add(id string) bool {
	h := s.hash(id)
	t := &s.shelf[h[2]%idShelves]
	if t.used*8 >= len(t.slots)*7 {
		t.grow()
	}
	i := t.find(h)
	if t.slots[i] == h {
		return false
	}
	t.slots[i] = h
	t.used++
	s.length++
	return true
}

// find returns the slot of a hash, or the free one where it belongs.
func (t *idTable) find(h idHash) int {
	i := int(uint64(h[1]) * uint64(len(t.slots)) >> 32)
	for t.slots[i] != (idHash{}) && t.slots[i] != h {
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	return i
}

func (t *idTable) grow() {
	old := t.slots
	t.slots = make([]idHash, max(8, len(old)*3/2))
	for _, h := range old {
		if h != (idHash{}) {
			t.slots[t.find(h)] = h
		}
	}
}
