package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	ledgertest.Other(kind())
	goleak.VerifyTestMain(m)
}

func TestLedger(t *testing.T) { ledgertest.Exercise(t, kind()) }

// kind is SQLite, as the suites reach it.
func kind() ledgertest.Kind {
	return ledgertest.Kind{
		Fresh: func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "new", "ledger.db") },
		Store: func(where, marks string) (ledger.Store, error) { return sqlite.At(where, marks, sqlite.Options{}) },
		Open: func(ctx context.Context, where string) (ledgertest.Ledger, error) {
			l, err := sqlite.Open(ctx, where, sqlite.Options{})
			return ofKind{l}, err
		},
	}
}

type ofKind struct{ *sqlite.Ledger }

func (l ofKind) Platform(ctx context.Context, id, address string) (ledgertest.Book, error) {
	b, err := l.Ledger.Platform(ctx, id, address)
	return b, err
}

var _ ledgertest.Exports = (*sqlite.Book)(nil)

// open opens the ledger at path, or a fresh one, and the book of one platform.
func open(tb testing.TB, path string) (*sqlite.Ledger, *sqlite.Book) {
	tb.Helper()
	if path == "" {
		path = filepath.Join(tb.TempDir(), "ledger.db")
	}
	l, err := sqlite.Open(tb.Context(), path, sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	book, err := l.Platform(tb.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	if err != nil {
		tb.Fatal(err)
	}
	return l, book
}

func begin(tb testing.TB, book *sqlite.Book) *sqlite.Run {
	tb.Helper()
	run, err := book.Begin(tb.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10, Version: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	return run.(*sqlite.Run)
}

func mustDo(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
