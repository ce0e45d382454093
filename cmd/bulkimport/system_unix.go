//go:build unix

package main

import "os"

// enableColour reports whether the terminal understands colours.
func enableColour(*os.File) bool { return true }

// isOpenElsewhere reports whether a file is locked by another program, which
// does not happen here.
func isOpenElsewhere(error) bool { return false }
