package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/upload"
	"bulkimport/csvimport/visible"
)

// errAnswered is an error after which nothing can be said any more: the answer has
// begun.
var errAnswered = errors.New("answered")

// errCut is an error in the middle of a download, whose connection is cut: nobody is to
// take a part for the whole.
var errCut = errors.New("cut off")

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	text, err := json.Marshal(value)
	if err == nil {
		_, err = io.WriteString(w, visible.Lines(string(text))+"\n") // which means the same
	}
	if err != nil {
		return errAnswered
	}
	return nil
}

// answerError is what is said of a request that failed.
type answerError struct {
	What string `json:"what"`
	Hint string `json:"hint,omitempty"`
}

func writeError(w http.ResponseWriter, status int, what, hint string) {
	_ = writeJSON(w, status, map[string]answerError{"error": {what, hint}})
}

// fail says what went wrong with a request.
func (s *service) fail(w http.ResponseWriter, err error) {
	words, hint := s.explain(err)
	writeError(w, statusCode(err), s.say(words), s.say(hint))
}

// explain says in words what an error is and what a person can do about it.
func (s *service) explain(err error) (words, hint string) {
	if later, ok := errors.AsType[*notNow](err); ok {
		return later.what, later.hint
	}
	if errors.Is(err, serve.ErrUnreachable) {
		return teamRefusals(serve.Unreachable)
	}
	words, hint = s.env.explain(err)
	if asks, more := strings.CutSuffix(hint, tellsMore); more {
		hint = asks + " The lights of the first step tell more"
	}
	return words, hint
}

// say makes words ready to be shown.
func (s *service) say(words string) string { return s.env.veil.hide(clean(words)) }

// notNow is a request that does not fit how things stand.
type notNow struct{ what, hint string }

func (n *notNow) Error() string { return n.what }

// statusCode is the HTTP status of an error.
func statusCode(err error) int {
	var large *http.MaxBytesError
	switch _, later := errors.AsType[*notNow](err); {
	case later:
		return http.StatusConflict
	case errors.Is(err, serve.ErrUnreachable):
		return serve.Unreachable.Status()
	case errors.Is(err, upload.ErrNone):
		return http.StatusNotFound
	case errors.Is(err, serve.ErrLength):
		return http.StatusLengthRequired
	case errors.Is(err, serve.ErrTooLarge), errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case statusOf(err) == statusUsage:
		return http.StatusBadRequest
	case statusOf(err) == statusRefused, statusOf(err) == statusIncomplete:
		return http.StatusConflict
	}
	if _, ok := errors.AsType[*apsclient.Error](err); ok {
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// mostJSON bounds what a page sends at once.
const mostJSON = 8 << 20

// readRequest reads what a page sends. Names that are not known are mistakes.
func (s *service) readRequest(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := s.gate.Body(w, r, mostJSON)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return wrong("the request is not understood", "reload the page")
	}
	_, err = io.Copy(io.Discard, body) // to its end, so that the connection is free
	return err
}

// startDownload begins an answer that is a file.
func startDownload(w http.ResponseWriter, name string, form rows.Form) {
	kind := "text/csv; charset=utf-8"
	if form == rows.Workbook {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadPatience))
}

// downloadPatience is how long a download may take.
const downloadPatience = 10 * time.Minute

// tableAsked is the form of a table that a request asks for, and how its name ends.
func tableAsked(r *http.Request) (rows.Form, string, error) {
	switch r.URL.Query().Get("form") {
	case "", "csv":
		return rows.CSV, ".csv", nil
	case "xlsx":
		return rows.Workbook, ".xlsx", nil
	}
	return 0, "", wrong("tables are csv or xlsx", "form=csv or form=xlsx")
}

// numberAsked is a number in a request, from 0 on.
func numberAsked(r *http.Request, name string, usual, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, wrong(name+" is not a number from 0 on", "reload the page")
	}
	return min(n, most), nil
}

// plainName is the name of a file without folders, as people see it.
func plainName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return strings.TrimSpace(clean(name))
}
