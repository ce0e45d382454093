package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"

	"golang.org/x/sys/unix"
)

// quick is who types as soon as a question is on the screen.
type quick struct {
	io.Writer
	answer func(question []byte)
}

func (q quick) Write(text []byte) (int, error) {
	n, err := q.Writer.Write(text)
	q.answer(text)
	return n, err
}

// TestHiddenFromTheStart asks for a secret when the terminal has ceased to show what is
// typed, and not before.
func TestHiddenFromTheStart(t *testing.T) {
	x := sitDown(t, 80)
	asked := 0
	x.env.err = newDoor(quick{x.program, func(question []byte) {
		if !bytes.Contains(question, []byte("(not shown")) {
			return
		}
		asked++
		modes, err := unix.IoctlGetTermios(int(x.program.Fd()), unix.TCGETS)
		if err != nil || modes.Lflag&unix.ECHO != 0 {
			t.Errorf("what is typed after %q shows (%v)", question, err)
		}
		x.types("tell-nobody\n")
	}}, x.env.veil)
	status, screen := x.run(nil, "login", "--no-check", "--no-keyring", "--url", "https://hub.example", "--consumer-key", "the-key")
	if status != 0 || asked != 1 || strings.Contains(screen, "tell-nobody") {
		t.Errorf("status %d, asked %d times:\n%s", status, asked, screen)
	}
	if modes, err := unix.IoctlGetTermios(int(x.program.Fd()), unix.TCGETS); err != nil || modes.Lflag&unix.ECHO == 0 {
		t.Errorf("afterwards the terminal shows nothing (%v)", err)
	}
}

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
