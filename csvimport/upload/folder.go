package upload

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"bulkimport/csvimport/ledger/lockfile"
)

// Folder is a [Home] of one process, each record with a folder of its own.
type Folder struct {
	path string
	mu   sync.RWMutex // of writing, and of reading a record, which Windows would not replace meanwhile
}

var _ Home = (*Folder)(nil)

const about = "about.json"

// OpenFolder opens a folder, which its owner alone can read, and makes it where there
// is none.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return &Folder{path: path}, lockfile.SyncDir(filepath.Dir(path))
}

// at is where a part is, or would be.
func (f *Folder) at(id, part string) (string, error) {
	if !isID(id) {
		return "", fs.ErrNotExist
	}
	return filepath.Join(f.path, id, part), nil
}

// All are all records, in no order.
func (f *Folder) All() (all [][]byte, err error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := f.Record(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}

// Record is one of them.
func (f *Folder) Record(id string) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.record(id)
}

func (f *Folder) record(id string) ([]byte, error) {
	path, err := f.at(id, about)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Change puts a record in place of the old one: see [Home].
func (f *Folder) Change(id string, change func(old []byte) ([]byte, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, err := f.record(id)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := change(old)
	if err != nil {
		return err
	}
	return f.put(id, about, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// Read opens a part.
func (f *Folder) Read(id, part string) (io.ReadCloser, error) {
	path, err := f.at(id, part)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// Write puts a part in place of the old one once it is whole. One that fails leaves no
// record's folder behind that was not there.
func (f *Folder) Write(id, part string, write func(io.Writer) error) error {
	return f.put(id, part, write)
}

func (f *Folder) put(id, part string, write func(io.Writer) error) error {
	path, err := f.at(id, part)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	made := os.Mkdir(dir, 0o700)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return made
	}
	if err := replace(path, write); err != nil {
		if made == nil {
			os.Remove(dir)
		}
		return err
	}
	if made == nil {
		return lockfile.SyncDir(f.path)
	}
	return nil
}

// Append adds whole lines to the end of a part. A crash may have left a part of a line,
// which was never acknowledged.
func (f *Folder) Append(id, part string, lines []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, err := f.at(id, part)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(old) == 0 {
		return f.put(id, part, func(w io.Writer) error { _, err := w.Write(lines); return err })
	}
	if err != nil {
		return err
	}
	return extend(path, int64(bytes.LastIndexByte(old, '\n')+1), lines)
}

// extend writes at a place, from which on there was nothing whole, and makes it durable.
func extend(path string, at int64, more []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(at); err != nil {
		return err
	}
	if _, err := f.WriteAt(more, at); err != nil {
		return err
	}
	return f.Sync()
}

// Remove drops a record with its parts, if there is one.
func (f *Folder) Remove(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	record, err := f.at(id, about)
	if err != nil {
		return err
	}
	dir := filepath.Dir(record)
	if err := os.Remove(record); err != nil { // from here on it is not there: Sweep drops the rest
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := lockfile.SyncDir(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// Sweep drops parts without a record. Nothing is being added meanwhile.
func (f *Folder) Sweep() error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(f.path, e.Name())
		if _, err := os.Stat(filepath.Join(dir, about)); errors.Is(err, fs.ErrNotExist) && isID(e.Name()) {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace writes a file that takes the place of another one when it is whole and
// durable.
func replace(path string, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return lockfile.Replace(tmp.Name(), path)
}
