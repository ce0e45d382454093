package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/visible"
)

// recorder keeps what doctor's checks asked and were answered, for whoever mends
// bulkimport to look at.
type recorder struct {
	path string

	mu      sync.Mutex
	heard   []apsclient.Exchange
	bytes   int
	leftOut int
}

// mostRecorded is how many bytes of answers are kept.
const mostRecorded = 64 << 20

// newRecorder fails where the recording could not be written. It replaces a recording,
// and no other file.
func (o *doctor) newRecorder(path string) (*recorder, error) {
	if path == standardInput {
		return nil, wrong("--record - has no place to go: stdout is for the checks", "name a file")
	}
	if err := o.connection.mayWrite(o.env, "", output{"--record", path}); err != nil {
		return nil, err
	}
	if err := writable(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &recorder{path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	begins, err := io.ReadAll(io.LimitReader(f, int64(len(apstest.Preface))))
	if err == nil && len(begins) > 0 && string(begins) != apstest.Preface {
		err = wrong("--record "+path+" is a file that is there already, and no recording", "name another file")
	}
	return &recorder{path: path}, err
}

func (r *recorder) hear(e apsclient.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes += len(e.Answer); r.bytes > mostRecorded {
		r.leftOut++
		return
	}
	e.Body, e.Answer = slices.Clone(e.Body), slices.Clone(e.Answer)
	r.heard = append(r.heard, e)
}

// recordingWords follow the words that a recording begins with.
const recordingWords = `what bulkimport doctor asked a platform, and what it was answered.
Credentials are left out. Names, addresses, e-mail addresses, ids and long numbers are
replaced, each by the same thing wherever it stands, as far as bulkimport knows them.
bulkimport sandbox --replay FILE answers from it.`

// keep writes what was heard; s tells further words that nobody else is to read.
func (r *recorder) keep(e *env, s *settings) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := newDisguise("00000000-0000-4000-8000-000000000000")
	for _, word := range []string{s.consumerKey, s.clientID, s.username, s.host()} {
		if word != "" {
			d.whole(word)
		}
	}
	d.learning = true
	d.exchanges(r.heard)
	d.learning = false
	exchanges := d.exchanges(r.heard) // names are found in sentences that came before them, too
	var text bytes.Buffer
	if err := apstest.WriteRecording(&text, recordingWords, exchanges); err != nil {
		return err
	}
	if err := replace(r.path, func(w io.Writer) error {
		_, err := io.WriteString(w, visible.Lines(e.veil.hide(text.String())))
		return err
	}); err != nil {
		return err
	}
	left := ""
	if r.leftOut > 0 {
		left = fmt.Sprintf("; %s left out, which would have made it too large", count(r.leftOut, "answer"))
	}
	fmt.Fprintf(e.err, "%s holds %s and the answers%s: %s\n", r.path, count(len(exchanges), "request"), left, apstest.Preface)
	return nil
}

// headersKept are those of answers that say how the platform works.
var headersKept = []string{"Content-Type", "Content-Range", "Retry-After", "X-Apsbooster-Response"}

// exchanges is what was heard, disguised.
func (d *disguise) exchanges(heard []apsclient.Exchange) []apstest.Exchange {
	all := make([]apstest.Exchange, len(heard))
	for i, h := range heard {
		x := apstest.Exchange{Method: h.Method, Path: d.address(h.Path), Query: d.address(h.Query), Age: apstest.Minutes(h.Age), Status: h.Status,
			Ahead: int(h.Ahead.Round(time.Second) / time.Second), Undated: h.Header.Get("Date") == ""}
		if asked, err := d.json(h.Body); err == nil {
			x.Asked = asked
		}
		for _, name := range headersKept {
			if value := h.Header.Get(name); value != "" {
				if x.Header == nil {
					x.Header = make(map[string]string)
				}
				x.Header[name] = value
			}
		}
		var err error
		if x.Answer, err = d.json(h.Answer); err != nil {
			x.Answer, x.Text = nil, d.page(string(h.Answer))
		}
		all[i] = x
	}
	return all
}

var pageTitle = regexp.MustCompile(`(?is)<title\b[^>]*>([^<]*)</title`)

// page keeps of what is no JSON the title alone: a page may hold anything.
func (d *disguise) page(text string) string {
	if m := pageTitle.FindStringSubmatch(text); m != nil {
		return "<html><head><title>" + d.within(strings.TrimSpace(m[1])) + "</title></head></html>"
	}
	return ""
}
