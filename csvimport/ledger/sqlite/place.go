package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
	"bulkimport/csvimport/realpath"
)

// place makes sure that a file is private and known by one name, and that it is
// there, if it is to be created.
func place(path string, create bool) (string, error) {
	abs, err := realpath.Of(path)
	if err != nil {
		return path, err
	}
	info, err := os.Stat(abs)
	switch {
	case err == nil && info.IsDir():
		return abs, &ledger.Error{Where: abs, Err: errors.New("this is a folder, not a file"), Hint: "name a file in it"}
	case err == nil && !info.Mode().IsRegular():
		return abs, &ledger.Error{Where: abs, Err: errors.New("this is no ordinary file"), Hint: "name a file"}
	case err == nil:
		if info.Mode().Perm()&0o077 != 0 {
			os.Chmod(abs, 0o600) // another's file stays as it is
		}
		return abs, nil
	case !errors.Is(err, fs.ErrNotExist):
		return abs, err
	}
	dir := filepath.Dir(abs)
	if err := makeDir(dir); err != nil || !create {
		return abs, err
	}
	// It must not be opened again in this process once SQLite has it: closing
	// any descriptor of a file drops all POSIX locks on it.
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return abs, nil
	}
	if err != nil {
		return abs, err
	}
	f.Close()
	return abs, lockfile.SyncDir(dir)
}

// makeDir makes a folder and those above it, private and durable.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is a file, not a folder", dir)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	above := filepath.Dir(dir)
	if err := makeDir(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return lockfile.SyncDir(above)
}
