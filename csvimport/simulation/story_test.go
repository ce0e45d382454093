package simulation_test

import (
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"slices"
	"strings"
	"sync"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

// story is what happened in a world. Two worlds of one seed have the same story,
// whatever order things took that happened at the same moment.
type story struct {
	began time.Time
	tell  bool // keep the lines

	mu     sync.Mutex
	closed bool
	sum    uint64
	lines  []line
}

type line struct {
	at   time.Duration
	text string
}

// note adds to the story.
func (s *story) note(format string, args ...any) {
	l := line{time.Since(s.began), fmt.Sprintf(format, args...)}
	h := fnv.New64a()
	fmt.Fprintln(h, l.at, l.text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.sum += mix(h.Sum64())
	if s.tell {
		s.lines = append(s.lines, l)
	}
}

// close ends the story.
func (s *story) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// String is the story, a line for each event.
func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.lines, func(a, b line) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.text, b.text)
	})
	var b strings.Builder
	for _, l := range s.lines {
		fmt.Fprintf(&b, "%14s  %s\n", l.at.Round(time.Millisecond), l.text)
	}
	return b.String()
}
