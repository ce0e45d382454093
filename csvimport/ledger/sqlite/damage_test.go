package sqlite_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// work uses a ledger as an import would and returns the first error.
func work(t *testing.T, path string) error {
	l, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.Check(t.Context()); err != nil {
		return err
	}
	book, err := l.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	if err != nil {
		return err
	}
	var subs []string
	for i := range 2000 {
		subs = append(subs, ledgertest.ID("sub", i))
	}
	if _, err := book.Find(t.Context(), subs); err != nil {
		return err
	}
	run, err := book.Begin(t.Context(), ledger.RunInfo{})
	if err != nil {
		return err
	}
	for i := range 20 {
		if _, _, err := run.Intend(t.Context(), ledgertest.Entry(5000+i)); err != nil {
			return err
		}
	}
	return run.End(t.Context(), "done")
}

func TestDamagedFile(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	ledgertest.Fill(t, run, 2000)
	mustDo(t, run.End(t.Context(), "done"))
	mustDo(t, l.Close())
	good, err := os.ReadFile(l.Path())
	mustDo(t, err)
	rng := rand.New(rand.NewPCG(3, 4))
	page := func(b []byte, n int) []byte { return b[n*4096 : (n+1)*4096] }
	for _, tt := range []struct {
		name   string
		damage func(b []byte) []byte
	}{
		{"header overwritten", func(b []byte) []byte { copy(b, "this is no ledger, this is no ledger"); return b }},
		{"first page of zeroes", func(b []byte) []byte { clear(page(b, 0)); return b }},
		{"schema overwritten", func(b []byte) []byte { copy(b[100:4096], strings.Repeat("garbage", 500)); return b }},
		{"pages in the middle overwritten", func(b []byte) []byte {
			for n := 3; n < len(b)/4096; n += 2 {
				for i := range page(b, n) {
					b[n*4096+i] = byte(rng.Uint32())
				}
			}
			return b
		}},
		{"pages in the middle of zeroes", func(b []byte) []byte {
			for n := 20; n < 60; n++ {
				clear(page(b, n))
			}
			return b
		}},
		{"cut in half", func(b []byte) []byte { return b[:len(b)/8192*4096] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			mustDo(t, os.WriteFile(path, tt.damage(append([]byte(nil), good...)), 0o600))
			err := work(t, path)
			e, ok := errors.AsType[*ledger.Error](err)
			if !errors.Is(err, ledger.ErrDamaged) || !ok || !strings.Contains(e.Hint, "move it") {
				t.Errorf("error %v, want %v with a way out", err, ledger.ErrDamaged)
			}
		})
	}
	if err := work(t, l.Path()); err != nil {
		t.Errorf("the undamaged file: %v", err)
	}
}

// After a crash a ledger is read through when it is opened.
func TestDamageShowsAfterCrash(t *testing.T) {
	l, book := open(t, "")
	ledgertest.Fill(t, begin(t, book), 2000) // the run never ends
	mustDo(t, l.Close())
	b, err := os.ReadFile(l.Path())
	mustDo(t, err)
	for n := 3; n < len(b)/4096; n++ {
		clear(b[n*4096 : n*4096+2048])
	}
	mustDo(t, os.WriteFile(l.Path(), b, 0o600))
	again, err := sqlite.Open(t.Context(), l.Path(), sqlite.Options{})
	if err == nil {
		again.Close()
	}
	if !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("error %v, want %v", err, ledger.ErrDamaged)
	}
}
