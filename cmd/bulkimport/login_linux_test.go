package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"
)

// TestLoginAsksAgain pastes a bad address with key and secret below it: the address is
// asked for again, and of the rest nothing reaches another question or the shell.
func TestLoginAsksAgain(t *testing.T) {
	x := sitDown(t, 80)
	status, screen := x.run(func() {
		x.waits("address of the platform: ")
		x.types("ftp:/hub\na-key\nhush-hush-hush\n")
		x.waits("address of the platform: ")
		x.types("\n")
		x.waits("\naddress of the platform: ")
		x.types("hub.example\n")
		x.waits("consumer key: ")
		x.types("the-key\n")
		x.waits("(not shown): ")
		x.types("\n")
		x.waits("\nconsumer secret (not shown): ")
		x.types("tell-nobody\nls -l\n")
	}, "login", "--no-check", "--no-keyring")
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, screen)
	}
	for _, words := range []string{"error: the address is not an address", "hint: it looks like https://", "kept as profile default"} {
		if !strings.Contains(screen, words) {
			t.Errorf("%q is not on the screen:\n%s", words, screen)
		}
	}
	if n := x.left(); n > 0 {
		t.Errorf("%d characters are left for the shell", n)
	}
	text, err := os.ReadFile(filepath.Join(x.vars["XDG_CONFIG_HOME"], "bulkimport", "config.toml"))
	if err != nil || !strings.Contains(string(text), "url = 'https://hub.example'") || !strings.Contains(string(text), "consumer_key = 'the-key'") {
		t.Errorf("config.toml (%v):\n%s", err, text)
	}
}

// TestLoginOffersWhatIsStored takes address, key and secret that are stored by Enter;
// the secret is not offered for another address.
func TestLoginOffersWhatIsStored(t *testing.T) {
	s, err := apstest.Start(apstest.Config{Tenants: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x := sitDown(t, 200)
	status, screen := x.run(func() {
		x.waits("address of the platform: ")
		x.types(s.URL() + "\n")
		x.waits("consumer key: ")
		x.types(s.Key() + "\n")
		x.waits("(not shown): ")
		x.types(s.Secret() + "\n")
	}, "login", "--no-keyring")
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, screen)
	}
	status, screen = x.run(func() {
		x.waits("address of the platform [" + s.URL() + "]: ")
		x.types("\n")
		x.waits("consumer key [" + s.Key() + "]: ")
		x.types("\n")
		x.waits("consumer secret (not shown; Enter keeps the stored one): ")
		x.types("\n")
	}, "login")
	if status != 0 || !strings.Contains(screen, "the secret stays where it was") {
		t.Fatalf("status %d:\n%s", status, screen)
	}
	if status, screen = x.run(nil, "plans"); status != 0 {
		t.Errorf("plans ends with %d:\n%s", status, screen)
	}
	status, screen = x.run(func() {
		x.waits("]: ")
		x.types("other.example\n")
		x.waits("]: ")
		x.types("\n")
		x.waits("consumer secret (not shown): ")
		x.types("another\n")
	}, "login", "--no-check", "--no-keyring")
	if status != 0 {
		t.Errorf("status %d:\n%s", status, screen)
	}
}
