package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// The power went while the end of the WAL was being written.
func TestTornTail(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	for i := range 20 {
		ledgertest.Put(t, run, i, ledger.Completed)
	}
	wal, err := os.ReadFile(l.Path() + "-wal")
	mustDo(t, err)
	main, err := os.ReadFile(l.Path())
	mustDo(t, err)
	for name, tear := range map[string]func([]byte) []byte{
		"cut off":           func(b []byte) []byte { return b[:len(b)-2000] },
		"cut off at a page": func(b []byte) []byte { return b[:len(b)-2*(4096+24)] },
		"zeroes":            func(b []byte) []byte { clear(b[len(b)-3000:]); return b },
		"garbage":           func(b []byte) []byte { copy(b[len(b)-900:], strings.Repeat("garbage ", 50)); return b },
		"whole":             func(b []byte) []byte { return b },
		"empty":             func(b []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			mustDo(t, os.WriteFile(path, main, 0o600))
			mustDo(t, os.WriteFile(path+"-wal", tear(append([]byte(nil), wal...)), 0o600))
			torn, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			mustDo(t, err)
			defer torn.Close()
			book, err := torn.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
			mustDo(t, err)
			totals, err := book.Totals(t.Context())
			mustDo(t, err)
			want := map[string][2]int{"whole": {20, 0}, "empty": {0, 0}}
			switch w, exact := want[name]; {
			case exact && totals[ledger.Completed] != w[0]:
				t.Errorf("totals %v", totals)
			case !exact && totals[ledger.Completed]+totals[ledger.Intended] < 19:
				t.Errorf("more than the torn transaction is lost: %v", totals)
			}
			mustDo(t, torn.Check(t.Context()))
		})
	}
}
