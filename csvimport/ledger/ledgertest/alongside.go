package ledgertest

import (
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport/ledger"
)

// alongside: each run soon knows how many there are on the platform that place orders,
// and of a pause that one of them was asked for.
func alongside(k Kind, t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		where, l := k.store(t, "")
		book, elsewhere := platform(t, l, PlatformID, PlatformURL), platform(t, l, ID("platform", 2), "https://elsewhere.example")
		run := begin(t, book)
		begins := func(b Book, rows int) ledger.Begun {
			t.Helper()
			r, err := b.Begin(t.Context(), ledger.RunInfo{File: "f.csv", Rows: rows})
			mustDo(t, err)
			return r
		}
		soon := func(name string, r ledger.Begun, want int) {
			t.Helper()
			time.Sleep(5 * time.Second)
			if got := r.Alongside().Runs; got != want {
				t.Errorf("%s: %d runs, want %d", name, got, want)
			}
		}
		soon("alone", run, 1)
		looker := begins(book, 0)
		soon("one of no rows beside it", run, 1)
		soon("which counts itself", looker, 2)
		other := begins(elsewhere, 10)
		soon("one on another platform", run, 1)
		soon("which is alone there", other, 1)
		second := begins(book, 10)
		if got := second.Alongside().Runs; got != 2 {
			t.Errorf("from its beginning the second knows of %d runs, want 2", got)
		}
		third := begins(book, 10)
		for _, r := range []ledger.Begun{run, second, third} {
			soon("three", r, 3)
		}
		mustDo(t, second.End(t.Context(), "done"))
		soon("the second has ended", run, 2)
		if k.Lease == 0 && !k.Alone { // else a lease has to pass, by another clock
			_, l := k.store(t, where)
			begins(platform(t, l, PlatformID, PlatformURL), 10)
			soon("one of another process", run, 3)
			mustDo(t, l.Close())
			soon("it has died", run, 2)
		}

		until := noon.Add(time.Minute)
		for _, u := range []time.Time{until, noon} {
			_, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.Pause(u); e.SilentAt = noon })
			mustDo(t, err)
		}
		time.Sleep(5 * time.Second)
		for name, r := range map[string]ledger.Begun{"one": run, "another": third, "one that begins": begins(book, 1)} {
			if got := r.Alongside(); !got.PausedUntil.Equal(until) || !got.SilentAt.Equal(noon) {
				t.Errorf("%s hears %+v, want a pause until %v, and silence at %v", name, got, until, noon)
			}
		}
		if got := other.Alongside(); !got.PausedUntil.IsZero() || !got.SilentAt.IsZero() {
			t.Errorf("on another platform: %+v", got)
		}
		mustDo(t, l.Close())
	})
}

func platform(t *testing.T, l Ledger, id, address string) Book {
	t.Helper()
	b, err := l.Platform(t.Context(), id, address)
	mustDo(t, err)
	return b
}
