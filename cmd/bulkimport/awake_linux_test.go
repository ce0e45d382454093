package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The system is asked by systemd-inhibit, which holds as long as what it runs.
func TestAwake(t *testing.T) {
	folder := t.TempDir()
	began, ended := filepath.Join(folder, "began"), filepath.Join(folder, "ended")
	script := "#!/bin/sh\necho \"$@\" > '" + began + ".new'\nmv '" + began + ".new' '" + began + "'\nfor last; do :; done\n\"$last\"\n: > '" + ended + "'\n"
	if err := os.WriteFile(filepath.Join(folder, "systemd-inhibit"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	release := awake("orders are on their way")
	said := ""
	for said == "" {
		time.Sleep(time.Millisecond)
		text, _ := os.ReadFile(began)
		said = string(text)
	}
	for _, want := range []string{"--what=sleep:idle", "--why=orders are on their way"} {
		if !strings.Contains(said, want) {
			t.Errorf("asked %q, want %s in it", said, want)
		}
	}
	if _, err := os.Stat(ended); err == nil {
		t.Error("the system may sleep while it is asked not to")
	}
	release()
	if _, err := os.Stat(ended); err != nil {
		t.Errorf("the system is kept awake after the end: %v", err)
	}
}

// Where nobody can be asked nothing happens.
func TestAwakeWithoutHelp(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	awake("")()
}
