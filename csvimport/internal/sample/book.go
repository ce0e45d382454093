package sample

import (
	"path/filepath"
	"testing"

	"bulkimport/csvimport/ledger/sqlite"
)

// Book is the book of a platform in a new ledger.
func Book(t testing.TB) *sqlite.Book {
	t.Helper()
	l, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b, err := l.Platform(t.Context(), "f0817852-282c-4047-a4d3-f6501939d5a6", "https://example.com")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
