package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// eventPatience is how long a listener may take for one event.
const eventPatience = 20 * time.Second

// Stream sends server-sent events, numbered from 1.
type Stream struct {
	w http.ResponseWriter
	c *http.ResponseController
	n int
}

// NewStream begins a stream.
func NewStream(w http.ResponseWriter) *Stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return &Stream{w: w, c: http.NewResponseController(w)}
}

// Send sends an event with a JSON value.
func (s *Stream) Send(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	s.n++
	return s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", s.n, name, text))
}

// Beat sends nothing, so that the connection is known to live.
func (s *Stream) Beat() error { return s.write(":\n\n") }

func (s *Stream) write(text string) error {
	if err := s.c.SetWriteDeadline(time.Now().Add(eventPatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.c.Flush()
}
