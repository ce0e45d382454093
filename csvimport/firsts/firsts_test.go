package firsts_test

import (
	"hash/maphash"
	"testing"

	"bulkimport/csvimport/firsts"
)

// TestTable finds what came first with each of many keys, in tables that are large enough
// and in tables that grow.
func TestTable(t *testing.T) {
	for _, tt := range []struct {
		name       string
		keys, want int
	}{
		{"one", 1, 1},
		{"as many as it is for", 5000, 5000},
		{"one more", 5000, 5001},
		{"many more", 0, 5000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seed := maphash.MakeSeed()
			table := firsts.New[uint64, int](tt.keys, seed)
			for round := 1; round <= 2; round++ {
				for i := range tt.want {
					key := uint64(i) << 40 // keys that differ in few places
					hash := maphash.Comparable(seed, key)
					table.Touch(hash)
					at, found := table.Find(key, hash)
					if found != (round == 2) || found && at.First != i+1 {
						t.Fatalf("round %d, key %d: %d, %t", round, i, at.First, found)
					}
					if !found {
						table.Add(at, key, hash, i+1)
					}
				}
				if table.Len() != tt.want {
					t.Errorf("%d keys, want %d", table.Len(), tt.want)
				}
			}
		})
	}
}

// TestOneHash tells keys apart that have one hash, up to the end of the table and around it.
func TestOneHash(t *testing.T) {
	table := firsts.New[string, int](0, maphash.MakeSeed())
	const last = ^uint64(0)
	for i, key := range []string{"a", "b", "c"} {
		at, found := table.Find(key, last)
		if found {
			t.Fatalf("%s is there", key)
		}
		table.Add(at, key, last, i+1)
	}
	for i, key := range []string{"a", "b", "c"} {
		if at, found := table.Find(key, last); !found || at.First != i+1 {
			t.Errorf("%s: %d, %t", key, at.First, found)
		}
	}
}
