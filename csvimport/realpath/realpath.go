// Package realpath follows the links of a file's name to the end, also where the file
// is not there yet.
package realpath

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// mostLinks is how many symbolic links a name may lead through.
const mostLinks = 40

// ErrForeign is a link of another user in a folder like /tmp: it leads where that user
// wants.
var ErrForeign = errors.New("it is a link that another user has made in a folder open to all")

// ErrDevice is a name that Windows keeps for a device, whatever folder and ending it
// has (NUL, CON, COM1.csv), or one with a colon, which hides what is written
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
var ErrDevice = errors.New("it is a name of a device")

// Of returns the one absolute name of a file that need not be there yet: two who reach
// it by different names, or through a link that leads nowhere still, find the same. It
// goes as the system does: .. is the folder above what a link leads to. The error is
// that of the system, or says that links lead in a circle, that another user has
// put one where everybody may ([ErrForeign]), or that it is no file ([ErrDevice]).
func Of(path string) (string, error) {
	if isDevice(path) {
		return path, &fs.PathError{Op: "open", Path: path, Err: ErrDevice}
	}
	start, err := absolute(path)
	if err != nil {
		return path, err
	}
	at, rest := split(start)
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		next := filepath.Join(at, part) // .. of what is resolved already
		target, err := os.Readlink(next)
		if part == ".." || err != nil {
			at = next
			continue
		}
		if !trusted(next) {
			return path, &fs.PathError{Op: "follow", Path: next, Err: ErrForeign}
		}
		if links++; links > mostLinks {
			return path, errors.New("the links of its name lead in a circle")
		}
		root, parts := split(target)
		if filepath.IsAbs(target) {
			at = root
		}
		rest = append(parts, rest...)
	}
	return spelt(at), nil
}

// Key is a name as a system, named as runtime.GOOS is, compares it: two with one key are
// the names of one file.
func Key(path, system string) string {
	switch system {
	case "windows":
		return strings.ToLower(path)
	case "darwin": // which does not tell composed letters from decomposed ones
		return strings.ToLower(norm.NFC.String(path))
	}
	return path
}

// absolute makes a name absolute and leaves .. to be resolved, where the system does
// not take it away by itself.
func absolute(path string) (string, error) {
	if runtime.GOOS == "windows" {
		return filepath.Abs(path)
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	folder, err := os.Getwd()
	return folder + string(filepath.Separator) + path, err
}

// split takes a name apart; . and what is empty are left out.
func split(path string) (root string, parts []string) {
	root = filepath.VolumeName(path) + string(filepath.Separator)
	for _, part := range strings.FieldsFunc(path[len(root)-1:], func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		if part != "." {
			parts = append(parts, part)
		}
	}
	return root, parts
}

// spelt is a name without links as the system spells it, as far as it is there.
func spelt(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(folder, filepath.Base(path))
	}
	return path
}
