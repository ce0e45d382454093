package upload

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"bulkimport/csvimport/sheet/edited"
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

// Edit is a cell that a person has changed.
type Edit struct {
	Row    int    `json:"row"`    // as a spreadsheet numbers it
	Column int    `json:"column"` // from 0
	Value  string `json:"value"`
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

// Edit keeps changes of cells.
func (s *Store) Edit(id string, edits []Edit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, err := s.folder.Path(id, editsName)
	if err != nil {
		return err
	}
	old, err := readEdits(path)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(old)
	encoder := json.NewEncoder(&b)
	for _, e := range edits {
		if err := encoder.Encode(e); err != nil {
			return err
		}
	}
	if len(old) == 0 {
		return replace(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err })
	}
	return extend(path, int64(len(old)), b.Bytes()[len(old):])
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

// readEdits reads whole lines: a crash may have left a part of one, which was never
// acknowledged.
func readEdits(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text[:bytes.LastIndexByte(text, '\n')+1], err
}

// Edits are the cells that were changed in a file, and how often any was.
func (s *Store) Edits(id string) (cells edited.Cells, changes int, err error) {
	path, err := s.folder.Path(id, editsName)
	if err != nil {
		return nil, 0, err
	}
	text, err := readEdits(path)
	if err != nil {
		return nil, 0, err
	}
	cells = make(edited.Cells)
	for line := range bytes.Lines(text) {
		var e Edit
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, 0, err
		}
		if cells[e.Row] == nil {
			cells[e.Row] = make(map[int]string)
		}
		cells[e.Row][e.Column] = e.Value
		changes++
	}
	return cells, changes, nil
}
