package main

import (
	"errors"
	"os"

	"github.com/inconshreveable/mousetrap"
	"golang.org/x/sys/windows"
)

// enableColour asks the console to obey colour sequences, and reports whether
// it does: consoles before Windows 10 do not.
func enableColour(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// mayChange says nothing: a profile's folder belongs to its user here.
func mayChange(string) string { return "" }

// isOpenElsewhere reports whether a file is locked by another program: a
// spreadsheet that shows it.
func isOpenElsewhere(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// hold does nothing: an open file cannot be removed here.
func hold(*os.File) {}

// isAbandoned reports whether no living program writes a file: that is told by
// trying to remove it.
func isAbandoned(string) bool { return true }

// dropTyped drops what was typed at a console and is not read yet.
func dropTyped(f *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(f.Fd())) }

// doubleClicked reports whether a person has opened the program in the Explorer, with a
// window of its own that goes with it.
func doubleClicked() bool { return mousetrap.StartedByExplorer() }
