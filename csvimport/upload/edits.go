package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"bulkimport/csvimport/sheet/edited"
)

// Edit is a cell that a person has changed.
type Edit struct {
	Row    int    `json:"row"`    // as a spreadsheet numbers it
	Column int    `json:"column"` // from 0
	Value  string `json:"value"`
	More   bool   `json:"more,omitempty"` // it was changed together with the one before
}

// Edits are what was changed in a file.
type Edits struct {
	Cells   edited.Cells
	Steps   int // that can be taken back, one after the other
	Version int // another one after each change
}

// Errors of taking back. Nothing was changed.
var (
	ErrUnchanged = errors.New("there is nothing to take back")
	ErrNewer     = errors.New("the file was changed meanwhile")
)

// line is one of the file of edits, which only grows: what is taken back stays in it.
type line struct {
	Edit
	Undo bool `json:"undo,omitempty"` // the last step that was not taken back is
}

// Edit keeps changes of cells.
func (s *Store) Edit(id string, edits []Edit) error {
	lines := make([]any, 0, len(edits))
	for _, e := range edits {
		lines = append(lines, e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.extend(id, lines)
}

// Undo takes the last step back that was not: a cell has again what it had before. The
// caller has seen this version. Errors are [ErrNewer] and [ErrUnchanged].
func (s *Store) Undo(id string, version int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.Edits(id)
	switch {
	case err != nil:
		return err
	case now.Version != version:
		return ErrNewer
	case now.Steps == 0:
		return ErrUnchanged
	}
	return s.extend(id, []any{map[string]bool{"undo": true}})
}

// extend adds lines to those of a file that is there, with the lock held.
func (s *Store) extend(id string, lines []any) error {
	if _, err := s.File(id); err != nil {
		return err
	}
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
	for _, l := range lines {
		if err := encoder.Encode(l); err != nil {
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

// Edits are what was changed in a file, but for what was taken back.
func (s *Store) Edits(id string) (Edits, error) {
	all := Edits{Cells: make(edited.Cells)}
	path, err := s.folder.Path(id, editsName)
	if err != nil {
		return all, err
	}
	text, err := readEdits(path)
	if err != nil {
		return all, err
	}
	var steps []int // where each begins
	var kept []Edit
	for text := range bytes.Lines(text) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return all, err
		}
		all.Version++
		switch {
		case !l.Undo:
			if !l.More || len(steps) == 0 {
				steps = append(steps, len(kept))
			}
			kept = append(kept, l.Edit)
		case len(steps) > 0:
			kept, steps = kept[:steps[len(steps)-1]], steps[:len(steps)-1]
		}
	}
	all.Steps = len(steps)
	for _, e := range kept {
		if all.Cells[e.Row] == nil {
			all.Cells[e.Row] = make(map[int]string)
		}
		all.Cells[e.Row][e.Column] = e.Value
	}
	return all, nil
}
