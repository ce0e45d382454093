package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

// desk is a person with a browser at a bulkimport serve that runs in this process.
type desk struct {
	t         *testing.T
	folder    string
	platform  *apstest.Server
	variables map[string]string
	out, err  *transcript
	*browser
	end func() int // stops the server as a signal does, and returns its exit status
}

// newDesk starts a stand-in.
func newDesk(t *testing.T, c apstest.Config) *desk {
	t.Helper()
	platform, err := apstest.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { platform.Close() })
	folder := t.TempDir()
	return &desk{t: t, folder: folder, platform: platform, variables: map[string]string{
		"HOME": folder, "XDG_CONFIG_HOME": filepath.Join(folder, "config"), "XDG_STATE_HOME": filepath.Join(folder, "state"),
		"BULKIMPORT_URL": platform.URL(), "BULKIMPORT_CONSUMER_KEY": platform.Key(), "BULKIMPORT_CONSUMER_SECRET": platform.Secret(),
	}}
}

// run runs a command to its end.
func (d *desk) run(ctx context.Context, out, errs io.Writer, args ...string) int {
	v := new(veil)
	return run(ctx, args, &env{in: strings.NewReader(""), out: newDoor(out, v), err: newDoor(errs, v), exit: os.Exit, veil: v,
		lookup: func(name string) (string, bool) { value, ok := d.variables[name]; return value, ok }})
}

// serve starts the server, and lets the person in.
func (d *desk) serve() {
	d.t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	status := make(chan int, 1)
	d.out, d.err = new(transcript), new(transcript)
	go func() { status <- d.run(ctx, d.out, d.err, "serve", "--no-browser") }()
	ended := false
	d.end = func() int {
		if ended {
			return -1
		}
		ended = true
		cancel(&interruption{os.Interrupt})
		return <-status
	}
	d.t.Cleanup(func() { d.end() })
	d.browser = enter(d.t, waitAddress(d.t, d.out, d.err))
}

// waitAddress waits until a server tells its address.
func waitAddress(t *testing.T, out, errs *transcript) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if address, _, ok := strings.Cut(out.String(), "\n"); ok {
			return address
		}
		if time.Now().After(end) {
			t.Fatalf("no address after 30 s: %s", errs.String())
		}
	}
}

// browser is a person's browser, who is in.
type browser struct {
	t      *testing.T
	origin string
	client *http.Client
}

// enter opens the address with its code.
func enter(t *testing.T, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, "http://" + u.Host, &http.Client{Jar: jar, Transport: transport}}
	answer, err := b.client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/" {
		t.Fatalf("%s leads to %s: %s", address, answer.Request.URL, answer.Status)
	}
	return b
}

// ask sends a request and returns what is answered.
func (b *browser) ask(method, path string, body io.Reader) (status int, text []byte, header http.Header) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.origin+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, text, answer.Header
}

// get reads an answer that has to be a good one.
func get[T any](b *browser, path string) (value T) {
	b.t.Helper()
	status, text, _ := b.ask(http.MethodGet, path, nil)
	return read[T](b, path, status, text)
}

// post sends a value and reads an answer that has to be a good one.
func post[T any](b *browser, path string, value any) T {
	b.t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		b.t.Fatal(err)
	}
	status, text, _ := b.ask(http.MethodPost, path, bytes.NewReader(body))
	return read[T](b, path, status, text)
}

func read[T any](b *browser, path string, status int, text []byte) (value T) {
	b.t.Helper()
	if status/100 != 2 {
		b.t.Fatalf("%s: %d %s", path, status, text)
	}
	if err := json.Unmarshal(text, &value); err != nil {
		b.t.Fatalf("%s: %v: %s", path, err, text)
	}
	return value
}

// refused sends a request that has to be turned away, and returns what is said.
func (b *browser) refused(want int, method, path, body string) answerError {
	b.t.Helper()
	status, text, _ := b.ask(method, path, strings.NewReader(body))
	var said struct {
		Error answerError `json:"error"`
	}
	if err := json.Unmarshal(text, &said); err != nil || status != want || said.Error.What == "" {
		b.t.Fatalf("%s %s: %d %s, want %d with words", method, path, status, text, want)
	}
	return said.Error
}

// handIn uploads a file and waits until it has been checked.
func (b *browser) handIn(name string, content []byte) fileAnswer {
	b.t.Helper()
	status, text, _ := b.ask(http.MethodPost, "/api/files?name="+url.QueryEscape(name), bytes.NewReader(content))
	return b.file(read[fileShort](b, "/api/files", status, text).ID)
}

// file is a file once it has been checked.
func (b *browser) file(id string) (f fileAnswer) {
	b.t.Helper()
	for range 20 {
		if f = get[fileAnswer](b, "/api/files/"+id+"?wait=1"); f.State != "checking" {
			return f
		}
	}
	b.t.Fatalf("%s is checked still", id)
	return f
}

// imports types the number of orders and waits for the end.
func (b *browser) imports(file string, more map[string]any) importAnswer {
	b.t.Helper()
	return b.watch(b.begins(file, more))
}

// begins types the number of orders and returns the import's id.
func (b *browser) begins(file string, more map[string]any) string {
	b.t.Helper()
	will := get[previewAnswer](b, "/api/files/"+file+"/preview")
	asked := map[string]any{"typed": will.Ask}
	for name, value := range more {
		asked[name] = value
	}
	return post[map[string]string](b, "/api/files/"+file+"/import", asked)["import"]
}

// watch follows the events of an import to its end.
func (b *browser) watch(id string) (last importAnswer) {
	b.t.Helper()
	_, text, header := b.ask(http.MethodGet, "/api/imports/"+id+"/events", nil)
	if kind := header.Get("Content-Type"); kind != "text/event-stream" {
		b.t.Fatalf("events are %s: %s", kind, text)
	}
	ended := false
	for event := range strings.SplitSeq(string(text), "\n\n") {
		_, data, ok := strings.Cut(event, "data: ")
		if ended = ended || strings.Contains(event, "event: end"); !ok || ended {
			continue
		}
		if err := json.Unmarshal([]byte(data), &last); err != nil {
			b.t.Fatalf("%v: %s", err, event)
		}
	}
	if !ended {
		b.t.Fatalf("the events end with %+v", last)
	}
	return last
}

// awaits waits until an import has done so many rows.
func (b *browser) awaits(id string, rows int) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		now := get[importAnswer](b, "/api/imports/"+id)
		if now.Done >= rows {
			return
		}
		if now.State.over() || time.Now().After(end) {
			b.t.Fatalf("it has not come to %d rows: %+v", rows, now)
		}
	}
}

// table is a download.
func (b *browser) table(path string) []byte {
	b.t.Helper()
	status, text, _ := b.ask(http.MethodGet, path, nil)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", path, status, text)
	}
	return text
}

// acts are those that the journal of a server has.
func (d *desk) acts() (acts []string) {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.folder, "state", "bulkimport", "ledger.serve", "audit.jsonl"))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var act struct {
			Time         time.Time
			Who          string
			Act          string
			File, Import string
		}
		if err := json.Unmarshal([]byte(line), &act); err != nil || act.Who == "" || act.Time.IsZero() {
			d.t.Fatalf("%v in line %s", err, line)
		}
		acts = append(acts, act.Act)
	}
	return acts
}

// planned is a template with this plan in all of its rows, but for the cells that
// change is given.
func (d *desk) planned(change func(row int, cells []string)) []byte {
	d.t.Helper()
	records := parseTable(d.t, d.table("/api/template?form=csv&plan="+d.platform.Plans()[0].ID))
	var b strings.Builder
	for i, record := range records {
		if i > 0 && change != nil {
			change(i+1, record)
		}
		for j, cell := range record {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%s"`, strings.ReplaceAll(cell, `"`, `""`))
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}
