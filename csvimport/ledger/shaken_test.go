package ledger_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShaken: after the machine went down under a run, or with a torn log, runs
// are told that the ledger may know less than happened, until one ends well.
func TestShaken(t *testing.T) {
	tests := []struct {
		name  string
		shake func(t *testing.T, path string)
		want  bool
	}{
		{"killed", func(*testing.T, string) {}, false},
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
				p := start(t, "half", path, from, 20)
				p.await(t, "done")
				p.kill(t)
			}
			killed(0)
			tt.shake(t, path)
			killed(20) // and one that went the same way without having got on
			_, book := open(t, path)
			run := begin(t, book)
			if run.Shaken() != tt.want {
				t.Errorf("shaken: %v, want %v", run.Shaken(), tt.want)
			}
			if err := run.End(t.Context(), "done"); err != nil {
				t.Fatal(err)
			}
			if run := begin(t, book); run.Shaken() {
				t.Error("still shaken after a run that ended well")
			}
		})
	}
}
