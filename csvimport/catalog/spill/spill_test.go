package spill_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/catalog/spill"
)

// filled is an index of n records, each under its number and the number by tens,
// with a record of so many bytes.
func filled(t testing.TB, limit, n int, size func(i int) int) (x *spill.Index, addresses []uint32) {
	t.Helper()
	index := spill.New(limit)
	x = &index
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range n {
		at, err := x.Add(record(i, size(i)), x.Key('n', fmt.Sprint(i)), x.Key('t', fmt.Sprint(i/10)))
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, at)
	}
	if err := x.Seal(); err != nil {
		t.Fatal(err)
	}
	return x, addresses
}

func record(i, size int) []byte {
	text := fmt.Sprint(i, " ")
	return []byte(text + strings.Repeat("x", max(0, size-len(text))))
}

func small(i int) int { return i % 40 }

// each runs a test with an index in memory and with one on disk.
func each(t *testing.T, n int, size func(i int) int, test func(t *testing.T, x *spill.Index, addresses []uint32)) {
	for _, place := range []struct {
		name  string
		limit int
	}{{"memory", n}, {"disk", min(10, n-1)}} {
		t.Run(place.name, func(t *testing.T) {
			x, addresses := filled(t, place.limit, n, size)
			test(t, x, addresses)
		})
	}
}

func TestLookUp(t *testing.T) {
	// More keys than are sorted at once on disk.
	const n = 70_000
	each(t, n, small, func(t *testing.T, x *spill.Index, addresses []uint32) {
		if x.Len() != n {
			t.Errorf("%d records, want %d", x.Len(), n)
		}
		for i := 0; i < n; i += 7 {
			var found []string
			err := x.LookUp(x.Key('n', fmt.Sprint(i)), func(at uint32, r []byte) (bool, error) {
				if at == addresses[i] {
					found = append(found, string(r))
				}
				return true, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{string(record(i, small(i)))}, found); diff != "" {
				t.Fatalf("record %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

func TestFindInTheOrderOfAdding(t *testing.T) {
	const n = 5000
	each(t, n, small, func(t *testing.T, x *spill.Index, addresses []uint32) {
		for ten := range n / 10 {
			var found []uint32
			err := x.Find(x.Key('t', fmt.Sprint(ten)), func(at uint32) (bool, error) {
				found = append(found, at)
				return true, nil
			})
			// A key is known by a hash, so others may be among them.
			found = slices.DeleteFunc(found, func(at uint32) bool { return !slices.Contains(addresses[10*ten:10*ten+10], at) })
			if diff := cmp.Diff(addresses[10*ten:10*ten+10], found); diff != "" || err != nil {
				t.Fatalf("%d: error %v (-want +got):\n%s", ten, err, diff)
			}
		}
	})
}

// TestManyUnderOneKey has more entries under one key than are read at once.
func TestManyUnderOneKey(t *testing.T) {
	const n = 1000
	for _, limit := range []int{n, 10} {
		x := spill.New(limit)
		defer x.Close()
		one, other := x.Key('o', "one"), x.Key('o', "other")
		for i := range n {
			if _, err := x.Add(record(i, 0), []uint32{one, other}[i%2]); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Seal(); err != nil {
			t.Fatal(err)
		}
		for first, key := range []uint32{one, other} {
			next := first
			err := x.LookUp(key, func(_ uint32, r []byte) (bool, error) {
				if string(r) != string(record(next, 0)) {
					t.Fatalf("limit %d: got record %s, want %d", limit, r, next)
				}
				next += 2
				return true, nil
			})
			if err != nil || next != n+first {
				t.Errorf("limit %d: came to %d, error %v", limit, next, err)
			}
		}
		stopped := 0
		if err := x.Find(one, func(uint32) (bool, error) { stopped++; return stopped < 3, nil }); err != nil || stopped != 3 {
			t.Errorf("limit %d: called %d times, error %v, want 3", limit, stopped, err)
		}
	}
}

func TestKeys(t *testing.T) {
	x := spill.New(1)
	keys := map[uint32]string{}
	for _, k := range [][]string{{"a"}, {"b"}, {"a", "b"}, {"b", "a"}, {"ab"}, {""}, {"", ""}} {
		for _, kind := range []byte{'x', 'y'} {
			key, name := x.Key(kind, k...), fmt.Sprintf("%c %q", kind, k)
			if other, twice := keys[key]; twice {
				t.Errorf("%s and %s have one key", name, other)
			}
			keys[key] = name
			if x.Key(kind, k...) != key {
				t.Errorf("%s has two keys", name)
			}
		}
	}
}

func TestReadAndRange(t *testing.T) {
	const n = 3000
	// Some are longer than what is read at once, of one or of all.
	size := func(i int) int {
		switch i {
		case 700:
			return 1000
		case 800:
			return 300 << 10
		}
		return small(i)
	}
	each(t, n, size, func(t *testing.T, x *spill.Index, addresses []uint32) {
		for _, i := range []int{0, 1, 699, 700, 701, 799, 800, 801, n - 1} {
			var got string
			if err := x.Read(addresses[i], func(r []byte) { got = string(r) }); err != nil || got != string(record(i, size(i))) {
				t.Errorf("record %d: %d bytes, error %v", i, len(got), err)
			}
		}
		next := 0
		check := func(at uint32, r []byte) bool {
			if at != addresses[next] || string(r) != string(record(next, size(next))) {
				t.Fatalf("at %d %.20q, want record %d at %d", at, r, next, addresses[next])
			}
			next++
			return true
		}
		if err := x.All(check); err != nil || next != n {
			t.Errorf("all: came to %d, error %v", next, err)
		}
		next = 690
		if err := x.After(addresses[next], check); err != nil || next != n {
			t.Errorf("after one: came to %d, error %v", next, err)
		}
		next = 5
		err := x.After(addresses[next], func(at uint32, r []byte) bool { check(at, r); return next < 8 })
		if err != nil || next != 8 {
			t.Errorf("a few: came to %d, error %v", next, err)
		}
	})
}

func TestTwins(t *testing.T) {
	for _, limit := range []int{1000, 5} {
		x := spill.New(limit)
		defer x.Close()
		at := map[string][]uint32{}
		for i, name := range []string{"a", "b", "c", "b", "d", "e", "a", "b"} {
			place, err := x.Add(record(i, 0), x.Key('n', name))
			if err != nil {
				t.Fatal(err)
			}
			at[name] = append(at[name], place)
		}
		if err := x.Seal(); err != nil {
			t.Fatal(err)
		}
		var got [][]uint32
		if err := x.Twins(func(at []uint32) error { got = append(got, slices.Clone(at)); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, slices.Compare)
		if diff := cmp.Diff([][]uint32{at["a"], at["b"]}, got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
		broken := fmt.Errorf("enough")
		if err := x.Twins(func([]uint32) error { return broken }); err != broken {
			t.Errorf("limit %d: got error %v", limit, err)
		}
	}
}

func TestNothing(t *testing.T) {
	x := spill.New(10)
	if err := x.Seal(); err != nil {
		t.Fatal(err)
	}
	none := func(at uint32) (bool, error) { t.Errorf("found %d", at); return true, nil }
	if err := x.Find(x.Key('n', "a"), none); err != nil {
		t.Error(err)
	}
	if err := x.All(func(at uint32, _ []byte) bool { t.Errorf("there is %d", at); return true }); err != nil {
		t.Error(err)
	}
	if err := x.Twins(func(at []uint32) error { t.Errorf("twins %v", at); return nil }); err != nil {
		t.Error(err)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

// TestNothingIsLeftBehind shows that an index leaves no file, sealed or not.
func TestNothingIsLeftBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder) // where Windows looks
	for _, seal := range []bool{true, false} {
		x := spill.New(2)
		for i := range 1000 {
			if _, err := x.Add(record(i, 100), x.Key('n', fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if seal {
			if err := x.Seal(); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestText(t *testing.T) {
	texts := []string{"", "a", strings.Repeat("b", 127), strings.Repeat("c", 128), strings.Repeat("d", 70_000), "é"}
	var b []byte
	for _, s := range texts {
		b = spill.AppendText(b, s)
	}
	rest := string(append(b, "rest"...))
	for _, want := range texts {
		var got string
		if got, rest = spill.TakeText(rest); got != want {
			t.Errorf("got %.20q, want %.20q", got, want)
		}
	}
	if rest != "rest" {
		t.Errorf("%q is left", rest)
	}
}

// FuzzTakeText shows that of damaged text nothing is taken that is not there.
func FuzzTakeText(f *testing.F) {
	f.Add([]byte("\x03abcd"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc"))
	f.Add([]byte("\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest := spill.TakeText(b)
		if len(s)+len(rest) > len(b) || !strings.HasSuffix(string(b), string(s)+string(rest)) {
			t.Errorf("%q: took %q, left %q", b, s, rest)
		}
	})
}
