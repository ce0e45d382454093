package rows

import "hash/maphash"

// firsts remembers what came first with a key, in open addressing: it takes no more memory
// than keys and values, and asks memory once for each.
type firsts[K, V comparable] struct {
	seed    maphash.Seed
	slots   []slot[K, V]
	used    int
	touched V
}

// slot has a key and what came first with it; a free one has the zero value.
type slot[K, V comparable] struct {
	key   K
	value V
}

// newFirsts returns a table for so many keys; it grows if there are more. The keys'
// hashes are made with the seed, by maphash.Comparable.
func newFirsts[K, V comparable](keys int, seed maphash.Seed) firsts[K, V] {
	return firsts[K, V]{seed: seed, slots: make([]slot[K, V], max(64, keys+keys/7))}
}

func (f *firsts[K, V]) grow() {
	var free V
	old := f.slots
	f.slots = make([]slot[K, V], 2*len(old))
	for i := range old {
		if old[i].value != free {
			to, _ := f.find(&old[i].key, maphash.Comparable(f.seed, old[i].key))
			*to = old[i]
		}
	}
}

// at is where a key with this hash is, or behind it.
func (f *firsts[K, V]) at(hash uint64) int { return int((hash >> 32) * uint64(len(f.slots)) >> 32) }

// touch brings the slot of a key to come closer: memory answers one question slowly,
// and several at once as quickly.
func (f *firsts[K, V]) touch(hash uint64) { f.touched = f.slots[f.at(hash)].value }

// find returns the slot of a key, or the free slot where it belongs.
func (f *firsts[K, V]) find(key *K, hash uint64) (at *slot[K, V], found bool) {
	var free V
	i := f.at(hash)
	for f.slots[i].value != free {
		if f.slots[i].key == *key {
			return &f.slots[i], true
		}
		if i++; i == len(f.slots) {
			i = 0
		}
	}
	return &f.slots[i], false
}

// add puts a value, which is not zero, where find found no key.
func (f *firsts[K, V]) add(at *slot[K, V], key K, hash uint64, value V) {
	if f.used++; f.used*16 > len(f.slots)*15 {
		f.grow()
		at, _ = f.find(&key, hash)
	}
	*at = slot[K, V]{key, value}
}
