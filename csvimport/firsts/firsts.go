// Package firsts remembers what came first with a key: the row of an id, the tenant of
// an account.
package firsts

import "hash/maphash"

// Table finds what came first with a key, in open addressing: it takes little more memory
// than keys and values, and asks memory once for each. It is not safe for concurrent use.
type Table[K, V comparable] struct {
	seed    maphash.Seed
	slots   []Slot[K, V]
	used    int
	touched V
}

// Slot has a key and what came first with it, which is not the zero value.
type Slot[K, V comparable] struct {
	key   K
	First V
}

// New returns a table for so many keys; it grows if there are more. The keys' hashes are
// those of maphash.Comparable with the seed: the caller makes them, as a rule beforehand.
func New[K, V comparable](keys int, seed maphash.Seed) Table[K, V] {
	return Table[K, V]{seed: seed, slots: make([]Slot[K, V], max(64, keys+keys/7))}
}

// Len is how many keys there are.
func (t *Table[K, V]) Len() int { return t.used }

// at is where a key with this hash is, or behind it.
func (t *Table[K, V]) at(hash uint64) int { return int((hash >> 32) * uint64(len(t.slots)) >> 32) }

// Touch brings the slot of a key to come closer: memory answers one question slowly,
// and several at once as quickly.
func (t *Table[K, V]) Touch(hash uint64) { t.touched = t.slots[t.at(hash)].First }

// Find returns the slot of a key, or the free slot where it belongs.
func (t *Table[K, V]) Find(key K, hash uint64) (at *Slot[K, V], found bool) {
	var free V
	i := t.at(hash)
	for t.slots[i].First != free {
		if t.slots[i].key == key {
			return &t.slots[i], true
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	return &t.slots[i], false
}

// Add keeps what came first with a key, at the free slot that Find returned last.
func (t *Table[K, V]) Add(at *Slot[K, V], key K, hash uint64, first V) {
	if t.used++; t.used*16 > len(t.slots)*15 {
		t.grow()
		at, _ = t.Find(key, hash)
	}
	*at = Slot[K, V]{key, first}
}

func (t *Table[K, V]) grow() {
	var free V
	old := t.slots
	t.slots = make([]Slot[K, V], 2*len(old))
	for i := range old {
		if old[i].First != free {
			at, _ := t.Find(old[i].key, maphash.Comparable(t.seed, old[i].key))
			*at = old[i]
		}
	}
}
