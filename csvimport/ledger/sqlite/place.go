package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
)

// place makes sure that a file is private and known by one name, and that it is
// there, if it is to be created.
func place(path string, create bool) (string, error) {
	abs, err := resolve(path)
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

// mostLinks is how many symbolic links may lead from one to the next.
const mostLinks = 40

// resolve returns the one name of a file that need not be there yet: two who reach
// it by different names, or through a link that leads nowhere still, have to find
// the same locks beside it.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	for range mostLinks {
		if err != nil {
			return path, err
		}
		if real, err := filepath.EvalSymlinks(abs); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return cmp.Or(real, abs), nil
		}
		dir := filepath.Dir(abs)
		if dir == abs {
			return abs, nil
		}
		if dir, err = resolve(dir); err != nil {
			return path, err
		}
		target, linked := os.Readlink(abs)
		switch {
		case linked != nil:
			return filepath.Join(dir, filepath.Base(abs)), nil
		case filepath.IsAbs(target):
			abs = target
		default:
			abs = filepath.Join(dir, target)
		}
	}
	return path, errors.New("the links of its name lead in a circle")
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
