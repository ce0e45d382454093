package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"

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

// line is one of the changes of a file, which only grow: what is taken back stays there.
type line struct {
	Edit
	Undo string `json:"undo,omitempty"` // the last step that was not taken back is, by this undo
	Seen int    `json:"seen,omitempty"` // the version that had been seen; of another one it does nothing
}

// Edit keeps changes of cells.
func (s *Store) Edit(id string, edits []Edit) error {
	lines := make([]line, len(edits))
	for i, e := range edits {
		lines[i].Edit = e
	}
	return s.extend(id, lines)
}

// Undo takes the last step back that was not: a cell has again what it had before. The
// caller has seen this version. Errors are [ErrNewer] and [ErrUnchanged].
func (s *Store) Undo(id string, version int) error {
	if now, err := s.Edits(id); err != nil {
		return err
	} else if err := now.mayUndo(version); err != nil {
		return err
	}
	name := NewID()
	if err := s.extend(id, []line{{Undo: name, Seen: version}}); err != nil {
		return err
	}
	// Somebody else may have been faster.
	_, refused, err := s.changes(id)
	if err != nil {
		return err
	}
	return refused[name]
}

// mayUndo is nil if who has seen a version may take a step back.
func (e *Edits) mayUndo(version int) error {
	switch {
	case e.Version != version:
		return ErrNewer
	case e.Steps == 0:
		return ErrUnchanged
	}
	return nil
}

// extend adds lines to those of a file that is there.
func (s *Store) extend(id string, lines []line) error {
	f, err := s.File(id)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for i := range lines {
		if err := encoder.Encode(&lines[i]); err != nil {
			return err
		}
	}
	if err := s.home.Append(id, f.edits(), b.Bytes()); err != nil {
		return err
	}
	return Change(s.home, id, func(f *File) error { f.Changes += len(lines); return nil })
}

// readEdits reads whole lines: a crash may have left a part of one, which was never
// acknowledged.
func (s *Store) readEdits(id string) ([]byte, error) {
	f, err := s.File(id)
	if err != nil {
		return nil, err
	}
	body, err := s.home.Read(id, f.edits())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	return text[:bytes.LastIndexByte(text, '\n')+1], err
}

// Edits are what was changed in a file, but for what was taken back.
func (s *Store) Edits(id string) (Edits, error) {
	all, _, err := s.changes(id)
	return all, err
}

// changes are the edits, and why undos did nothing.
func (s *Store) changes(id string) (all Edits, refused map[string]error, err error) {
	all, refused = Edits{Cells: make(edited.Cells)}, make(map[string]error)
	text, err := s.readEdits(id)
	if err != nil {
		return all, nil, err
	}
	var steps []int // where each begins
	var kept []Edit
	for text := range bytes.Lines(text) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return all, nil, err
		}
		if l.Undo == "" {
			if !l.More || len(steps) == 0 {
				steps = append(steps, len(kept))
			}
			kept = append(kept, l.Edit)
		} else if err := all.mayUndo(l.Seen); err != nil {
			refused[l.Undo] = err
			continue
		} else {
			kept, steps = kept[:steps[len(steps)-1]], steps[:len(steps)-1]
		}
		all.Version++
		all.Steps = len(steps)
	}
	for _, e := range kept {
		if all.Cells[e.Row] == nil {
			all.Cells[e.Row] = make(map[int]string)
		}
		all.Cells[e.Row][e.Column] = e.Value
	}
	return all, refused, nil
}
