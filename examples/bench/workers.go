package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// workers measures one import in the hands of three machines beside one machine's.
func (b *bench) workers(ctx context.Context) error {
	var cluster pgtest.Cluster
	defer cluster.Close()
	if why, err := cluster.Missing(); why != "" || err != nil {
		b.say("workers: left out: %s", why)
		return err
	}
	w := world{tenants: b.rows(3000), latency: 200 * time.Millisecond}
	if err := b.crews(ctx, &cluster, w, fmt.Sprintf("import %s rows, 200 ms, three workers", grouped(w.tenants)), 2.8); err != nil {
		return err
	}
	w.tenants, w.faults = b.rows(1200), []string{"rate-limit=15"}
	return b.crews(ctx, &cluster, w, fmt.Sprintf("import %s rows, 15 orders/s at the platform, three workers", grouped(w.tenants)), 0.95)
}

// crews measures three machines and one by turns.
func (b *bench) crews(ctx context.Context, cluster *pgtest.Cluster, w world, what string, bar float64) error {
	var three, one, ratio []float64
	for round := range b.rounds {
		var many, alone placed
		both := []func() error{
			func() (err error) { alone, err = b.crewOnce(ctx, cluster, w, 1); return err },
			func() (err error) { many, err = b.crewOnce(ctx, cluster, w, 3); return err },
		}
		for i := range both {
			if err := both[(i+round)%2](); err != nil {
				return err
			}
		}
		three, one = append(three, many.afterFirst()), append(one, alone.afterFirst())
		ratio = append(ratio, many.afterFirst()/alone.afterFirst())
	}
	b.add(line{what: what, measured: grouped(median(three)) + " orders/s", beside: "one worker " + grouped(median(one)) + "/s",
		ratio: fmt.Sprintf("%.2f", median(ratio)) + spread(ratio), bar: fmt.Sprintf("≥ %.2f", bar), reached: b.judge(median(ratio) >= bar)})
	b.note("workers: bulkimport serve, with two bulkimport work or without, on one PostgreSQL of this machine, 4 orders in flight each; from the order after the first to the last, " +
		"so that what it takes the others to join counts. Orders accepted, those that the platform refused for now left out.")
	return nil
}

// crewOnce imports w's rows by the page of one machine, with further ones beside it.
func (b *bench) crewOnce(ctx context.Context, cluster *pgtest.Cluster, w world, machines int) (p placed, err error) {
	s, err := b.start(ctx, w)
	if err != nil {
		return p, err
	}
	defer s.stop()
	database, release, err := cluster.Borrow()
	if err != nil {
		return p, err
	}
	defer release()
	c := crew{b: b, s: s, database: database}
	defer c.end()
	if err := c.begin(machines); err != nil {
		return p, err
	}
	results := filepath.Join(b.scratch, "results.csv")
	if err := c.imports(ctx, results); err != nil {
		return p, err
	}
	p.rows = s.rows
	if p.seen, err = s.seen(); err == nil {
		err = resultsRight(s, results, "completed")
	}
	return p, wrongIf(fmt.Sprintf("import of %d rows by %d machines", s.rows, machines), err)
}

// crew is machines with one database, and a person at the page of the first.
type crew struct {
	b        *bench
	s        *standin
	database string
	running  []*exec.Cmd
	folders  []string
	words    firstLine
	browser  http.Client
	origin   string
}

// firstLine is the first line a program says.
type firstLine struct {
	mu   sync.Mutex
	text bytes.Buffer
	said chan string
}

func (f *firstLine) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text.Write(p)
	if line, _, ok := strings.Cut(f.text.String(), "\n"); ok {
		select {
		case f.said <- line:
		default:
		}
	}
	return len(p), nil
}

// begin starts the programs and lets the person in.
func (c *crew) begin(machines int) error {
	c.words.said = make(chan string, 1)
	if err := c.run(&c.words, "serve", "--no-browser"); err != nil {
		return err
	}
	var address string
	select {
	case address = <-c.words.said:
	case <-time.After(time.Minute):
		return errors.New("bulkimport serve tells no address")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c.browser.Jar = jar
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	c.origin = "http://" + u.Host
	if _, err := c.ask(http.MethodGet, strings.TrimPrefix(address, c.origin), nil); err != nil {
		return err
	}
	for range machines - 1 {
		if err := c.run(c.b.words, "work"); err != nil {
			return err
		}
	}
	return nil
}

// run starts a program on a machine of its own.
func (c *crew) run(out io.Writer, args ...string) error {
	home, err := os.MkdirTemp(c.b.scratch, "machine-")
	if err != nil {
		return err
	}
	cmd := exec.Command(c.b.tool, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}, c.s.env(c.database)...)
	cmd.Stdout = out
	c.folders = append(c.folders, home)
	if err := cmd.Start(); err != nil {
		return err
	}
	c.running = append(c.running, cmd)
	return nil
}

func (c *crew) end() {
	for _, cmd := range c.running {
		_ = cmd.Process.Signal(os.Interrupt)
	}
	for _, cmd := range c.running {
		_ = cmd.Wait() // by the signal
	}
	for _, f := range c.folders {
		os.RemoveAll(f)
	}
}

// imports has the stand-in's rows imported, and keeps the results.
func (c *crew) imports(ctx context.Context, results string) error {
	table, err := os.ReadFile(c.s.input)
	if err != nil {
		return err
	}
	file, err := answer[struct{ ID string }](c, http.MethodPost, "/api/files?name=input.csv", table)
	if err != nil {
		return err
	}
	path := "/api/files/" + file.ID
	for state := "checking"; state == "checking"; {
		f, err := answer[struct{ State string }](c, http.MethodGet, path+"?wait=1", nil)
		if err != nil {
			return err
		}
		state = f.State
	}
	will, err := answer[struct{ Ask string }](c, http.MethodGet, path+"/preview", nil)
	if err != nil {
		return err
	}
	begun, err := answer[struct{ Import string }](c, http.MethodPost, path+"/import", []byte(`{"typed":"`+will.Ask+`"}`))
	if err != nil {
		return err
	}
	for over := []string{"ended", "stopped", "broken"}; ; {
		now, err := answer[struct{ State string }](c, http.MethodGet, "/api/imports/"+begun.Import, nil)
		if err != nil {
			return err
		}
		if slices.Contains(over, now.State) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	text, err := c.ask(http.MethodGet, "/api/imports/"+begun.Import+"/results", nil)
	if err != nil {
		return err
	}
	return os.WriteFile(results, text, 0o600)
}

func answer[T any](c *crew, method, path string, body []byte) (v T, err error) {
	text, err := c.ask(method, path, body)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
}

// ask is a request of the page.
func (c *crew) ask(method, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, c.origin+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.browser.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s %s", method, path, resp.Status, text)
	}
	return text, err
}
