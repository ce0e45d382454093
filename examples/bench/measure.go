package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// usage is what a process took, measured around the whole of it.
type usage struct {
	Began, Ended time.Time
	CPU          time.Duration // user and system
	RSS          int64         // bytes at the peak, 0 where it is not known
	Exit         int
}

func (u *usage) wall() time.Duration { return u.Ended.Sub(u.Began) }

// measure runs a program and reports what it took. It stands between the
// measuring and the program because a process inherits the peak memory of the
// one that starts it; this one is small.
func measure(args []string) error {
	report, name, rest := args[0], args[1], args[2:]
	cmd := exec.Command(name, rest...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	u := usage{Began: time.Now()}
	err := cmd.Run()
	u.Ended = time.Now()
	if cmd.ProcessState == nil {
		return err
	}
	u.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.RSS = peak(cmd.ProcessState)
	u.Exit = cmd.ProcessState.ExitCode()
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return os.WriteFile(report, data, 0o600)
}

// process is one program to be measured.
type process struct {
	name   string
	args   []string
	env    []string
	stdin  string // file
	status int    // expected
}

// run measures one process and returns what it wrote to stdout.
func (b *bench) run(ctx context.Context, p process) (usage, string, error) {
	report := filepath.Join(b.scratch, "usage.json")
	cmd := exec.CommandContext(ctx, b.self, append([]string{"measure", report, p.name}, p.args...)...)
	// A person's own settings and ledger have no part in this.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.scratch, "TMPDIR=" + b.scratch, "LC_ALL=C.UTF-8"}, p.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if p.stdin != "" {
		in, err := os.Open(p.stdin)
		if err != nil {
			return usage{}, "", err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	words := func() string {
		text := strings.TrimSpace(errs.String() + "\n" + out.String())
		return text[max(0, len(text)-2000):]
	}
	if err := cmd.Run(); err != nil {
		return usage{}, "", fmt.Errorf("%s: %w\n%s", filepath.Base(p.name), err, words())
	}
	data, err := os.ReadFile(report)
	if err != nil {
		return usage{}, "", err
	}
	var u usage
	if err := json.Unmarshal(data, &u); err != nil {
		return usage{}, "", err
	}
	if u.Exit != p.status {
		return u, out.String(), wrongIf(filepath.Base(p.name), fmt.Errorf("ended with status %d, expected %d\n%s", u.Exit, p.status, words()))
	}
	return u, out.String(), nil
}

// world is what a stand-in holds and how it behaves.
type world struct {
	tenants               int
	latency, provisioning time.Duration
	signed                bool // with orders signed beforehand
	older                 int  // orders of others that are there already
	faults                []string
}

// standin is the stand-in platform in a process of its own.
type standin struct {
	hello
	rows          int
	input, signed string // files

	cmd *exec.Cmd
	in  io.WriteCloser
}

// start starts a stand-in that has seen nothing yet. Same tenants, same data.
func (b *bench) start(ctx context.Context, w world) (*standin, error) {
	s := &standin{rows: w.tenants, input: filepath.Join(b.scratch, "input.csv")}
	args := []string{"serve", fmt.Sprintf("-tenants=%d", w.tenants), "-latency=" + w.latency.String(),
		"-provisioning=" + w.provisioning.String(), fmt.Sprintf("-older=%d", w.older), "-input=" + s.input, "-faults=" + strings.Join(append(b.faults[:len(b.faults):len(b.faults)], w.faults...), " ")}
	if w.signed {
		s.signed = filepath.Join(b.scratch, "signed.tsv")
		args = append(args, "-signed="+s.signed)
	}
	s.cmd = exec.CommandContext(ctx, b.self, args...)
	s.cmd.Stderr = b.words
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(&s.hello); err != nil {
		return nil, errors.Join(fmt.Errorf("the stand-in did not start: %w", err), s.stop())
	}
	return s, nil
}

// stop ends the stand-in.
func (s *standin) stop() error { return errors.Join(s.in.Close(), s.cmd.Wait()) }

// ask reads what the stand-in tells of itself, value by value.
func (s *standin) ask(path string, each func(*json.Decoder) error) error {
	resp, err := http.Get(s.Control + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for dec := json.NewDecoder(resp.Body); dec.More(); {
		if err := each(dec); err != nil {
			return err
		}
	}
	return nil
}

// again has the stand-in count anew, and take this long for a list of orders.
func (s *standin) again(page time.Duration) error {
	return s.ask("/again?page="+page.String(), func(*json.Decoder) error { return nil })
}

func (s *standin) seen() (n seen, err error) {
	err = s.ask("/seen", func(dec *json.Decoder) error { return dec.Decode(&n) })
	return n, err
}

// env is how bulkimport is told where the stand-in is.
func (s *standin) env(ledger string) []string {
	return []string{"BULKIMPORT_URL=" + s.URL, "BULKIMPORT_CONSUMER_KEY=" + s.Key,
		"BULKIMPORT_CONSUMER_SECRET=" + s.Secret, "BULKIMPORT_LEDGER=" + ledger}
}
