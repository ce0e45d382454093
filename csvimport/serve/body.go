package serve

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Bounds of a request's body.
const (
	leastRate = 16 << 10 // bytes a second
	bodyGrace = 30 * time.Second
)

// Errors of a body. Nothing was taken.
var (
	ErrLength   = errors.New("the request does not say how long it is")
	ErrTooLarge = errors.New("the request is too large")
)

// Body is a request's body of at most so many bytes, which has to come at 16 KiB a
// second on average: a slower one is cut off, and reading fails.
func Body(w http.ResponseWriter, r *http.Request, most int64) (io.ReadCloser, error) {
	switch {
	case r.ContentLength < 0:
		return nil, ErrLength
	case r.ContentLength > most:
		return nil, ErrTooLarge
	}
	time := time.Now().Add(bodyGrace + time.Duration(r.ContentLength/leastRate)*time.Second)
	if err := http.NewResponseController(w).SetReadDeadline(time); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	return http.MaxBytesReader(w, r.Body, most), nil
}
