package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a real one, at which the program runs and a test sits.
type terminal struct {
	t       *testing.T
	person  *os.File // the test's end
	program *os.File
	env     *env
	vars    map[string]string

	mu   sync.Mutex
	said string
}

// sitDown opens a terminal of so many columns, with folders of its own.
func sitDown(t *testing.T, columns int) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, person: person, program: program}
	folder := t.TempDir()
	x.vars = map[string]string{
		"XDG_CONFIG_HOME": filepath.Join(folder, "config"), "XDG_STATE_HOME": filepath.Join(folder, "state"), "HOME": folder,
		"NO_COLOR": "1", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
	}
	v := new(veil)
	x.env = &env{in: program, out: newDoor(program, v), err: newDoor(program, v), exit: os.Exit, veil: v, lookup: func(name string) (string, bool) {
		value, ok := x.vars[name]
		return value, ok
	}}
	heard := make(chan struct{})
	go func() { x.listen(); close(heard) }()
	t.Cleanup(func() {
		program.Close() // which is heard
		<-heard
		person.Close()
	})
	return x
}

func (x *terminal) listen() {
	buffer := make([]byte, 4096)
	for {
		n, err := x.person.Read(buffer)
		x.mu.Lock()
		x.said += strings.ReplaceAll(string(buffer[:n]), "\r\n", "\n")
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// run runs the program to its end, while somebody sits there, and returns the exit
// status and all that was on the screen.
func (x *terminal) run(somebody func(), args ...string) (status int, screen string) {
	x.t.Helper()
	x.mu.Lock()
	x.said = ""
	x.mu.Unlock()
	ended := make(chan int, 1)
	go func() { ended <- run(context.Background(), args, x.env) }()
	if somebody != nil {
		somebody()
	}
	select {
	case status = <-ended:
	case <-time.After(20 * time.Second):
		x.t.Fatalf("%s has not ended; the screen:\n%s", args, x.screen())
	}
	fmt.Fprintln(x.program, "$")
	x.waits("$\n")
	return status, strings.TrimSuffix(x.screen(), "$\n")
}

func (x *terminal) screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.said
}

// waits waits until the screen ends with words.
func (x *terminal) waits(words string) {
	x.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.HasSuffix(x.screen(), words); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Fatalf("the screen does not end with %q:\n%s", words, x.screen())
		}
	}
}

// types types, or pastes.
func (x *terminal) types(text string) {
	x.t.Helper()
	if _, err := x.person.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// left is what was typed and nobody has read: what the shell would get.
func (x *terminal) left() int {
	x.t.Helper()
	n, err := unix.IoctlGetInt(int(x.program.Fd()), unix.TIOCINQ)
	if err != nil {
		x.t.Fatal(err)
	}
	return n
}
