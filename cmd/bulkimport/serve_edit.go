package main

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/upload"
)

// editRequest changes cells: each by itself, or all that have a fault.
type editRequest struct {
	Edits []struct {
		Row    int    `json:"row"`
		Column string `json:"column"`
		Value  string `json:"value"`
		More   bool   `json:"more"` // changed together with the one before: taken back together, too
	} `json:"edits"`
	Fault string `json:"fault"`
	Value string `json:"value"`
	Empty bool   `json:"empty"` // all cells of the rows that have the fault: they are no rows then
}

const (
	mostCell   = 32_767   // characters, as in a spreadsheet
	mostEdits  = 10_000   // at once, each by itself
	mostEdited = 64 << 20 // bytes at once
)

// editFile changes cells. The file that was handed in stays as it came.
func (s *service) editFile(w http.ResponseWriter, r *http.Request) error {
	var asked editRequest
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	c, err := s.checkOf(r)
	if err != nil {
		return err
	}
	c.await(r.Context(), checkPatience)
	var edits []upload.Edit
	if asked.Fault != "" {
		edits, err = c.everywhere(&asked)
	} else {
		edits, err = c.edits(&asked)
	}
	if err != nil {
		return err
	}
	more := count(len(edits), "cell")
	if err := s.act(r, serve.Act{Act: "edit", File: c.file.ID, Name: c.file.Name, More: more}); err != nil {
		return err
	}
	if err := s.files.Edit(c.file.ID, edits); err != nil {
		return err
	}
	return s.checkAgain(w, r, c.file.ID)
}

// undoEdit takes the last change back, if it is the one that the person has seen.
func (s *service) undoEdit(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Version int `json:"version"`
	}
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	f, err := s.files.File(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "undo", File: f.ID, Name: f.Name}); err != nil {
		return err
	}
	switch err := s.files.Undo(f.ID, asked.Version); {
	case errors.Is(err, upload.ErrNewer):
		return &notNow{"somebody else has changed the file meanwhile", "look at it as it is now; nothing was taken back"}
	case errors.Is(err, upload.ErrUnchanged):
		return &notNow{"there is no change to take back", "the file is as it was handed in"}
	case err != nil:
		return err
	}
	return s.checkAgain(w, r, f.ID)
}

// checkAgain checks a file that has changed, and answers how it stands then.
func (s *service) checkAgain(w http.ResponseWriter, r *http.Request, id string) error {
	f, err := s.files.File(id)
	if err != nil {
		return err
	}
	c := s.checks.again(f)
	c.await(r.Context(), checkPatience)
	return writeJSON(w, http.StatusOK, c.answer())
}

// edits are changes of single cells.
func (c *checking) edits(asked *editRequest) ([]upload.Edit, error) {
	if len(asked.Edits) == 0 {
		return nil, wrong("nothing is to be changed", "reload the page")
	}
	if len(asked.Edits) > mostEdits {
		return nil, wrong("too many cells at once", "at most "+number(mostEdits))
	}
	var edits []upload.Edit
	for _, e := range asked.Edits {
		column := c.column(e.Column)
		if column < 0 || e.Row < 1 || e.Row > c.lastRow() {
			return nil, wrong("the file has no cell in row "+number(e.Row)+", column "+quote(e.Column), "reload the page")
		}
		edits = append(edits, upload.Edit{Row: e.Row, Column: column, Value: e.Value, More: e.More})
	}
	return edits, mayHold(edits)
}

// everywhere is one value for all cells that have a fault, or none for all cells of
// their rows.
func (c *checking) everywhere(asked *editRequest) ([]upload.Edit, error) {
	c.mu.Lock()
	whole, view, columns := c.whole, c.view, []int(nil)
	for _, list := range c.list.first {
		for _, f := range list {
			if faultKey(&f.Finding) == asked.Fault {
				columns = c.toChange(f, asked.Empty)
			}
		}
	}
	c.mu.Unlock()
	if !whole {
		return nil, &notNow{"the file is still being checked", "wait until all of its rows have been"}
	}
	var edits []upload.Edit
	if len(columns) > 0 {
		rows, err := view.Rows(asked.Fault)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			for _, column := range columns {
				edits = append(edits, upload.Edit{Row: row, Column: column, Value: asked.Value, More: len(edits) > 0})
			}
		}
	}
	if len(edits) == 0 {
		return nil, &notNow{"no cell has this fault any more", "reload the page"}
	}
	return edits, mayHold(edits)
}

// toChange are the columns that the mend of a fault changes: all of them where its rows
// are emptied.
func (c *checking) toChange(f *sameFinding, empty bool) (columns []int) {
	if !empty {
		if column := columnIndex(f.Letter); column >= 0 {
			columns = append(columns, column)
		}
		return columns
	}
	for column := range c.columns {
		columns = append(columns, column)
	}
	return columns
}

// mayHold refuses values that no cell can hold, or more of them than a file may grow by.
func mayHold(edits []upload.Edit) error {
	size := 0
	for i := range edits {
		v := edits[i].Value
		if size += len(v); size > mostEdited {
			return wrong("too much text at once", "fewer cells, or a shorter text")
		}
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) || utf8.RuneCountInString(v) > mostCell {
			return wrong("a cell cannot hold this", "text of at most "+number(mostCell)+" characters")
		}
	}
	return nil
}

// column is the place of a column by its name or its letter, -1 if there is none.
func (c *checking) column(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, col := range c.columns {
		if col.Name == name {
			return i
		}
	}
	for i, col := range c.columns {
		if col.Letter == name {
			return i
		}
	}
	return -1
}

func (c *checking) lastRow() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// setReading says how a file is to be read.
func (s *service) setReading(w http.ResponseWriter, r *http.Request) error {
	var asked upload.Reading
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	if _, err := parseHidden(asked.Hidden); err != nil {
		return err
	}
	id := r.PathValue("id")
	f, err := s.files.File(id)
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "reading", File: id, Name: f.Name, More: strings.TrimSpace(asked.Sheet + " " + asked.Hidden)}); err != nil {
		return err
	}
	if err := s.files.SetReading(id, asked); err != nil {
		return err
	}
	return s.checkAgain(w, r, id)
}

// mended is the file as it stands, with what was changed in it.
func (s *service) mended(w http.ResponseWriter, r *http.Request) error {
	form, kind, err := tableAsked(r)
	if err != nil {
		return err
	}
	f, err := s.files.File(r.PathValue("id"))
	if err != nil {
		return err
	}
	file, err := s.open(f)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := fits(output{"form", "mended" + kind}, form, file); err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "download mended file", File: f.ID, Name: f.Name}); err != nil {
		return err
	}
	startDownload(w, renamed(f.Name, ".mended"+kind), form)
	out := rows.NewWriter(w, form)
	if out.Write(file.Header()) != nil {
		return errCut
	}
	next := 2
	for row := range file.Rows() {
		for ; next < row.Row; next++ { // so that rows keep their numbers
			_ = out.Blank()
		}
		next++
		if out.Write(row.Cells) != nil {
			return errCut
		}
	}
	if out.Close() != nil {
		return errCut
	}
	return nil
}
