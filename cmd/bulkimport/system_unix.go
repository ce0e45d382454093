//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// enableColour reports whether the terminal understands colours.
func enableColour(*os.File) bool { return true }

// isOpenElsewhere reports whether a file is locked by another program, which
// does not happen here.
func isOpenElsewhere(error) bool { return false }

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
