package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// lock takes the write lock as another process would, and returns what lets it
// go.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() { db.Close() })
}

func TestGroupCommit(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	unlock := lock(t, l.Path())
	defer unlock()
	before := l.Commits()
	const writers = 64
	var wg, started sync.WaitGroup
	started.Add(writers)
	for i := range writers {
		wg.Go(func() {
			started.Done()
			if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(i)); err != nil || !granted {
				t.Errorf("granted %v, error %v", granted, err)
			}
		})
	}
	started.Wait()
	time.Sleep(50 * time.Millisecond) // all of them queue meanwhile
	if l.Commits() != before {
		t.Fatal("something was written against the lock")
	}
	unlock()
	wg.Wait()
	if n := l.Commits() - before; n > writers/8 {
		t.Errorf("%d intents took %d syncs", writers, n)
	}
}

// Whoever is first has it: runs of one handle and of two, and an order that is
// adopted, all in one transaction or in several.
func TestAdoptedOrIntended(t *testing.T) {
	l, book := open(t, "")
	_, beside := open(t, l.Path())
	runs := []*sqlite.Run{begin(t, book), begin(t, book), begin(t, beside)}
	adopter := begin(t, book)
	unlock := lock(t, l.Path())
	const n = 60
	var granted [n]atomic.Int32
	var adopted [n]bool
	var wg sync.WaitGroup
	for i := range n {
		e := ledgertest.Entry(i)
		if i%2 == 1 {
			e.Sub = fmt.Sprint("no GUID ", i)
		}
		for _, run := range runs {
			wg.Go(func() {
				_, ok, err := run.Intend(t.Context(), e)
				if err != nil {
					t.Error(err)
				}
				if ok {
					granted[i].Add(1)
				}
			})
		}
		wg.Go(func() {
			err := adopter.Record(t.Context(), "found", ledgertest.Accepted(e))
			if adopted[i] = err == nil; err != nil && !errors.Is(err, ledger.ErrHeld) {
				t.Error(err)
			}
		})
		if i == n/2 {
			unlock()
		}
	}
	wg.Wait()
	for i := range n {
		times := int(granted[i].Load())
		if adopted[i] {
			times++
		}
		if times != 1 {
			t.Errorf("%d: granted %d times, adopted %v", i, granted[i].Load(), adopted[i])
		}
	}
	totals, err := book.Totals(t.Context())
	if err != nil || totals[ledger.Intended]+totals[ledger.Accepted] != n {
		t.Errorf("totals %v, error %v", totals, err)
	}
}

// A caller who gives up while another process has the lock has written nothing.
func TestCancelWhileQueued(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	unlock := lock(t, l.Path())
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, granted, err := run.Intend(ctx, ledgertest.Entry(1)); granted || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("granted %v, error %v", granted, err)
	}
	unlock()
	if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(2)); err != nil || !granted {
		t.Errorf("the next: granted %v, error %v", granted, err)
	}
	if got := ledgertest.Get(t, book, ledgertest.ID("sub", 1)); got.Sub != "" {
		t.Errorf("written all the same: %+v", got)
	}
}

// Whatever a cancelled Intend says is what is on the disk.
func TestCancelAnywhere(t *testing.T) {
	_, book := open(t, "")
	run := begin(t, book)
	const n = 300
	var granted [n]bool
	var wg sync.WaitGroup
	for i := range n {
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			_, ok, err := run.Intend(ctx, ledgertest.Entry(i))
			if granted[i] = ok; !ok && !errors.Is(err, context.Canceled) {
				t.Errorf("not granted, error %v", err)
			}
		})
		wg.Go(func() {
			time.Sleep(time.Duration(i%40) * 25 * time.Microsecond)
			cancel()
		})
	}
	wg.Wait()
	for i := range n {
		if stored := ledgertest.Get(t, book, ledgertest.ID("sub", i)).Sub != ""; stored != granted[i] {
			t.Errorf("%d: stored %v, granted %v", i, stored, granted[i])
		}
	}
}

func TestLockedTooLong(t *testing.T) {
	path := t.TempDir() + "/ledger.db"
	l, _ := open(t, path)
	mustDo(t, l.Close())
	unlock := lock(t, path)
	defer unlock()
	synctest.Test(t, func(t *testing.T) {
		l, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		mustDo(t, err)
		defer l.Close()
		book, err := l.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
		mustDo(t, err)
		start := time.Now()
		_, err = book.Begin(t.Context(), ledger.RunInfo{})
		if e, ok := errors.AsType[*ledger.Error](err); !errors.Is(err, ledger.ErrLocked) || !ok || e.Hint == "" {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(start); waited < 10*time.Second || waited > 2*time.Minute {
			t.Errorf("gave up after %v", waited)
		}
		unlock()
		if run, err := book.Begin(t.Context(), ledger.RunInfo{}); err != nil || run.ID() == 0 {
			t.Errorf("being locked out is not final: %v", err)
		}
	})
}

// A lock that lasts too long loses an outcome for its caller, not for the
// ledger: what was intended stays so, is read meanwhile, and can be settled
// afterwards.
func TestOutcomeUnderLock(t *testing.T) {
	path := t.TempDir() + "/ledger.db"
	synctest.Test(t, func(t *testing.T) {
		l, book := open(t, path)
		defer l.Close()
		run := begin(t, book)
		e := ledgertest.Put(t, run, 1, ledger.Intended)
		ledgertest.Put(t, run, 2, ledger.Accepted)
		unlock := lock(t, path)
		defer unlock()
		answer := make(chan error, 1)
		run.Recording(ledgertest.Accepted(e), func(err error) { answer <- err })
		if err := <-answer; !errors.Is(err, ledger.ErrLocked) {
			t.Errorf("error %v, want %v", err, ledger.ErrLocked)
		}
		if got := ledgertest.Get(t, book, e.Sub); got.State != ledger.Intended {
			t.Errorf("under the lock it is %v", got.State)
		}
		if totals, err := book.Totals(t.Context()); err != nil || totals[ledger.Intended] != 1 || totals[ledger.Accepted] != 1 {
			t.Errorf("under the lock: %v, error %v", totals, err)
		}
		if platforms, err := l.Platforms(t.Context()); err != nil || len(platforms) != 1 || platforms[0].Entries != 2 {
			t.Errorf("under the lock: %v, error %v", platforms, err)
		}
		unlock()
		if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(1)); err != nil || granted {
			t.Errorf("granted again: %v, error %v", granted, err)
		}
		mustDo(t, run.Record(t.Context(), "", ledgertest.Accepted(e)))
		if got := ledgertest.Get(t, book, e.Sub); got.State != ledger.Accepted || got.Sends != 1 {
			t.Errorf("in the end %v after %d sends", got.State, got.Sends)
		}
	})
}
