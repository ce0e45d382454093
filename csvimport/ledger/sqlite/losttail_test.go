package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// TestShaken: after the machine went down under a run, or with a torn log, runs
// are told that the ledger may know less than happened, until one ends well.
func TestShaken(t *testing.T) {
	tests := []struct {
		name  string
		shake func(t *testing.T, path string)
		want  bool
	}{
		{"killed", func(*testing.T, string) {}, runtime.GOOS == "windows"}, // which tells no start from another
		{"the machine restarted", func(t *testing.T, path string) { change(t, path, `UPDATE run SET boot = 'another'`) }, true},
		{"a machine that does not tell", func(t *testing.T, path string) { change(t, path, `UPDATE run SET boot = ''`) }, true},
		{"a log with its end torn off", func(t *testing.T, path string) {
			wal := path + "-wal"
			info, err := os.Stat(wal)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(wal, info.Size()-700); err != nil {
				t.Fatal(err)
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "ledger.db")
			killed := func(from int) {
				p := ledgertest.Start(t, ledgertest.IntendOnly, path, from, 20)
				p.Await(t, "done")
				p.Kill(t)
			}
			killed(0)
			tt.shake(t, path)
			killed(20) // and one that went the same way without having got on
			_, book := open(t, path)
			run := begin(t, book)
			if shaken(run) != tt.want {
				t.Errorf("shaken: %v, want %v", shaken(run), tt.want)
			}
			if err := run.End(t.Context(), "interrupted"); err != nil {
				t.Fatal(err)
			}
			run = begin(t, book)
			if shaken(run) != tt.want {
				t.Errorf("after a run that did not look: %v, want %v", shaken(run), tt.want)
			}
			if err := run.Trusted(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := run.End(t.Context(), "done"); err != nil {
				t.Fatal(err)
			}
			if run := begin(t, book); shaken(run) {
				t.Error("still shaken after a run that ended well")
			}
		})
	}
}

// TestElsewhere: a run that goes on with another ledger keeps ours from beginning.
func TestElsewhere(t *testing.T) {
	marks := t.TempDir()
	start := func(path string) (ledger.Begun, error) {
		_, book := open(t, path)
		return book.Begin(t.Context(), ledger.RunInfo{Marks: marks})
	}
	first := filepath.Join(t.TempDir(), "ledger.db")
	run, err := start(first)
	mustDo(t, err)
	beside, err := start(first)
	if err != nil {
		t.Errorf("the same ledger: %v", err)
	}
	for range 2 {
		if _, err := start(""); !errors.Is(err, ledger.ErrElsewhere) {
			t.Errorf("another ledger, the first at work: error %v, want ErrElsewhere", err)
		}
		mustDo(t, run.End(t.Context(), ""))
		run = beside
	}
	if _, err := start(""); err != nil {
		t.Errorf("another ledger, after both: %v", err)
	}
}

// shaken reports whether the run finds that the ledger may not be the last word.
func shaken(run *sqlite.Run) bool { return run.Loss() != ledger.Sound }
