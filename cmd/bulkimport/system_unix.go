//go:build unix

package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// enableColour reports whether the terminal understands colours.
func enableColour(*os.File) bool { return true }

// mayChange says who else may change a file that is to be believed, empty if nobody: the
// rule is that of ssh.
func mayChange(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return "another user, whose it is"
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o002 != 0:
		return "everybody on this machine"
	case mode&0o020 != 0:
		return "its group"
	}
	return ""
}

// isOpenElsewhere reports whether a file is locked by another program, which
// does not happen here.
func isOpenElsewhere(error) bool { return false }

// mayBeOpenElsewhere reports whether a file could not be replaced because another
// program has it open, which does not happen here.
func mayBeOpenElsewhere(error) bool { return false }

// systemWords says what only Windows has against a file.
func systemWords(error) (words, hint string) { return "", "" }

// startedBy says nothing: no shell asks for other words here.
func startedBy() string { return "" }

// ownerOnly does nothing: the mode says it.
func ownerOnly(string) error { return nil }

// grace is how long what is begun may finish after a signal, 0 as long as usual.
func grace(os.Signal) time.Duration { return 0 }

// hold marks a file as one that a living program writes. Where files cannot be
// locked nothing is ever taken for abandoned.
func hold(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// isAbandoned reports whether no living program writes a file.
func isAbandoned(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

// doubleClicked reports whether the program was opened without a terminal, which does
// not show here.
func doubleClicked() bool { return false }
