package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// toRead is FREAD of <sys/fcntl.h>: what is still to be read.
const toRead = 1

// dropTyped drops what was typed on a terminal and is not read yet.
func dropTyped(f *os.File) { _ = unix.IoctlSetPointerInt(int(f.Fd()), unix.TIOCFLUSH, toRead) }

// hideTyped lets a terminal not show what is typed.
func hideTyped(f *os.File) {
	if modes, err := unix.IoctlGetTermios(int(f.Fd()), unix.TIOCGETA); err == nil {
		modes.Lflag &^= unix.ECHO
		_ = unix.IoctlSetTermios(int(f.Fd()), unix.TIOCSETA, modes)
	}
}
