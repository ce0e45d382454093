package apstest

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Replay answers as a platform was recorded to answer, whoever asks. It is safe for
// concurrent use.
type Replay struct {
	clock func() time.Time
	addr  string
	http  *http.Server

	mu      sync.Mutex
	answers map[string][]Exchange // by what was asked
	given   map[string]int        // how many of them were
}

// NewReplay returns an http.Handler that answers each request with what was recorded
// for its method, path and query, in the order in which it was recorded, and then from
// the first again. Moments in a query count as alike. What was not recorded is
// answered with 404. A nil clock is time.Now.
func NewReplay(exchanges []Exchange, clock func() time.Time) *Replay {
	if clock == nil {
		clock = time.Now
	}
	r := &Replay{clock: clock, answers: make(map[string][]Exchange), given: make(map[string]int)}
	for _, e := range exchanges {
		key := askedFor(e.Method, e.Path, e.Query, e.Age)
		r.answers[key] = append(r.answers[key], e)
	}
	return r
}

// StartReplay serves a recording at an address of this machine.
func StartReplay(listen string, exchanges []Exchange) (*Replay, error) {
	cfg := Config{Listen: listen}
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, err
	}
	r := NewReplay(exchanges, nil)
	r.addr = l.Addr().String()
	r.http = &http.Server{Handler: r, ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go r.http.Serve(l)
	return r, nil
}

// URL is the address of a replay that was started.
func (r *Replay) URL() string { return "http://" + r.addr }

// Close ends a replay that was started.
func (r *Replay) Close() error { return r.http.Close() }

var moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d(\.\d+)?(Z|(%2B|[+-])\d\d(:|%3A)\d\d)?`)

// askedFor is what tells requests apart.
func askedFor(method, path, query string, age int) string {
	return method + " " + path + "?" + moments.ReplaceAllString(query, "(a moment)") + " " + strconv.Itoa(age)
}

// ServeHTTP answers one request.
func (r *Replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, query, _ := strings.Cut(req.RequestURI, "?")
	e, ok := r.next(askedFor(req.Method, path, query, r.stamped(req)))
	switch {
	case !ok:
		words, _ := json.Marshal(map[string]string{"code": "NotRecorded", "message": req.Method + " " + path + " with this query is not in the recording"})
		r.send(w, Exchange{Status: http.StatusNotFound, Header: map[string]string{"Content-Type": mediaJSON}, Answer: words})
	case e.Status == 0:
		panic(http.ErrAbortHandler)
	default:
		r.send(w, e)
	}
}

func (r *Replay) next(key string) (Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.answers[key]
	if len(all) == 0 {
		return Exchange{}, false
	}
	n := r.given[key]
	r.given[key]++
	return all[n%len(all)], true
}

var stamps = regexp.MustCompile(`oauth_timestamp="(\d{1,12})"`)

// stamped is by how many minutes a request's signature is stamped in the past.
func (r *Replay) stamped(req *http.Request) int {
	m := stamps.FindStringSubmatch(req.Header.Get("Authorization"))
	if m == nil {
		return 0
	}
	seconds, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0
	}
	return Minutes(r.clock().Sub(time.Unix(seconds, 0)))
}

func (r *Replay) send(w http.ResponseWriter, e Exchange) {
	h := w.Header()
	for name, value := range e.Header {
		h.Set(name, value)
	}
	h["Date"] = nil
	if !e.Undated {
		h.Set("Date", r.clock().Add(time.Duration(e.Ahead)*time.Second).UTC().Format(http.TimeFormat))
	}
	body := []byte(e.Text)
	if e.Answer != nil {
		body = e.Answer
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.Status)
	w.Write(body)
}
