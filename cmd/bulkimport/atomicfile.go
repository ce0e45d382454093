package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"bulkimport/csvimport/realpath"
)

// pending is a file written beside the one it will replace. Whoever reads the
// path finds the old file or the whole new one, through a power cut too. What was
// there stays beside it, as .bak, if it is kept.
type pending struct {
	*os.File
	path     string
	keep     bool
	reserved bool // the file is longer than what is in it
	aside    bool // where the old file cannot be replaced it takes a name beside it
	done     bool
	held     error // why it has a name beside the one it was to have
}

// beside begins a file that will replace path. It fails where path could not
// be written, so that it can be asked before work that must not be in vain.
func beside(path string, mode fs.FileMode) (*pending, error) {
	real, err := realpath.Of(path)
	if err != nil {
		return nil, err
	}
	if link, err := os.Lstat(path); err == nil && link.Mode()&fs.ModeSymlink != 0 {
		path = real
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
		mode = info.Mode().Perm()
	}
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, fault("the folder "+folder+" does not exist", "make it, or name another file")
	}
	f, err := create(folder, "."+filepath.Base(path)+".")
	if err != nil {
		return nil, at(path, err)
	}
	if runtime.GOOS != "windows" {
		err = f.Chmod(mode)
	}
	p := &pending{File: f, path: path}
	if err != nil {
		p.Discard()
		return nil, at(path, err)
	}
	return p, nil
}

// partial ends the names of files that are not yet whole.
const partial = ".part"

// create makes a file of a new name that begins with prefix, and holds it. The
// files that killed programs left are removed.
func create(folder, prefix string) (*os.File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), prefix); ok && strings.HasSuffix(name, partial) && e.Type().IsRegular() {
			if path := filepath.Join(folder, e.Name()); isAbandoned(path) {
				os.Remove(path)
			}
		}
	}
	for {
		f, err := os.CreateTemp(folder, prefix+"*"+partial)
		if err != nil {
			return nil, err
		}
		hold(f)
		// Another program may have taken it for abandoned before it was held.
		if _, err := os.Stat(f.Name()); err == nil {
			return f, nil
		}
		f.Close()
	}
}

// at says of an error that it is about path, not about the file beside it that
// nobody knows of.
func at(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: path, Err: e.Err}
	}
	return err
}

// reserve begins a file that will replace path and takes size bytes of the disk
// for it, so that there is room when it is written.
func reserve(path string, size int64) (*pending, error) {
	p, err := beside(path, 0o600)
	if err != nil {
		return nil, err
	}
	p.reserved, p.keep, p.aside = true, true, true
	if err := allocate(p.File, size); err != nil {
		p.Discard()
		return nil, at(path, err)
	}
	return p, nil
}

// zeroed is how much of the disk is taken by writing where the system cannot
// take it otherwise.
const zeroed = 64 << 20

// writeZeros makes the file size bytes long, or as long as is bearable.
func writeZeros(f *os.File, size int64) error {
	block := make([]byte, 1<<20)
	for size = min(size, zeroed); size > 0; size -= int64(len(block)) {
		if _, err := f.Write(block[:min(size, int64(len(block)))]); err != nil {
			return err
		}
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// Write writes to the file beside; an error is about the one to be.
func (p *pending) Write(b []byte) (int, error) {
	n, err := p.File.Write(b)
	return n, at(p.path, err)
}

// end gives back what was reserved and not written.
func (p *pending) end() error {
	if !p.reserved {
		return nil
	}
	size, err := p.Seek(0, io.SeekCurrent)
	if err == nil {
		err = p.Truncate(size)
	}
	return err
}

// Commit makes the file durable and puts it in its place.
func (p *pending) Commit() error {
	p.done = true
	err := cmp.Or(p.end(), p.Sync())
	if err = cmp.Or(err, p.Close()); err == nil {
		err = p.place()
	}
	if err != nil {
		os.Remove(p.Name())
		return at(p.path, err)
	}
	return syncFolder(filepath.Dir(p.path))
}

// errHeld is why a file could not be replaced.
var errHeld = errors.New("it is open in another program, or may not be replaced")

// place gives the file its name. A virus scanner holds the old one for a moment; a
// spreadsheet on Windows as long as it shows it, and what must not be lost then takes
// the first free name beside it, which is its path from now on.
func (p *pending) place() error {
	replace := func() error {
		if p.keep {
			if err := keepOld(p.path); err != nil {
				return err
			}
		}
		return os.Rename(p.Name(), p.path)
	}
	err := replace()
	for pause := 20 * time.Millisecond; mayBeOpenElsewhere(err) && pause < time.Second; pause *= 2 {
		time.Sleep(pause)
		err = replace()
	}
	if err == nil || !p.aside {
		return err
	}
	ext := filepath.Ext(p.path)
	for n := 2; n < 1000; n++ {
		free := fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(p.path, ext), n, ext)
		if _, taken := os.Lstat(free); errors.Is(taken, fs.ErrNotExist) {
			if os.Rename(p.Name(), free) != nil {
				return err
			}
			p.held = &fs.PathError{Op: "replace", Path: p.path, Err: errHeld}
			p.path = free
			return nil
		}
	}
	return err
}

// kept ends the name of a file that was replaced.
const kept = ".bak"

// keepOld keeps a file that is about to be replaced beside it. At no time is there
// none: it has both names before it loses the first.
func keepOld(path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil // nothing to keep
	}
	if err := os.Remove(path + kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(path, path+kept) == nil {
		return nil
	}
	return os.Rename(path, path+kept) // a file system without links
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

// replace writes a file whole, or leaves the old one, which stays as .bak.
func replace(path string, write func(io.Writer) error) error {
	out, err := beside(path, 0o600)
	if err != nil {
		return err
	}
	defer out.Discard()
	out.keep = true
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

// resultsLike is where results go beside a file of the same kind.
func resultsLike(input string) string {
	return strings.TrimSuffix(resultsName(input), ".csv") + tableKind(input)
}

// tableKind ends the name of a table that is written beside another one.
func tableKind(input string) string {
	if strings.EqualFold(filepath.Ext(input), ".xlsx") {
		return ".xlsx"
	}
	return ".csv"
}

// resultsName is where results go if nothing is said.
func resultsName(input string) string {
	return strings.TrimSuffix(input, filepath.Ext(input)) + ".results.csv"
}
