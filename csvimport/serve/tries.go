package serve

import (
	"net/netip"
	"sync"
	"time"
)

// Bounds of guessing. A name has more tries than an address: it may be guessed at from
// many, and its person should not be kept out.
const (
	addressTries, addressEvery = 10, 6 * time.Second
	nameTries, nameEvery       = 50, 10 * time.Second
	mostTried                  = 10_000 // addresses and names that are kept
	mostHomes                  = 1_000
)

// Tries bounds how often passwords are guessed, by address and by name. The zero value
// is ready. It is safe for concurrent use.
type Tries struct {
	mu    sync.Mutex
	spent map[string]time.Time // when all tries are back
	homes map[string]bool      // names at addresses from where they have come in
}

// Try counts a try. right is to be called if the password was: it counts no more. A try
// that has to wait is not to be looked at.
func (t *Tries) Try(name string, from netip.Addr, now time.Time) (right func(), wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place := placeOf(from)
	by, home := digestKey("name", name), digestKey("home", name+"\n"+place)
	known := t.homes[home]
	wait = t.left("at "+place, addressTries, addressEvery, now)
	if !known {
		wait = max(wait, t.left(by, nameTries, nameEvery, now))
	}
	if wait > 0 {
		return nil, wait
	}
	t.spend("at "+place, addressEvery, now)
	if !known {
		t.spend(by, nameEvery, now)
	}
	return func() { t.right(by, home, place, known) }, 0
}

func (t *Tries) right(by, home, place string, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spent["at "+place] = t.spent["at "+place].Add(-addressEvery)
	if known {
		return
	}
	t.spent[by] = t.spent[by].Add(-nameEvery)
	if t.homes == nil || len(t.homes) >= mostHomes {
		t.homes = make(map[string]bool)
	}
	t.homes[home] = true
}

// left is how long to wait until there is a try left.
func (t *Tries) left(key string, most int, every time.Duration, now time.Time) time.Duration {
	until := t.spent[key]
	if !until.After(now) {
		return 0
	}
	return max(0, until.Sub(now)-time.Duration(most-1)*every)
}

func (t *Tries) spend(key string, every time.Duration, now time.Time) {
	if t.spent == nil {
		t.spent = make(map[string]time.Time)
	}
	until, kept := t.spent[key]
	if !kept && len(t.spent) >= mostTried {
		t.forget(now)
	}
	if until.Before(now) {
		until = now
	}
	t.spent[key] = until.Add(every)
}

// forget makes room: those go who have all of their tries back, else who has them back
// first, so that nobody gets new ones by coming under many names.
func (t *Tries) forget(now time.Time) {
	first, least := "", time.Time{}
	for key, until := range t.spent {
		if !until.After(now) {
			delete(t.spent, key)
		} else if first == "" || until.Before(least) {
			first, least = key, until
		}
	}
	if len(t.spent) >= mostTried {
		delete(t.spent, first)
	}
}

// placeOf is an address as one of many: whoever has an IPv6 address has all of its network's.
func placeOf(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// digestKey is a name, of whatever length, as a key of fixed length.
func digestKey(kind, text string) string {
	d := digestOf(text)
	return kind + " " + string(d[:])
}
