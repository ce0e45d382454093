package upload

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"bulkimport/csvimport/ledger/lockfile"
)

// File is an uploaded file.
type File struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"` // as its owner calls it, without folders
	Size     int64     `json:"size"` // in bytes
	Who      string    `json:"who"`
	Uploaded time.Time `json:"uploaded"`

	Reading Reading `json:"reading"`
}

// Reading is what a person has said of how the file is to be read. Its zero value is
// nothing.
type Reading struct {
	Sheet  string `json:"sheet,omitempty"`  // of a workbook
	Hidden string `json:"hidden,omitempty"` // what becomes of its hidden rows
}

// Store keeps uploaded files. It is safe for concurrent use.
type Store struct {
	folder *Folder
	mu     sync.Mutex // of writing
}

const (
	bytesName = "upload"
	editsName = "edits.jsonl"
)

// Open opens a store, and makes it where there is none.
func Open(path string) (*Store, error) {
	f, err := OpenFolder(path)
	if err != nil {
		return nil, err
	}
	return &Store{folder: f}, nil
}

// Add keeps a file of size bytes. It is there for others once it is whole and durable.
func (s *Store) Add(f File, from io.Reader) (File, error) {
	f.ID = NewID()
	path, err := s.folder.Path(f.ID, bytesName)
	if err != nil {
		return f, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return f, err
	}
	err = replace(path, func(w io.Writer) error {
		n, err := io.Copy(w, from)
		if err == nil && n != f.Size {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	if err == nil {
		err = s.folder.Put(f.ID, f)
	}
	if err != nil {
		os.RemoveAll(filepath.Dir(path))
	}
	return f, err
}

// Sweep drops what uploads that were cut off by a crash have left. Nothing is being
// added meanwhile.
func (s *Store) Sweep() error {
	entries, err := os.ReadDir(s.folder.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(s.folder.path, e.Name())
		if _, err := os.Stat(filepath.Join(dir, about)); errors.Is(err, fs.ErrNotExist) && isID(e.Name()) {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// Files are all of them, the newest first.
func (s *Store) Files() ([]File, error) {
	ids, err := s.folder.IDs()
	if err != nil {
		return nil, err
	}
	var all []File
	for _, id := range ids {
		f, err := s.File(id)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b File) int { return cmp.Or(b.Uploaded.Compare(a.Uploaded), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// File is one of them.
func (s *Store) File(id string) (f File, err error) { return f, s.folder.Get(id, &f) }

// Read opens the bytes as they came.
func (s *Store) Read(id string) (io.ReadCloser, error) {
	path, err := s.folder.Path(id, bytesName)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// Remove drops a file, with what was changed in it.
func (s *Store) Remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.File(id); err != nil {
		return err
	}
	record, err := s.folder.Path(id, about)
	if err != nil {
		return err
	}
	if err := os.Remove(record); err != nil { // from here on it is not there: Sweep drops the rest
		return err
	}
	if err := lockfile.SyncDir(filepath.Dir(record)); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Dir(record))
}

// SetReading keeps how a file is to be read. What was changed in cells before is
// dropped: it was of other rows.
func (s *Store) SetReading(id string, r Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.File(id)
	if err != nil || f.Reading == r {
		return err
	}
	if f.Reading.Sheet != r.Sheet {
		path, err := s.folder.Path(id, editsName)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f.Reading = r
	return s.folder.Put(id, f)
}
