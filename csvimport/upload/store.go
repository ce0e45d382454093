package upload

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
)

// File is an uploaded file.
type File struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"` // as its owner calls it, without folders
	Size     int64     `json:"size"` // in bytes
	Who      string    `json:"who"`
	Uploaded time.Time `json:"uploaded"`

	Reading Reading `json:"reading"`
	Changes int     `json:"changes,omitempty"` // of cells so far

	Shown  map[string]json.RawMessage `json:"shown,omitempty"`  // what people saw of it last, by their names
	Leaves bool                       `json:"leaves,omitempty"` // it is being deleted
}

// Reading is what a person has said of how the file is to be read. Its zero value is
// nothing.
type Reading struct {
	Sheet  string `json:"sheet,omitempty"`  // of a workbook
	Hidden string `json:"hidden,omitempty"` // what becomes of its hidden rows
}

// Store keeps uploaded files. It is safe for concurrent use.
type Store struct {
	home Home
	room room
}

const (
	bytesName = "upload"
	editsName = "edits.jsonl"
)

// NewStore returns the store of a home.
func NewStore(h Home, m Most) *Store { return &Store{home: h, room: room{most: m}} }

// Add keeps a file of size bytes. It is there for others once it is whole and durable.
func (s *Store) Add(f File, from io.Reader) (File, error) {
	giveBack, err := s.room.take(f.Size, s.Files)
	if err != nil {
		return f, err
	}
	defer giveBack()
	f.ID = NewID()
	err = s.home.Write(f.ID, bytesName, func(w io.Writer) error {
		n, err := io.Copy(w, from)
		if err == nil && n != f.Size {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return f, err
	}
	return f, Put(s.home, f.ID, f)
}

// Sweep drops what uploads that were cut off by a crash have left. Nothing is being
// added meanwhile.
func (s *Store) Sweep() error { return s.home.Sweep() }

// Files are all of them, the newest first.
func (s *Store) Files() ([]File, error) {
	all, err := Every[File](s.home)
	slices.SortFunc(all, func(a, b File) int { return cmp.Or(b.Uploaded.Compare(a.Uploaded), cmp.Compare(a.ID, b.ID)) })
	return all, err
}

// File is one of them.
func (s *Store) File(id string) (f File, err error) { return f, Get(s.home, id, &f) }

// Read opens the bytes as they came.
func (s *Store) Read(id string) (io.ReadCloser, error) { return s.home.Read(id, bytesName) }

// ErrLeaves is a file that is being deleted.
var ErrLeaves = errors.New("the file is being deleted")

// Need does something for which a file has to stay: it is not deleted meanwhile. do may
// be called again.
func (s *Store) Need(id string, do func() error) error {
	return Change(s.home, id, func(f *File) error {
		if f.Leaves {
			return ErrLeaves
		}
		return do()
	})
}

// Remove drops a file, with what was changed in it, unless needed has an error. What is
// done by [Store.Need] comes before needed is asked, or fails.
func (s *Store) Remove(id string, needed func() error) error {
	err := Change(s.home, id, func(f *File) error {
		f.Leaves = true
		return needed()
	})
	if err != nil {
		return err
	}
	return s.home.Remove(id)
}

// Show keeps what a person is shown of a file, in place of what that person saw before.
func (s *Store) Show(id, who string, shown any) error {
	text, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	return Change(s.home, id, func(f *File) error {
		if f.Shown == nil {
			f.Shown = make(map[string]json.RawMessage)
		}
		f.Shown[who] = text
		return nil
	})
}

// Agree takes away what anybody saw of a file, so that it is agreed to once, unless agree,
// which is given what this person saw, has an error. What is not there is zero.
func Agree[T any](s *Store, id, who string, agree func(T) error) error {
	return Change(s.home, id, func(f *File) error {
		var saw T
		if text, ok := f.Shown[who]; ok {
			if err := decode(text, &saw); err != nil {
				return err
			}
		}
		f.Shown = nil
		return agree(saw)
	})
}

// SetReading keeps how a file is to be read. What was changed in another sheet's cells is
// kept with that sheet.
func (s *Store) SetReading(id string, r Reading) error {
	return Change(s.home, id, func(f *File) error {
		f.Reading = r
		return nil
	})
}

// edits is the part that has what was changed in the sheet that is read.
func (f *File) edits() string {
	if f.Reading.Sheet == "" {
		return editsName
	}
	sheet := sha256.Sum256([]byte(f.Reading.Sheet))
	return hex.EncodeToString(sheet[:8]) + "-" + editsName
}
