package ledgertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"bulkimport/csvimport/ledger"
)

// Task is what another process does with a store.
type Task string

const (
	OpenAndClose Task = "open"   // says "opened"
	IntendOnly   Task = "half"   // intents without outcomes for rows from, n, with marks in a folder if one is given; says "done" and waits to be killed
	Import       Task = "work"   // intents and outcomes for rows from, n; says "done" and waits to be killed
	ImportAndEnd Task = "finish" // the same; says "done" and ends
	BeginAgain   Task = "begin"  // one run after another, with marks in a folder, until it is killed; says "run" and its number
)

// taskVariable makes the test binary the other process: it then does its task
// instead of testing.
const taskVariable = "LEDGER_TEST_TASK"

// Other does the task of this process and exits, if this is a process that a test
// has started. TestMain calls it first.
func Other(k Kind) {
	if task := Task(os.Getenv(taskVariable)); task != "" {
		k.do(task, os.Args[1], os.Args[2:])
		os.Exit(0)
	}
}

// do works on the store until it is killed or done. It says on stdout what it was
// told to be durable.
func (k Kind) do(task Task, where string, args []string) {
	ctx := context.Background()
	fatal := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	l, err := k.Open(ctx, where)
	fatal(err)
	book, err := l.Platform(ctx, PlatformID, PlatformURL)
	fatal(err)
	if task == OpenAndClose {
		fatal(l.Close())
		fmt.Println("opened")
		return
	}
	for i := 0; task == BeginAgain; i++ {
		run, err := book.Begin(ctx, ledger.RunInfo{File: "other.csv", Marks: args[0]})
		fatal(err)
		fmt.Println("run", run.ID())
		fatal(run.Record(ctx, "", Accepted(Entry(i))))
		fatal(run.End(ctx, "done"))
	}
	info := ledger.RunInfo{File: "other.csv"}
	if len(args) > 2 {
		info.Marks = args[2]
	}
	run, err := book.Begin(ctx, info)
	fatal(err)
	var mu sync.Mutex
	say := func(words ...any) {
		mu.Lock()
		fmt.Println(words...)
		mu.Unlock()
	}
	say("run", run.ID())
	var from, n int
	fmt.Sscan(strings.Join(args, " "), &from, &n)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := from + w; i < from+n; i += 8 {
				e, granted, err := run.Intend(ctx, Entry(i))
				fatal(err)
				if !granted {
					continue
				}
				say("granted", e.Sub)
				if task == IntendOnly {
					continue
				}
				fatal(run.Record(ctx, "", Accepted(e)))
				say("accepted", e.Sub)
			}
		})
	}
	wg.Wait()
	say("done")
	if task == ImportAndEnd {
		fatal(run.End(ctx, "done"))
		fatal(l.Close())
		return
	}
	io.Copy(io.Discard, os.Stdin) // until it is killed
}

// Process is another process at work on a store.
type Process struct {
	*exec.Cmd
	lines chan string
}

// Start starts another process on a store: this test binary again, whose TestMain
// has to call Other. It is killed at the end of the test.
func Start(t *testing.T, task Task, where string, args ...any) *Process {
	t.Helper()
	argv := []string{where}
	for _, a := range args {
		argv = append(argv, fmt.Sprint(a))
	}
	p := &Process{exec.Command(os.Args[0], argv...), make(chan string, 1<<16)}
	p.Env = append(os.Environ(), taskVariable+"="+string(task))
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	mustDo(t, err)
	if _, err := p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	mustDo(t, p.Start())
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { p.Kill(t) })
	return p
}

// Await reads what the process says until a line that begins with word.
func (p *Process) Await(t *testing.T, word string) (said []string) {
	t.Helper()
	for line := range p.lines {
		said = append(said, line)
		if strings.HasPrefix(line, "error") {
			t.Fatal(line)
		}
		if strings.HasPrefix(line, word) {
			return said
		}
	}
	t.Fatalf("it ended without saying %q", word)
	return nil
}

// Kill kills the process as nothing can prevent, and returns what it still said.
func (p *Process) Kill(t *testing.T) (said []string) {
	t.Helper()
	p.Process.Kill()
	for line := range p.lines {
		said = append(said, line)
	}
	p.Wait()
	return said
}
