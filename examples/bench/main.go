// Command bench measures bulkimport, whole processes against a stand-in
// platform in a process of its own, beside what people use instead, and checks
// in every run that orders and results are right.
//
//	go run ./examples/bench -tool bin/bulkimport
//
// It ends with status 1 and the word WRONG if a run's orders or results are
// not right, whatever its speed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the program: the measuring, or one of the processes it measures with.
func run(ctx context.Context, args []string, in io.Reader, out, words io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(args[1:], in, out)
		case "bare":
			return bare(ctx, args[1:], out)
		case "csv":
			return bareCSV(args[1:], out)
		case "measure":
			return measure(args[1:])
		}
	}
	b, err := newBench(args, out, words)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.scratch)
	return b.all(ctx)
}

// bench is one run of the measuring.
type bench struct {
	tool, self string // programs
	scratch    string // folder of this run, removed at its end
	keep       string // folder for the table, none if empty
	only       *regexp.Regexp
	rounds     int
	shrink     int // every number of rows divided by this
	faults     []string
	out, words io.Writer

	table []line
	notes []string
}

// wrong is a run whose orders or results are not right: its speed counts for
// nothing, and the measuring ends.
type wrong struct {
	what string
	err  error
}

func (w *wrong) Error() string { return "WRONG: " + w.what + ": " + w.err.Error() }
func (w *wrong) Unwrap() error { return w.err }

// wrongIf is err as a wrong, or nil.
func wrongIf(what string, err error) error {
	if err == nil {
		return nil
	}
	return &wrong{what, err}
}

func newBench(args []string, out, words io.Writer) (*bench, error) {
	b := &bench{out: out, words: words}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(words)
	f.StringVar(&b.tool, "tool", "bin/bulkimport", "the `program` to measure")
	f.StringVar(&b.keep, "keep", "", "write the table to this `folder` too, as results-DATE.md")
	only := f.String("only", ".", "measure what matches this `expression`: import, zero, scripts, validate, linear, small, books, memory, following, evidence, workers")
	f.IntVar(&b.rounds, "rounds", 3, "measure everything so often, by turns, and take the median")
	f.IntVar(&b.shrink, "shrink", 1, "divide all numbers of rows by `N`: tries the measuring itself, not the speed")
	dir := f.String("dir", os.Getenv("BENCH_DIR"), "`folder` for ledgers and files, on the disk to be measured; also by BENCH_DIR")
	f.Func("fault", "have the stand-in misbehave, `KIND=RATE`: shows that wrong results are noticed", func(s string) error {
		b.faults = append(b.faults, s)
		return nil
	})
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if b.rounds < 1 || b.shrink < 1 {
		return nil, errors.New("-rounds and -shrink are at least 1")
	}
	var err error
	if b.only, err = regexp.Compile(*only); err != nil {
		return nil, err
	}
	if b.tool, err = filepath.Abs(b.tool); err != nil {
		return nil, err
	}
	if _, err := os.Stat(b.tool); err != nil {
		return nil, fmt.Errorf("there is no program to measure (make build makes it): %w", err)
	}
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	b.scratch, err = os.MkdirTemp(*dir, "bulkimport-bench-")
	return b, err
}

// all measures what was asked for and shows the table.
func (b *bench) all(ctx context.Context) error {
	began := time.Now()
	before := load()
	for _, s := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"import", b.importing}, {"zero", b.zeroLatency}, {"scripts", b.scripts},
		{"validate", b.validating}, {"linear", b.linearity}, {"small", b.small},
		{"books", b.books}, {"memory", b.memory}, {"following", b.following}, {"evidence", b.evidence}, {"workers", b.workers},
	} {
		if !b.only.MatchString(s.name) {
			continue
		}
		b.say("%s (load %s)", s.name, load())
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	m := describeMachine(b, began, before)
	writeTable(b.out, b.table)
	fmt.Fprintf(b.out, "\n%s\n", m.line())
	for _, n := range b.notes {
		fmt.Fprintln(b.out, n)
	}
	reached, bars := tally(b.table)
	fmt.Fprintf(b.out, "orders and results were right in every run; %d of %d bars reached\n", reached, bars)
	if b.keep == "" {
		return nil
	}
	path, err := keepTable(b, m)
	if err == nil {
		b.say("kept as %s", path)
	}
	return err
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.words, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// rows is n, or less where the measuring itself is tried.
func (b *bench) rows(n int) int { return max(4, n/b.shrink) }

// note keeps words that explain the table, once each.
func (b *bench) note(format string, args ...any) {
	n := fmt.Sprintf(format, args...)
	for _, have := range b.notes {
		if have == n {
			return
		}
	}
	b.notes = append(b.notes, n)
}
