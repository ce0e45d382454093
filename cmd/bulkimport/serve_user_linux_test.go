package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/serve"
)

// TestServeUserPrompt asks twice, shows nothing of what is typed, and changes nothing where
// the two differ.
func TestServeUserPrompt(t *testing.T) {
	x := sitDown(t, 100)
	file := filepath.Join(t.TempDir(), "people.txt")
	args := []string{"serve", "user", "kim", "--role", string(serve.Import), "--users", file}
	type typed struct{ first, second string }
	for _, test := range []struct {
		name   string
		typed  typed
		status int
		want   string
	}{
		{"they differ", typed{"correct horse battery", "correct horse bakery"}, statusUsage, "the two passwords differ"},
		{"too short", typed{"short", ""}, statusUsage, "needs 12"},
		{"the same", typed{"correct horse battery", "correct horse battery"}, 0, "kim may come in, with the role import"},
	} {
		status, screen := x.run(func() {
			x.waits("password (not shown): ")
			x.types(test.typed.first + "\n")
			if test.typed.second != "" {
				x.waits("password once more (not shown): ")
				x.types(test.typed.second + "\n")
			}
		}, args...)
		if status != test.status || !strings.Contains(screen, test.want) || strings.Contains(screen, test.typed.first) {
			t.Errorf("%s: %d %s", test.name, status, screen)
		}
		text, err := os.ReadFile(file)
		if written := err == nil; written != (test.status == 0) || strings.Contains(string(text), test.typed.first) {
			t.Errorf("%s: %v, the file: %s", test.name, err, text)
		}
	}
}
