package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"bulkimport/apsclient/apstest"
)

// TestKeyring shows that login puts the secret into the keyring where there is
// one, and that other commands find it there.
func TestKeyring(t *testing.T) {
	keyring.MockInit()
	server := apstest.NewServer(t)
	folder := t.TempDir()
	does := func(input string, want int, args ...string) string {
		t.Helper()
		var said bytes.Buffer
		e := &env{in: strings.NewReader(input), out: &said, err: &said, exit: os.Exit, veil: new(veil)}
		e.lookup = func(name string) (string, bool) {
			v, ok := map[string]string{"XDG_CONFIG_HOME": folder, "XDG_STATE_HOME": folder}[name]
			return v, ok
		}
		if got := run(t.Context(), args, e); got != want {
			t.Fatalf("%v: exit status %d, want %d: %s", args, got, want, said.String())
		}
		if strings.Contains(said.String(), server.Secret()) {
			t.Fatalf("%v says the secret", args)
		}
		return said.String()
	}
	said := does(server.Secret()+"\n", statusDone, "login", "--url", server.URL(), "--consumer-key", server.Key())
	if !strings.Contains(said, "the secret in the keyring") {
		t.Errorf("login said %q", said)
	}
	config, err := os.ReadFile(filepath.Join(folder, "bulkimport", "config.toml"))
	if err != nil || !strings.Contains(string(config), "keyring = true") {
		t.Errorf("config.toml holds %q, %v", config, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "bulkimport", "secrets")); err == nil {
		t.Error("the secret lies in a file too")
	}
	does("", statusDone, "plans")

	// Another profile, made without the keyring.
	does(server.Secret()+"\n", statusDone, "login", "--no-keyring", "--profile", "file", "--url", server.URL(), "--consumer-key", server.Key())
	keyring.MockInitWithError(errors.New("the bus is down"))
	said = does("", statusFault, "plans")
	if !strings.Contains(said, "the keyring of this machine cannot be read") || strings.Contains(said, "bus") {
		t.Errorf("a broken keyring is said as %q", said)
	}
	does("", statusDone, "plans", "--profile", "file")
	said = does(server.Secret()+"\n", statusDone, "login", "--url", server.URL(), "--consumer-key", server.Key())
	if !strings.Contains(said, "which only you can read") {
		t.Errorf("without a keyring login said %q", said)
	}
	keyring.MockInitWithError(keyring.ErrSetDataTooBig)
	said = does(server.Secret()+"\n", statusDone, "login", "--url", server.URL(), "--consumer-key", server.Key())
	if !strings.Contains(said, "which only you can read (it is longer than the keyring of this system takes)") {
		t.Errorf("of a secret that is too long login said %q", said)
	}
	keyring.MockInit()
	does("", statusDone, "plans")
}
