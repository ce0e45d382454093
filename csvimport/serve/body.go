package serve

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Bounds of a request's body.
const (
	leastRate    = 16 << 10 // bytes a second
	bodyPatience = 30 * time.Second
)

// Errors of a body. Nothing was taken.
var (
	ErrLength   = errors.New("the request does not say how long it is")
	ErrTooLarge = errors.New("the request is too large")
)

// Body is a request's body of at most so many bytes, which has to come at 16 KiB a
// second on average, and half a minute: a slower one is cut off, and reading fails.
func (g *Gate) Body(w http.ResponseWriter, r *http.Request, most int64) (io.Reader, error) {
	var err error
	switch {
	case r.ContentLength < 0:
		err = ErrLength
	case r.ContentLength > most:
		err = ErrTooLarge
	}
	if err != nil {
		w.Header().Set("Connection", "close") // what follows is not read
		return nil, err
	}
	g.cut(w, time.Duration(r.ContentLength/leastRate)*time.Second)
	return &body{http.MaxBytesReader(w, r.Body, most), w}, nil
}

// cut has what is left of a request come soon, with so much time beyond the usual.
func (g *Gate) cut(w http.ResponseWriter, more time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.patience + more))
}

// body takes the deadline back at its end: the request may be worked on for longer.
type body struct {
	io.Reader
	w http.ResponseWriter
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		_ = http.NewResponseController(b.w).SetReadDeadline(time.Time{})
	}
	return n, err
}
