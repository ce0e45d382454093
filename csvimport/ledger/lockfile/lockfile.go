// Package lockfile has files that are locked for as long as a process lives: who
// gets the lock of another's file knows that the other is gone.
package lockfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Lock is a file that this process has locked. It is safe for concurrent use.
type Lock struct{ f *os.File }

// Take creates and locks the file, or returns nil if somebody holds it. Who looks
// whether it is held locks the file for a moment too and may remove it: then the
// lock is on a file without a name, which is no lock.
func Take(path string) (*Lock, error) {
	for range 1000 {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		ok, err := tryLock(f, false)
		if err != nil || !ok {
			f.Close()
			return nil, err
		}
		if l := (&Lock{f}); l.Named() {
			return l, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("%s disappears again and again", path)
}

// Held reports whether somebody holds the lock, and removes the file if nobody
// does.
func Held(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	// Shared, so that two who look at once do not take each other for the holder.
	free, err := tryLock(f, true)
	if err != nil || !free {
		f.Close()
		return true
	}
	drop(f)
	return false
}

// Named reports whether the locked file is still what others find at its path.
func (l *Lock) Named() bool {
	info, err := l.f.Stat()
	return err == nil && !Moved(info, l.f.Name())
}

// Drop removes the file and lets the lock go.
func (l *Lock) Drop() { drop(l.f) }

// Release lets the lock go and leaves the file.
func (l *Lock) Release() { l.f.Close() }

// Moved reports whether path is not the file any more that it was.
func Moved(file os.FileInfo, path string) bool {
	now, err := os.Stat(path)
	return err != nil || !os.SameFile(file, now)
}
