package lockfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"bulkimport/csvimport/ledger/lockfile"
)

// TestReplaceOpen waits for who has the old file open for a moment.
func TestReplaceOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "about.json")
	for file, text := range map[string]string{path: "old", path + ".new": "new"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err == nil {
		t.Fatal("what is open was replaced at once: nothing is tried here")
	}
	time.AfterFunc(50*time.Millisecond, func() { reader.Close() })
	if err := lockfile.Replace(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
}
