package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// pending is a file written beside the one it will replace. Whoever reads the
// path finds the old file or the whole new one, through a power cut too.
type pending struct {
	*os.File
	path string
	done bool
}

// beside begins a file that will replace path. It fails where path could not
// be written, so that it can be asked before work that must not be in vain.
func beside(path string, mode fs.FileMode) (*pending, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fault(path+" is a folder, not a file", "name a file in it")
	case err == nil && !info.Mode().IsRegular():
		return nil, fault(path+" is not an ordinary file", "name a file that can be replaced")
	case err == nil && info.Mode().Perm()&0o200 == 0:
		return nil, fault(path+" is read-only", "make it writable, or name another file")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil:
		// A file that a spreadsheet shows cannot be replaced on Windows.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, fault("the folder "+folder+" does not exist", "make it, or name another file")
	}
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" {
		err = f.Chmod(mode)
	}
	p := &pending{File: f, path: path}
	if err != nil {
		p.Discard()
		return nil, err
	}
	return p, nil
}

// Commit makes the file durable and puts it in its place.
func (p *pending) Commit() error {
	p.done = true
	if err := errors.Join(p.Sync(), p.Close()); err != nil {
		return errors.Join(err, os.Remove(p.Name()))
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return errors.Join(err, os.Remove(p.Name()))
	}
	return syncFolder(filepath.Dir(p.path))
}

// Discard removes the file if it was not committed.
func (p *pending) Discard() {
	if !p.done {
		p.done = true
		p.Close()
		os.Remove(p.Name())
	}
}

// syncFolder makes a rename in the folder durable, where the system can.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// replace writes a file whole, or leaves the old one.
func replace(path string, write func(io.Writer) error) error {
	out, err := beside(path, 0o600)
	if err != nil {
		return err
	}
	defer out.Discard()
	if err := write(out); err != nil {
		return err
	}
	return out.Commit()
}

// writable fails where a file could not be written later. An empty path is
// none.
func writable(path string) error {
	if path == "" {
		return nil
	}
	out, err := beside(path, 0o600)
	if err != nil {
		return err
	}
	out.Discard()
	return nil
}

// resultsName is where results go if nothing is said.
func resultsName(input string) string {
	return strings.TrimSuffix(input, filepath.Ext(input)) + ".results.csv"
}
