package serve

import (
	"context"
	"net/netip"
	"time"
)

// Bounds of guessing. A name has more tries than an address: it may be guessed at from
// many, and its person should not be kept out.
const (
	addressTries, addressEvery = 10, 6 * time.Second
	nameTries, nameEvery       = 50, 10 * time.Second

	// homely is for how long a name has tries of its own at an address from where it has
	// come in.
	homely = 90 * 24 * time.Hour
)

// Kinds of things in a store.
const (
	kindTries = "tries" // when all tries of an address or a name are back
	kindHome  = "home"  // a name at an address
)

// Tries bounds how often passwords are guessed, by address and by name, at all servers
// that have a store in common. It is safe for concurrent use.
type Tries struct{ Store Store }

// Try is one that may be looked at. It counts, unless it is taken back.
type Try struct {
	of              *Tries
	place, by, home string
	known           bool
}

// Try counts a try. One that has to wait is not to be looked at. Errors are the store's.
func (t *Tries) Try(ctx context.Context, name string, from netip.Addr, now time.Time) (try *Try, wait time.Duration, err error) {
	place := placeOf(from)
	try = &Try{of: t, place: KeyOf("at " + place), by: KeyOf("name " + name), home: KeyOf(name + "\n" + place)}
	home, err := t.Store.Get(ctx, kindHome, try.home)
	if err != nil {
		return nil, 0, err
	}
	try.known = home != nil
	if wait, err = t.spend(ctx, try.place, addressTries, addressEvery, now); err != nil || wait > 0 {
		return nil, wait, err
	}
	if try.known {
		return try, 0, nil
	}
	if wait, err = t.spend(ctx, try.by, nameTries, nameEvery, now); err != nil || wait > 0 {
		t.giveBack(ctx, try.place, addressEvery)
		return nil, wait, err
	}
	return try, 0, nil
}

// TakeBack says that the try was not looked at: it does not count. Where the store cannot
// be reached it does.
func (y *Try) TakeBack(ctx context.Context) {
	y.of.giveBack(ctx, y.place, addressEvery)
	if !y.known {
		y.of.giveBack(ctx, y.by, nameEvery)
	}
}

// Right says that the password was right, at a time: the try does not count.
func (y *Try) Right(ctx context.Context, now time.Time) {
	y.TakeBack(ctx)
	_ = y.of.Store.Change(ctx, kindHome, y.home, func([]byte) ([]byte, time.Time) { return []byte("1"), now.Add(homely) })
}

// spend takes one of so many tries, or tells how long to wait until there is one. Whoever
// has to wait costs a store no more than a look.
func (t *Tries) spend(ctx context.Context, key string, most int, every time.Duration, now time.Time) (wait time.Duration, err error) {
	spare := time.Duration(most-1) * every
	left := func(text []byte) time.Duration { return max(0, backOf(text).Add(-spare).Sub(now)) }
	text, err := t.Store.Get(ctx, kindTries, key)
	if wait = left(text); err != nil || wait > 0 {
		return wait, err
	}
	err = t.Store.Change(ctx, kindTries, key, func(old []byte) ([]byte, time.Time) {
		back := backOf(old)
		if wait = left(old); wait > 0 {
			return whenBack(back)
		}
		if back.Before(now) {
			back = now
		}
		return whenBack(back.Add(every))
	})
	return wait, err
}

func (t *Tries) giveBack(ctx context.Context, key string, every time.Duration) {
	_ = t.Store.Change(ctx, kindTries, key, func(old []byte) ([]byte, time.Time) {
		if old == nil { // all are back
			return nil, time.Time{}
		}
		return whenBack(backOf(old).Add(-every))
	})
}

// whenBack is a time as the store has it.
func whenBack(at time.Time) ([]byte, time.Time) { return []byte(at.UTC().Format(time.RFC3339Nano)), at }

// backOf reads it; zero where there is none.
func backOf(text []byte) time.Time {
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return time.Time{}
	}
	return at
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
