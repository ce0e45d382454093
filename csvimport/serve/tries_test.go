package serve_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bulkimport/csvimport/serve"
)

// TestTries counts tries by address and by name, at all servers of one store; those that
// were not looked at, and right ones, do not count.
func TestTries(t *testing.T) {
	const addressTries, nameTries = 10, 50
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	many := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	type step struct {
		name   string
		from   func(i int) netip.Addr
		times  int // that are looked at
		end    func(*serve.Try, context.Context)
		later  time.Duration
		by     string
		refuse bool // all of them are to wait
	}
	only := func(a netip.Addr) func(int) netip.Addr { return func(int) netip.Addr { return a } }
	wrong := func(*serve.Try, context.Context) {}
	right := func(y *serve.Try, ctx context.Context) { y.Right(ctx, at) }
	for name, steps := range map[string][]step{
		"an address": {
			{"wrong ones", only(here), addressTries, wrong, 0, "kim", false},
			{"one more", only(here), 1, wrong, 0, "kim", true},
			{"of another name", only(here), 1, wrong, 0, "jo", true},
			{"from elsewhere", only(there), 1, wrong, 0, "jo", false},
			{"a little later", only(here), 1, wrong, 6 * time.Second, "kim", false},
			{"and again", only(here), 1, wrong, 0, "kim", true},
			{"a minute later", only(here), addressTries, wrong, time.Minute, "kim", false},
		},
		"a name, from many": {
			{"wrong ones", many, nameTries, wrong, 0, "kim", false},
			{"one more", only(here), 1, wrong, 0, "kim", true},
			{"from a new address as often as it likes", only(there), 30, wrong, 0, "kim", true},
			{"which keeps its tries", only(there), addressTries, wrong, 0, "jo", false},
		},
		"a name where it has come in": {
			{"right", only(here), 1, right, 0, "kim", false},
			{"wrong ones elsewhere", many, nameTries, wrong, 0, "kim", false},
			{"elsewhere", only(there), 1, wrong, 0, "kim", true},
			{"here", only(here), addressTries, wrong, 0, "kim", false},
		},
		"right ones": {{"as many as one likes", only(here), 100, right, 0, "kim", false}},
		"not looked at": {
			{"as many as one likes", only(here), 100, (*serve.Try).TakeBack, 0, "kim", false},
			{"and no right one", many, nameTries, wrong, 0, "kim", false},
			{"so that it has no tries of its own", only(here), 1, wrong, 0, "kim", true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := new(serve.Memory)
			servers, now := []*serve.Tries{{Store: store}, {Store: store}}, at
			for _, s := range steps {
				now = now.Add(s.later)
				for i := range s.times {
					try, wait, err := servers[i%2].Try(t.Context(), s.by, s.from(i), now)
					if err != nil || (wait > 0) != s.refuse || (try == nil) != s.refuse {
						t.Fatalf("%s, %d: to wait %v, error %v; refused: want %v", s.name, i+1, wait, err, s.refuse)
					}
					if try != nil {
						s.end(try, t.Context())
					}
				}
			}
		})
	}
}

// TestMemory keeps so many things of a kind, those that are worth it for the longest.
func TestMemory(t *testing.T) {
	const most = 10_000
	var m serve.Memory
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	put := func(kind string, n int, until time.Time) {
		err := m.Change(t.Context(), kind, fmt.Sprint(n), func([]byte) ([]byte, time.Time) { return []byte("x"), until })
		if err != nil {
			t.Fatal(err)
		}
	}
	put("other", 0, at)
	for n := range most + 1 {
		put("kind", n, at.Add(time.Duration((n+most/2)%(most+1))*time.Second))
	}
	all, err := m.All(t.Context(), "kind")
	if err != nil || len(all) != most {
		t.Errorf("%d are kept, error %v", len(all), err)
	}
	if _, kept := all[fmt.Sprint(most/2+1)]; kept { // what goes first is what may be forgotten first
		t.Error("the wrong one was forgotten")
	}
	if other, err := m.Get(t.Context(), "other", "0"); err != nil || other == nil {
		t.Errorf("of another kind: %q, error %v", other, err)
	}
}
