package simulation_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// errand is what a worker is asked to do: to let a seed happen.
type errand struct {
	Seed  uint64
	Tell  bool          // with its story
	Small time.Duration // make the plan smaller for so long, if it breaks the promise
}

// report is what came of it.
type report struct {
	Wrong   []string
	Tally   tally
	Story   string
	Smaller string // what is left of a plan that breaks the promise, with what broke
}

// run does an errand in this process.
func (e errand) run(t *testing.T) (r report) {
	out := watched(t, generate(e.Seed), e.Tell)
	r.Wrong, r.Tally = out.wrong, out.tally
	if e.Tell {
		r.Story = out.story.String()
	}
	if len(out.wrong) > 0 && e.Small > 0 {
		small := smallest(t, out.plan, e.Small)
		r.Smaller = fmt.Sprintf("%s\n%s", small, small.story)
	}
	return r
}

// worker is a process of its own that lets seeds happen, one after the other. With
// one processor to itself a world needs a quarter less time than with two that it
// shares, and a seed that crashes, or never ends, takes no other one with it.
type worker struct {
	cmd     *exec.Cmd
	errands *json.Encoder
	input   io.Closer
	reports *json.Decoder
	said    *beginning // what it has written beside its reports
}

// newWorker starts this very program again.
func newWorker() (*worker, error) {
	w := &worker{cmd: exec.Command(os.Args[0], "-test.run=^TestWorker$", "-test.timeout=0", "-simulate.worker"), said: new(beginning)}
	w.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=tracebacklabels=1")
	w.cmd.Stderr = w.said
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.errands, w.input, w.reports = json.NewEncoder(in), in, json.NewDecoder(bufio.NewReader(out))
	return w, w.cmd.Start()
}

// do has the worker do an errand. After an error it is of no use any more.
func (w *worker) do(e errand) (r report, err error) {
	if err := errors.Join(w.errands.Encode(e), w.reports.Decode(&r)); err != nil {
		w.end()
		return r, fmt.Errorf("it broke off (%w):\n%s", err, w.said)
	}
	return r, nil
}

func (w *worker) end() {
	w.input.Close()
	w.cmd.Wait() // how it ends is told by what it has said
}

// crew does errands in workers, each of which is replaced when it has broken off.
type crew struct{ idle chan *worker }

func newCrew(n int) *crew {
	c := &crew{make(chan *worker, n)}
	for range n {
		c.idle <- nil
	}
	return c
}

func (c *crew) do(t *testing.T, e errand) (r report) {
	w := <-c.idle
	defer func() { c.idle <- w }()
	var err error
	if w == nil {
		if w, err = newWorker(); err != nil {
			t.Error(err)
			return r
		}
	}
	if r, err = w.do(e); err != nil {
		w, r = nil, report{Wrong: []string{err.Error()}, Tally: tally{Seeds: 1, Broken: 1}}
	}
	return r
}

// end ends all workers, once none of them has an errand any more.
func (c *crew) end() {
	for range cap(c.idle) {
		if w := <-c.idle; w != nil {
			w.end()
		}
	}
}

// TestWorker is no test: TestSimulate starts it in processes of their own.
func TestWorker(t *testing.T) {
	if !*isWorker {
		return
	}
	errands, reports := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var e errand
		if err := errands.Decode(&e); err != nil {
			return // the one who asks has gone
		}
		if err := reports.Encode(e.run(t)); err != nil {
			t.Fatal(err)
		}
	}
}

// beginning keeps the first lines of what is written to it: a crash tells first
// what it is, and then of all goroutines.
type beginning struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *beginning) Write(p []byte) (int, error) {
	const most = 4 << 10
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Write(p[:min(len(p), max(0, most-b.b.Len()))])
	return len(p), nil
}

func (b *beginning) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(b.b.String())
}
