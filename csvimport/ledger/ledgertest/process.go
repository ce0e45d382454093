package ledgertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

// The test binary is also the other process: with this variable set it does
// what it is told instead of testing.
const childVariable = "LEDGER_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		child(what, os.Args[1], os.Args[2:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child works on the ledger at path until it is killed or done. It says on
// stdout what it was told to be durable.
func child(what, path string, args []string) {
	ctx := context.Background()
	fatal := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	l, err := ledger.Open(ctx, path)
	fatal(err)
	book, err := l.Platform(ctx, platformID, platformURL)
	fatal(err)
	if what == "open" {
		fatal(l.Close())
		fmt.Println("opened")
		return
	}
	run, err := book.Begin(ctx, ledger.RunInfo{File: "child.csv"})
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
				e, granted, err := run.Intend(ctx, entry(i))
				fatal(err)
				if !granted {
					continue
				}
				say("granted", e.Sub)
				if what == "half" { // ends with nothing but intents
					continue
				}
				fatal(run.Record(ctx, accepted(e), ""))
				say("accepted", e.Sub)
			}
		})
	}
	wg.Wait()
	say("done")
	if what == "finish" {
		fatal(run.End(ctx, "done"))
		fatal(l.Close())
		return
	}
	io.Copy(io.Discard, os.Stdin) // until it is killed
}

// process is a child and what it has said so far.
type process struct {
	*exec.Cmd
	lines chan string
}

func start(t *testing.T, what, path string, args ...any) *process {
	t.Helper()
	argv := []string{path}
	for _, a := range args {
		argv = append(argv, fmt.Sprint(a))
	}
	p := &process{exec.Command(os.Args[0], argv...), make(chan string, 1<<16)}
	p.Env = append(os.Environ(), childVariable+"="+what)
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
	t.Cleanup(func() { p.Process.Kill() })
	return p
}

// await reads what the process says until a line that begins with word.
func (p *process) await(t *testing.T, word string) (said []string) {
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

// kill kills the process as nothing can prevent, and returns what it still said.
func (p *process) kill(t *testing.T) (said []string) {
	t.Helper()
	p.Process.Kill()
	for line := range p.lines {
		said = append(said, line)
	}
	p.Wait()
	return said
}

func runOf(t *testing.T, said []string) (run int64) {
	t.Helper()
	if _, err := fmt.Sscanf(said[0], "run %d", &run); err != nil {
		t.Fatalf("%q: %v", said[0], err)
	}
	return run
}

func TestClaimsOfAnotherProcess(t *testing.T) {
	l, book := open(t, "")
	ours := begin(t, book)
	p := start(t, "half", l.Path(), 0, 20)
	said := p.await(t, "done")
	run := runOf(t, said)
	sub := id("sub", 7)

	if !book.Alive(run) {
		t.Fatal("a living run is taken for dead")
	}
	if _, granted, err := ours.Intend(t.Context(), entry(7)); err != nil || granted {
		t.Errorf("its row was granted to us: %v, error %v", granted, err)
	}
	if _, ok, err := ours.Take(t.Context(), sub, noon); err != nil || ok {
		t.Errorf("its row was taken: %v, error %v", ok, err)
	}
	if taken, err := ours.TakeAll(t.Context(), noon); err != nil || len(taken) != 0 {
		t.Errorf("%d of its rows were taken, error %v", len(taken), err)
	}

	p.kill(t)
	if book.Alive(run) {
		t.Fatal("a dead run is taken for alive")
	}
	if _, granted, err := ours.Intend(t.Context(), entry(7)); err != nil || granted {
		t.Errorf("what a dead run intended was granted without a look: %v, error %v", granted, err)
	}
	if e, ok, err := ours.Take(t.Context(), sub, noon); err != nil || !ok || e.State != ledger.Doubt || !e.DoubtSince.Equal(noon) {
		t.Errorf("took %+v, %v, error %v", e, ok, err)
	}
	taken, err := ours.TakeAll(t.Context(), noon)
	if err != nil || len(taken) != 19 {
		t.Errorf("took %d of the other 19, error %v", len(taken), err)
	}
	for i, e := range taken {
		if e.State != ledger.Doubt || e.Run != ours.ID() || i > 0 && taken[i-1].Sub == e.Sub {
			t.Errorf("taken: %+v", e)
		}
	}
	_, events, err := book.Story(t.Context(), sub)
	if err != nil || len(events) != 1 || !strings.Contains(events[0].Note, fmt.Sprint("run ", run)) {
		t.Errorf("story %v, error %v", events, err)
	}
	if left, _ := filepath.Glob(l.Path() + ".run-*"); len(left) != 1 {
		t.Errorf("lock files left: %v, want ours alone", left)
	}
}

// Processes are killed at any moment, and what they were told to be durable is.
func TestKillAnywhere(t *testing.T) {
	l, book := open(t, "")
	ours := begin(t, book)
	rng := rand.New(rand.NewPCG(1, 2))
	durable := make(map[string]ledger.State)
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		p := start(t, "work", l.Path(), round*5000, 5000)
		said := p.await(t, "run")
		run := runOf(t, said)
		time.Sleep(time.Duration(rng.IntN(120)) * time.Millisecond)
		for _, line := range p.kill(t) {
			word, sub, _ := strings.Cut(line, " ")
			switch word {
			case "granted":
				durable[sub] = ledger.Intended
			case "accepted":
				durable[sub] = ledger.Accepted
			case "error":
				t.Fatal(line)
			}
		}
		if book.Alive(run) {
			t.Fatalf("run %d is alive", run)
		}
	}
	for sub, state := range durable {
		got := get(t, book, sub)
		// More may have become durable than it could say.
		if got.State != state && !(state == ledger.Intended && got.State == ledger.Accepted) {
			t.Errorf("%s was said to be %v, is %v", sub, state, got.State)
		}
	}
	t.Logf("%d rows in %d killed processes", len(durable), rounds)
	if len(durable) == 0 {
		t.Error("nothing was ever written")
	}
	unsettled := 0
	for _, err := range book.Unsettled(t.Context()) {
		mustDo(t, err)
		unsettled++
	}
	taken, err := ours.TakeAll(t.Context(), noon)
	if err != nil || len(taken) != unsettled || len(taken) < len(durable) {
		t.Errorf("took %d of %d unsettled rows, error %v", len(taken), unsettled, err)
	}
	mustDo(t, l.Check(t.Context()))
}

// Several processes import overlapping rows: each row is granted to one.
func TestProcessesShareRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db") // created by whoever is first
	const n = 400
	var all []*process
	for range 3 {
		all = append(all, start(t, "finish", path, 0, n))
	}
	granted := make(map[string]int)
	for _, p := range all {
		mine := 0
		for _, line := range p.await(t, "done") {
			if sub, ok := strings.CutPrefix(line, "granted "); ok {
				granted[sub]++
				mine++
			}
		}
		t.Logf("one process got %d of %d rows", mine, n)
		mustDo(t, p.Wait())
	}
	if len(granted) != n {
		t.Errorf("%d of %d rows were granted", len(granted), n)
	}
	maps.DeleteFunc(granted, func(_ string, times int) bool { return times == 1 })
	if len(granted) > 0 {
		t.Errorf("granted more than once: %v", granted)
	}
	_, book := open(t, path)
	if totals, err := book.Totals(t.Context()); err != nil || totals[ledger.Accepted] != n {
		t.Errorf("totals %v, error %v", totals, err)
	}
}

// Many processes open one ledger at once, which none has made yet, and close it
// again, which is when SQLite removes the WAL.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "ledger.db")
	for range 3 {
		var all []*process
		for range 6 {
			all = append(all, start(t, "open", path))
		}
		for _, p := range all {
			p.await(t, "opened")
		}
	}
}

// The power went while the end of the WAL was being written.
func TestTornTail(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	for i := range 20 {
		put(t, run, i, ledger.Completed)
	}
	wal, err := os.ReadFile(l.Path() + "-wal")
	mustDo(t, err)
	main, err := os.ReadFile(l.Path())
	mustDo(t, err)
	for name, tear := range map[string]func([]byte) []byte{
		"cut off":           func(b []byte) []byte { return b[:len(b)-2000] },
		"cut off at a page": func(b []byte) []byte { return b[:len(b)-2*(4096+24)] },
		"zeroes":            func(b []byte) []byte { clear(b[len(b)-3000:]); return b },
		"garbage":           func(b []byte) []byte { copy(b[len(b)-900:], strings.Repeat("garbage ", 50)); return b },
		"whole":             func(b []byte) []byte { return b },
		"empty":             func(b []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			mustDo(t, os.WriteFile(path, main, 0o600))
			mustDo(t, os.WriteFile(path+"-wal", tear(append([]byte(nil), wal...)), 0o600))
			torn, err := ledger.Open(t.Context(), path)
			mustDo(t, err)
			defer torn.Close()
			book, err := torn.Platform(t.Context(), platformID, platformURL)
			mustDo(t, err)
			totals, err := book.Totals(t.Context())
			mustDo(t, err)
			want := map[string][2]int{"whole": {20, 0}, "empty": {0, 0}}
			switch w, exact := want[name]; {
			case exact && totals[ledger.Completed] != w[0]:
				t.Errorf("totals %v", totals)
			case !exact && totals[ledger.Completed]+totals[ledger.Intended] < 19:
				t.Errorf("more than the torn transaction is lost: %v", totals)
			}
			mustDo(t, torn.Check(t.Context()))
		})
	}
}
