package upload

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bulkimport/csvimport/ledger/lockfile"
)

// ErrNone is something that is not there.
var ErrNone = errors.New("there is nothing of this id")

// Folder keeps records, each with a folder of its own for what belongs to it. It is
// safe for concurrent use, as long as one writes a record at a time.
type Folder struct{ path string }

const about = "about.json"

// OpenFolder opens a folder, which its owner alone can read, and makes it where there
// is none.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return &Folder{path}, lockfile.SyncDir(filepath.Dir(path))
}

// NewID makes an id that nobody else has.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// isID reports whether a text can be an id: nothing else may become part of a path.
func isID(id string) bool {
	return len(id) == 16 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Path is where a file that belongs to a record is, or would be.
func (f *Folder) Path(id, name string) (string, error) {
	if !isID(id) {
		return "", ErrNone
	}
	return filepath.Join(f.path, id, name), nil
}

// Put keeps a record in place of the one there is.
func (f *Folder) Put(id string, record any) error {
	path, err := f.Path(id, about)
	if err != nil {
		return err
	}
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	made := false
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		made = true
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := replace(path, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	if made {
		return lockfile.SyncDir(f.path)
	}
	return nil
}

// Get reads a record.
func (f *Folder) Get(id string, record any) error {
	path, err := f.Path(id, about)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, record); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// IDs are those of all records, in no order.
func (f *Folder) IDs() ([]string, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(f.path, e.Name(), about)); err == nil && isID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
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
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return lockfile.SyncDir(filepath.Dir(path))
}
