package sample

import (
	"path/filepath"
	"testing"

	"bulkimport/csvimport/ledger"
)

func Book(t testing.TB) *ledger.Book {
	t.Helper()
	l, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
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
