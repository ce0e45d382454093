package main

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

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
	for _, status := range statusOrder {
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

// rowEvent is the end of a row: the columns of the results file and the
// subscription.
type rowEvent struct {
	Type        string `json:"type"`
	Line        int    `json:"line"`
	SubID       string `json:"sub_id"`
	Status      string `json:"status"`
	OrderID     string `json:"order_id"`
	OrderNumber string `json:"order_number"`
	OrderStatus string `json:"order_status"`
	Account     string `json:"account"`
	AccountName string `json:"account_name"`
	PlanName    string `json:"plan_name"`
	CutOff      string `json:"cut_off"`
	Reference   string `json:"reference"`
	HTTPStatus  int    `json:"http_status"`
	ErrorCode   string `json:"error_code"`
	Error       string `json:"error"`
	Attempts    int    `json:"attempts"`
	SubmittedAt string `json:"submitted_at"`
	FinishedAt  string `json:"finished_at"`
}

func (e *events) row(r csvimport.Result) { e.emit(rowObject(r)) }

func rowObject(r csvimport.Result) rowEvent {
	return rowEvent{
		Type: "row", Line: r.Line, SubID: r.SubID, Status: string(r.Status),
		OrderID: r.OrderID, OrderNumber: r.OrderNumber, OrderStatus: r.OrderStatus,
		Account: r.Account, AccountName: r.AccountName, PlanName: r.PlanName, CutOff: r.CutOff,
		Reference: r.Reference, HTTPStatus: r.HTTPStatus, ErrorCode: r.ErrorCode, Error: r.Error,
		Attempts: r.Attempts, SubmittedAt: moment(r.SubmittedAt), FinishedAt: moment(r.FinishedAt),
	}
}

// moment writes a time in UTC, empty if there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

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
