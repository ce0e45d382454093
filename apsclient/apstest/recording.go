package apstest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Exchange is one request to a platform and its answer, as a recording has them.
type Exchange struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`              // raw
	Query   string            `json:"query,omitempty"`   // raw
	Age     int               `json:"age,omitempty"`     // minutes by which the signature was stamped in the past
	Asked   json.RawMessage   `json:"asked,omitempty"`   // the body
	Status  int               `json:"status"`            // 0: the connection ended without an answer
	Ahead   int               `json:"ahead,omitempty"`   // seconds by which the answer's date was ahead of the asker's clock
	Undated bool              `json:"undated,omitempty"` // the answer has no date
	Header  map[string]string `json:"header,omitempty"`
	Answer  json.RawMessage   `json:"answer,omitempty"` // where it was JSON
	Text    string            `json:"text,omitempty"`   // where it was something else
}

// Preface are the words that a recording begins with.
const Preface = "read it before you send it"

// WriteRecording writes exchanges for a person to read: the preface, what else there is
// to say, and then one JSON object after the other.
func WriteRecording(w io.Writer, words string, exchanges []Exchange) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s: %s\n", Preface, words)
	for _, e := range exchanges {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(e); err != nil {
			return err
		}
		out.WriteByte('\n')
		out.Write(b.Bytes())
	}
	return out.Flush()
}

// ReadRecording reads what WriteRecording has written. Its errors name the exchange
// that cannot be read.
func ReadRecording(r io.Reader) ([]Exchange, error) {
	in := bufio.NewReader(r)
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if first && !strings.HasPrefix(strings.TrimPrefix(line, "\ufeff"), Preface) {
			return nil, fmt.Errorf("it is not a recording: it does not begin with %q", Preface)
		}
		if err != nil {
			return nil, errors.New("nothing is recorded in it")
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	var exchanges []Exchange
	for d := json.NewDecoder(in); ; {
		var e Exchange
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			return exchanges, nil
		case err != nil:
			return nil, fmt.Errorf("exchange %d cannot be read: %w", len(exchanges)+1, err)
		case e.Method == "" || !strings.HasPrefix(e.Path, "/") || e.Status != 0 && (e.Status < 200 || e.Status > 599):
			return nil, fmt.Errorf("exchange %d has no method, path or status", len(exchanges)+1)
		}
		exchanges = append(exchanges, e)
	}
}

// Minutes is an age as Exchange has it.
func Minutes(age time.Duration) int { return int(age.Round(time.Minute) / time.Minute) }
