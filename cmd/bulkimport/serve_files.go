package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/sheet/delimited"
	"bulkimport/csvimport/upload"
)

// mostUpload is the largest file that is read, and so that is taken.
const mostUpload = delimited.DefaultMaxBytes

// How much is kept of what people hand in: else a disk, or a database, is full one day in
// the middle of an import.
const (
	mostFiles = 1000
	mostBytes = 16 << 30
)

// addFile keeps a file; the answer comes when it is durable.
func (s *service) addFile(w http.ResponseWriter, r *http.Request) error {
	name := plainName(r.URL.Query().Get("name"))
	if name == "" {
		return wrong("the file has no name", "name=NAME")
	}
	body, err := s.gate.Body(w, r, mostUpload)
	if errors.Is(err, serve.ErrTooLarge) {
		return &ending{status: statusUsage, err: err, hint: "at most 1 GiB; split the file"}
	}
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "upload", Name: name}); err != nil {
		return err
	}
	f, err := s.files.Add(upload.File{Name: name, Size: r.ContentLength, Who: s.personOf(r).Name, Uploaded: time.Now().UTC()}, body)
	if errors.Is(err, upload.ErrFull) {
		w.Header().Set("Connection", "close") // what follows is not read
		return &notNow{fmt.Sprintf("there is no room for this file: at most %s with %d GiB together are kept", count(mostFiles, "file"), mostBytes>>30),
			"delete files that nobody needs any more, on the page where they are handed in; their imports and results stay"}
	}
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || isTimeout(err) {
			return &ending{status: statusUsage, err: errors.New("the file did not arrive whole"), hint: "nothing was kept; hand it in again"}
		}
		return err
	}
	s.checks.of(f)
	return writeJSON(w, http.StatusCreated, shortOf(f))
}

// isTimeout reports whether somebody was too slow.
func isTimeout(err error) bool {
	slow, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && slow.Timeout()
}

// fileShort is a file in a list.
type fileShort struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Who      string    `json:"who"`
	Uploaded time.Time `json:"uploaded"`
}

func shortOf(f upload.File) fileShort { return fileShort{f.ID, f.Name, f.Size, f.Who, f.Uploaded} }

func (s *service) listFiles(w http.ResponseWriter, r *http.Request) error {
	files, err := s.files.Files()
	if err != nil {
		return err
	}
	list := make([]fileListed, 0, len(files))
	for _, f := range files {
		list = append(list, fileListed{shortOf(f), mayRemove(s.personOf(r), f)})
	}
	return writeJSON(w, http.StatusOK, list)
}

// fileListed is a file in the list that a person sees.
type fileListed struct {
	fileShort
	Mine bool `json:"mine"` // to delete
}

// mayRemove reports whether a person may delete a file: who handed it in may, and who
// administers.
func mayRemove(p serve.Person, f upload.File) bool {
	return p.Role.Allows(serve.Administer) || p.Role.Allows(serve.Import) && p.Name == f.Who
}

// removeFile deletes a file that no import needs any more.
func (s *service) removeFile(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	s.imports.queuing.Lock()
	defer s.imports.queuing.Unlock()
	f, err := s.files.File(id)
	if err != nil {
		return err
	}
	if !mayRemove(s.personOf(r), f) {
		writeError(w, http.StatusForbidden, "the file is another person's: "+s.say(f.Who)+" handed it in", "who handed it in may delete it, and who administers bulkimport serve")
		return nil
	}
	note := sync.OnceValue(func() error { return s.act(r, serve.Act{Act: "delete", File: id, Name: f.Name}) })
	err = s.files.Remove(id, func() error {
		imports, err := s.imports.all()
		if err != nil {
			return err
		}
		for i := range imports {
			if imports[i].File == id && !imports[i].State.over() {
				return &notNow{"an import of this file is not at its end", "wait until it is, or stop it"}
			}
		}
		return note()
	})
	if err != nil {
		return err
	}
	s.checks.forget(id)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// showFile tells how a file stands. With wait=1 it waits until it has been checked, a
// few seconds at most.
func (s *service) showFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.checkOf(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("wait") != "" {
		c.await(r.Context(), checkPatience)
	}
	return writeJSON(w, http.StatusOK, c.answer())
}

// checkPatience is how long an answer waits for a check.
const checkPatience = 5 * time.Second

// checkOf is the check of the file that a request names; it begins where there is none.
func (s *service) checkOf(r *http.Request) (*checking, error) {
	f, err := s.files.File(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.checks.of(f), nil
}

// mostRows is how many rows are shown at once.
const mostRows = 1000

func (s *service) showRows(w http.ResponseWriter, r *http.Request) error {
	c, err := s.checkOf(r)
	if err != nil {
		return err
	}
	q := upload.Query{Search: r.URL.Query().Get("search"), Fault: r.URL.Query().Get("fault")}
	if q.From, err = numberAsked(r, "from", 0, 1<<30); err != nil {
		return err
	}
	if q.Count, err = numberAsked(r, "count", 100, mostRows); err != nil {
		return err
	}
	switch only := r.URL.Query().Get("only"); only {
	case "", "all":
	case "marked":
		q.Only = upload.Marked
	case "errors":
		q.Only = upload.Errors
	case "warnings":
		q.Only = upload.Warnings
	default:
		return wrong("only is all, marked, errors or warnings", "reload the page")
	}
	page, err := c.page(q)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, page)
}

// open reads a file as it stands, with what was changed in it.
func (s *service) open(f upload.File) (*rows.File, error) {
	columns, err := s.connection.columnsOf(s.env)
	if err != nil {
		return nil, err
	}
	hidden, err := parseHidden(f.Reading.Hidden)
	if err != nil {
		return nil, err
	}
	edits, err := s.files.Edits(f.ID)
	if err != nil {
		return nil, err
	}
	body, err := s.files.Read(f.ID)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return rows.Open(body, f.Name, rows.ReadOptions{Now: time.Now(), Sheet: f.Reading.Sheet, Hidden: hidden, Columns: columns, Edits: edits.Cells})
}

// renamed is a file's name with another end.
func renamed(name, end string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + end }

// refuses reports whether a finding keeps its row from being imported.
func refuses(f *csvimport.Finding) bool { return f.Severity == csvimport.SeverityError }
