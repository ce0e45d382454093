package lockfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bulkimport/csvimport/ledger/lockfile"
)

func take(t *testing.T, path string) *lockfile.Lock {
	t.Helper()
	l, err := lockfile.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if lockfile.Held(path) {
		t.Error("held before it was taken")
	}
	l := take(t, path)
	if l == nil || take(t, path) != nil || !lockfile.Held(path) || !l.Named() {
		t.Error("it is not locked for one alone")
	}
	l.Drop()
	if _, err := os.Stat(path); err == nil || lockfile.Held(path) {
		t.Error("it is there after it was dropped")
	}
	if l := take(t, path); l == nil {
		t.Error("it cannot be taken again")
	} else {
		l.Drop()
	}
}

// What takes the place of a locked file is another file: the lock has no name any
// more, and leaves it alone.
func TestReplaced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not move what is open")
	}
	path := filepath.Join(t.TempDir(), "lock")
	l := take(t, path)
	if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if l.Named() {
		t.Error("it has its name still")
	}
	l.Drop()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the other file is gone: %v", err)
	}
	if lockfile.Held(path) {
		t.Error("a dead one's file counts as held")
	}
}
