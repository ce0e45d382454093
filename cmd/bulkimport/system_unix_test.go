//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfilesOfAnother believes no config.toml that another user can change.
func TestProfilesOfAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a file of another user")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "bulkimport", "config.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("[default]\nurl = \"https://hub.example\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		owner  int
		status int
		want   string
	}{
		{"one's own", 0, statusDone, ""},
		{"another user's", 65534, statusUsage, "config.toml can be changed by another user, whose it is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.Chown(path, tt.owner, tt.owner); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			v := new(veil)
			status := run(t.Context(), []string{"profiles"}, &env{in: strings.NewReader(""), out: newDoor(&out, v), err: newDoor(&errs, v), exit: os.Exit, veil: v,
				lookup: func(name string) (string, bool) { return folder, name == "XDG_CONFIG_HOME" }})
			if status != tt.status || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("exit status %d, want %d; stderr %q, want %q", status, tt.status, errs.String(), tt.want)
			}
		})
	}
}
