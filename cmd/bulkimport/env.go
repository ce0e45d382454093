package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/term"
)

// env is the world a command runs in: its streams, its environment, and the
// way out for a second Ctrl-C.
type env struct {
	in       io.Reader
	out, err io.Writer
	lookup   func(string) (string, bool)
	exit     func(int)
	args     []string // the command line, for words
	veil     *veil
	patience time.Duration // with a database that does not answer; 0: as a ledger has it
}

// system is the world of the process.
func system() *env {
	v := new(veil)
	return &env{in: os.Stdin, out: newDoor(os.Stdout, v), err: newDoor(os.Stderr, v), lookup: os.LookupEnv, exit: os.Exit, veil: v}
}

// get returns an environment variable, empty if it is not set.
func (e *env) get(name string) string {
	v, _ := e.lookup(name)
	return v
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f := fileOf(stream)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns of a stream, 80 if it does not say.
func width(stream any) int {
	if f := fileOf(stream); f != nil {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// folder returns the folder of this program below an XDG base folder: the
// variable if it is set and absolute, as the XDG specification demands, else
// the usual place below the home folder.
func (e *env) folder(variable, windows string, usual ...string) (string, error) {
	if base := e.get(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "bulkimport"), nil
	}
	if runtime.GOOS == "windows" {
		if base := e.get(windows); base != "" {
			return filepath.Join(base, "bulkimport"), nil
		}
	}
	home, err := e.home()
	if err != nil {
		return "", wrong("there is no home folder to keep files in", "set "+baseVariable(variable, windows))
	}
	return filepath.Join(append(append([]string{home}, usual...), "bulkimport")...), nil
}

// baseVariable names the variable that says where a base folder is.
func baseVariable(variable, windows string) string {
	if runtime.GOOS == "windows" {
		return windows
	}
	return "HOME, or " + variable
}

// home is the person's home folder.
func (e *env) home() (string, error) {
	if home := e.get("HOME"); home != "" {
		return home, nil
	}
	return os.UserHomeDir()
}

func (e *env) stateFolder() (string, error) {
	return e.folder("XDG_STATE_HOME", "LOCALAPPDATA", ".local", "state")
}

// marksFolder is where runs leave marks that outlive their ledger, empty where
// there is no place for them.
func (e *env) marksFolder() string {
	folder, err := e.stateFolder()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "runs")
}

func (e *env) configFolder() (string, error) {
	return e.folder("XDG_CONFIG_HOME", "APPDATA", ".config")
}

// who is the name of the person at this machine.
func (e *env) who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return cmp.Or(e.get("USER"), e.get("USERNAME"), "somebody")
}

// interruption is the signal that stopped a command, the cause of its
// cancelled context.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string {
	if i.signal == os.Interrupt {
		return "interrupted"
	}
	return "interrupted (" + i.signal.String() + ")"
}

// Grace is how long what is begun may finish, 0 as long as usual.
func (i *interruption) Grace() time.Duration { return grace(i.signal) }

// sameSignal is how long after the first signal another is taken for the same:
// timeout, make and npm send it to the process and to its group.
const sameSignal = time.Second

// interruptible returns a context that the first signal cancels; the second
// ends the process at once, which the ledger makes safe.
func (e *env) interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignals()...)
	ended := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			cancel(&interruption{s})
		case <-ended:
			return
		}
		for first := time.Now(); ; {
			select {
			case <-signals:
				if time.Since(first) < sameSignal {
					continue
				}
				fmt.Fprintln(e.err, "\nstopped at once; what was begun is in the ledger and is looked up by the next run")
				e.exit(statusInterrupted)
			case <-ended:
			}
			return
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(ended)
		cancel(nil)
	}
}
