package main

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"sync"

	"bulkimport/csvimport"
)

// events writes what happens as JSON, one object a line. It is safe for
// concurrent use. The first error of writing is kept: who reads has gone away.
type events struct {
	mu  sync.Mutex
	w   *bufio.Writer
	err error
}

func newEvents(w io.Writer) *events { return &events{w: bufio.NewWriterSize(w, 64<<10)} }

// summaryEvent is the last object of a command: its names in order after the
// type, which comes first.
type summaryEvent map[string]any

func (s summaryEvent) MarshalJSON() ([]byte, error) {
	text := []byte(`{"type":"summary"`)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if name == "type" {
			continue
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(s[name])
		if err != nil {
			return nil, err
		}
		text = append(append(append(append(text, ','), key...), ':'), value...)
	}
	return append(text, '}'), nil
}

// summaryOf sums rows up by status.
func summaryOf(rows int, counts map[csvimport.Status]int) summaryEvent {
	s := summaryEvent{"rows": rows}
	for _, status := range csvimport.Statuses() {
		s[string(status)] = counts[status]
	}
	return s
}

// emit writes one object and lets the reader have it.
func (e *events) emit(object any) {
	if m, ok := object.(map[string]any); ok && m["type"] == "summary" {
		object = summaryEvent(m)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return
	}
	encoder := json.NewEncoder(e.w)
	encoder.SetEscapeHTML(false)
	if e.err = encoder.Encode(object); e.err == nil {
		e.err = e.w.Flush()
	}
}

// Write writes whole lines that are JSON already.
func (e *events) Write(lines []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		if _, e.err = e.w.Write(lines); e.err == nil {
			e.err = e.w.Flush()
		}
	}
	if e.err != nil {
		return 0, e.err
	}
	return len(lines), nil
}

// failed returns the first error of writing.
func (e *events) failed() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func (e *events) row(r csvimport.Result) { e.emit(r.Text()) }

func (e *events) finding(f csvimport.Finding) {
	f = advised(f)
	f.Type = "finding"
	e.emit(f)
}

func (e *events) progress(s csvimport.Progress) {
	e.emit(struct {
		Type      string  `json:"type"`
		Done      int     `json:"done"`
		Total     int     `json:"total"`
		Failed    int     `json:"failed"`
		Unknown   int     `json:"unknown"`
		InFlight  int     `json:"in_flight"`
		PerSecond float64 `json:"per_second"`
		ETA       int     `json:"eta_s"`
	}{"progress", s.Done, s.Total, s.Failed, s.Unknown, s.InFlight, math.Round(s.PerSecond*10) / 10, int(s.ETA.Seconds())})
}
