package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine/machinetest"
)

// computer is a machine with a folder for marks and one for ledgers.
type computer struct {
	*machinetest.Machine
	t           *testing.T
	marks, disk string
}

func newComputer(t *testing.T, name string) *computer {
	dir := t.TempDir()
	return &computer{machinetest.New(name), t, filepath.Join(dir, "marks"), dir}
}

func (c *computer) ledger() string { return filepath.Join(c.disk, "ledger.db") }

// open opens a ledger on the machine.
func (c *computer) open(path string) (*sqlite.Ledger, *sqlite.Book) {
	c.t.Helper()
	l, err := sqlite.Open(c.t.Context(), path, sqlite.Options{Machine: c.Machine})
	mustDo(c.t, err)
	book, err := l.Platform(c.t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	mustDo(c.t, err)
	return l, book
}

// begin begins a run, after a look at what is wrong, which has to be the same.
func (c *computer) begin(book *sqlite.Book) *sqlite.Run {
	c.t.Helper()
	loss, err := book.Loss(c.t.Context(), c.marks)
	mustDo(c.t, err)
	run, err := book.Begin(c.t.Context(), ledger.RunInfo{Marks: c.marks})
	mustDo(c.t, err)
	if got := run.(*sqlite.Run).Loss(); got != loss {
		c.t.Errorf("before the run it was %v, in the run it is %v", loss, got)
	}
	return run.(*sqlite.Run)
}

// imports is a run that places an order; it is killed if it does not end.
func (c *computer) imports(path string, row int, ends bool) ledger.Loss {
	c.t.Helper()
	l, book := c.open(path)
	run := c.begin(book)
	ledgertest.Put(c.t, run, row, ledger.Accepted)
	if ends {
		mustDo(c.t, run.End(c.t.Context(), "done"))
	}
	mustDo(c.t, l.Close())
	return run.Loss()
}

// loss is what is wrong with a ledger.
func (c *computer) loss(path string) ledger.Loss {
	c.t.Helper()
	l, book := c.open(path)
	defer l.Close()
	loss, err := book.Loss(c.t.Context(), c.marks)
	mustDo(c.t, err)
	return loss
}

// tear leaves the ledger as after the kill of a run that has placed an order, its
// log of another size.
func (c *computer) tear(to func(size int64) int64) {
	c.t.Helper()
	l, book := c.open(c.ledger())
	ledgertest.Put(c.t, c.begin(book), 2, ledger.Accepted)
	torn := filepath.Join(c.disk, "torn")
	copyFile(c.t, c.ledger(), torn)
	mustDo(c.t, l.Close())
	copyFile(c.t, torn, c.ledger())
	info, err := os.Stat(c.ledger() + "-wal")
	mustDo(c.t, err)
	mustDo(c.t, os.Truncate(c.ledger()+"-wal", to(info.Size())))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + end)
		if errors.Is(err, os.ErrNotExist) {
			os.Remove(to + end)
			continue
		}
		mustDo(t, err)
		mustDo(t, os.WriteFile(to+end, b, 0o600))
	}
}

// What may happen to a ledger between two runs.
func TestLoss(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, c *computer) (path string)
		want ledger.Loss
	}{
		{"nothing", func(*testing.T, *computer) string { return "" }, ledger.Sound},
		{"a kill", func(_ *testing.T, c *computer) string {
			c.imports(c.ledger(), 2, false)
			return ""
		}, ledger.Sound},
		{"a power cut", func(_ *testing.T, c *computer) string {
			c.imports(c.ledger(), 2, false)
			c.Reboot()
			return ""
		}, ledger.Sound},
		{"a backup put back", func(t *testing.T, c *computer) string {
			backup := filepath.Join(c.disk, "backup")
			copyFile(t, c.ledger(), backup)
			c.imports(c.ledger(), 2, true)
			copyFile(t, backup, c.ledger())
			return ""
		}, ledger.LossCopied},
		{"a backup put back after a kill", func(t *testing.T, c *computer) string {
			backup := filepath.Join(c.disk, "backup")
			copyFile(t, c.ledger(), backup)
			c.imports(c.ledger(), 2, false)
			copyFile(t, backup, c.ledger())
			return ""
		}, ledger.LossCopied},
		{"a copy beside it", func(t *testing.T, c *computer) string {
			copyFile(t, c.ledger(), c.ledger()+".copy")
			return c.ledger() + ".copy"
		}, ledger.LossCopied},
		{"another name", func(t *testing.T, c *computer) string {
			mustDo(t, os.Rename(c.ledger(), c.ledger()+".new"))
			return c.ledger() + ".new"
		}, ledger.Sound},
		{"a copy went on", func(t *testing.T, c *computer) string {
			copyFile(t, c.ledger(), c.ledger()+".copy")
			c.imports(c.ledger()+".copy", 2, true)
			return ""
		}, ledger.LossCopied},
		{"it was deleted", func(t *testing.T, c *computer) string {
			mustDo(t, os.Remove(c.ledger()))
			return ""
		}, ledger.LossMissing},
		{"it was deleted, and another is elsewhere", func(t *testing.T, c *computer) string {
			mustDo(t, os.Remove(c.ledger()))
			return c.ledger() + ".new"
		}, ledger.LossMissing},
		{"it was overwritten", func(t *testing.T, c *computer) string {
			mustDo(t, os.WriteFile(c.ledger(), []byte(strings.Repeat("no ledger ", 1000)), 0o600))
			return c.ledger() + ".new"
		}, ledger.LossMissing},
		{"another ledger beside it", func(_ *testing.T, c *computer) string { return c.ledger() + ".new" }, ledger.Sound},
		{"it went to another machine", func(_ *testing.T, c *computer) string {
			c.Machine = machinetest.New("another")
			return ""
		}, ledger.LossUnknown},
		{"the marks are gone", func(t *testing.T, c *computer) string {
			mustDo(t, os.RemoveAll(c.marks))
			return ""
		}, ledger.LossUnknown},
		{"there is no place for marks", func(t *testing.T, c *computer) string {
			mustDo(t, os.RemoveAll(c.marks))
			mustDo(t, os.WriteFile(c.marks, nil, 0o600))
			return ""
		}, ledger.LossUnknown},
		{"a kill while the log was written", func(t *testing.T, c *computer) string {
			c.tear(func(size int64) int64 { return size + 24 })
			return ""
		}, ledger.Sound},
		{"a power cut while the log was written", func(t *testing.T, c *computer) string {
			c.tear(func(size int64) int64 { return size + 700 })
			c.Reboot()
			return ""
		}, ledger.Sound},
		{"the end of the log gone, without a power cut", func(t *testing.T, c *computer) string {
			c.tear(func(size int64) int64 { return size - 700 })
			return ""
		}, ledger.LossTail},
		{"its log was cut off", func(t *testing.T, c *computer) string {
			l, book := c.open(c.ledger())
			run := c.begin(book)
			wal, err := os.Stat(c.ledger() + "-wal")
			mustDo(t, err)
			ledgertest.Put(t, run, 2, ledger.Intended)
			mustDo(t, run.End(t.Context(), "done"))
			torn := filepath.Join(c.disk, "torn")
			copyFile(t, c.ledger(), torn)
			mustDo(t, l.Close())
			copyFile(t, torn, c.ledger())
			mustDo(t, os.Truncate(c.ledger()+"-wal", wal.Size()+700))
			return ""
		}, ledger.LossTail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newComputer(t, "laptop")
			if loss := c.imports(c.ledger(), 1, true); loss != ledger.Sound {
				t.Fatalf("the first run: %v", loss)
			}
			path := tt.do(t, c)
			if path == "" {
				path = c.ledger()
			}
			if got := c.imports(path, 3, false); got != tt.want {
				t.Fatalf("%v, want %v", got, tt.want)
			}
			if got := c.imports(path, 4, true); got != tt.want {
				t.Errorf("after a run that nobody trusted: %v, want %v", got, tt.want)
			}
			l, book := c.open(path)
			run := c.begin(book)
			mustDo(t, run.Trusted(t.Context()))
			mustDo(t, run.End(t.Context(), "done"))
			mustDo(t, l.Close())
			if got := c.loss(path); got != ledger.Sound && tt.name != "there is no place for marks" {
				t.Errorf("after a run that was trusted: %v", got)
			}
		})
	}
}

// Two machines have copies of one ledger, and each goes on with its own.
func TestLossOnTwoMachines(t *testing.T) {
	here, there := newComputer(t, "here"), newComputer(t, "there")
	here.imports(here.ledger(), 1, true)
	copyFile(t, here.ledger(), there.ledger())
	if got := there.imports(there.ledger(), 2, true); got != ledger.LossUnknown {
		t.Errorf("there: %v, want unknown", got)
	}
	if got := here.imports(here.ledger(), 3, true); got != ledger.Sound {
		t.Errorf("here: %v, want sound", got)
	}
	copyFile(t, there.ledger(), here.ledger())
	if got := here.loss(here.ledger()); got != ledger.LossCopied {
		t.Errorf("here, with the file of there: %v, want copied", got)
	}
}

// At whichever of its three steps a run was killed, nothing is lost, and a backup
// from before it is seen.
func TestKilledAtEachStep(t *testing.T) {
	c := newComputer(t, "laptop")
	c.imports(c.ledger(), 1, true)
	marks := func() (path string) {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(c.marks, "*.mark"))
		if err != nil || len(found) != 1 {
			t.Fatalf("marks %q, error %v", found, err)
		}
		return found[0]
	}
	keep := func(name string) {
		t.Helper()
		copyFile(t, c.ledger(), filepath.Join(c.disk, name))
		copyFile(t, marks(), filepath.Join(c.disk, name+".mark"))
	}
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(c.disk, name+".mark"))
		mustDo(t, err)
		return string(b)
	}
	word := func(mark string) string {
		_, after, _ := strings.Cut(mark, `"Word":"`)
		word, _, _ := strings.Cut(after, `"`)
		return word
	}
	keep("oldest")
	c.imports(c.ledger(), 2, true)
	keep("before")
	c.imports(c.ledger(), 3, false)
	keep("after")
	before, after := read("before"), read("after")
	beginning := strings.Replace(before, `"Word":"`+word(before)+`"`, `"Word":"`+word(before)+`","Next":"`+word(after)+`"`, 1)
	for _, tt := range []struct {
		name, mark, ledger string
		want               ledger.Loss
	}{
		{"before the first", before, "before", ledger.Sound},
		{"after the first", beginning, "before", ledger.Sound},
		{"after the second", beginning, "after", ledger.Sound},
		{"after the third", after, "after", ledger.Sound},
		{"a backup, before the first", before, "oldest", ledger.LossCopied},
		{"a backup, after the first", beginning, "oldest", ledger.LossCopied},
		{"a backup, after the third", after, "oldest", ledger.LossCopied},
		{"a backup of just before it, after the third", after, "before", ledger.LossCopied},
		{"an older mark", before, "after", ledger.LossCopied},
	} {
		mustDo(t, os.WriteFile(marks(), []byte(tt.mark), 0o600))
		copyFile(t, filepath.Join(c.disk, tt.ledger), c.ledger())
		if got := c.loss(c.ledger()); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Runs of processes that are killed at any moment leave mark and ledger in
// agreement.
func TestKillWhileTheWordChanges(t *testing.T) {
	dir := t.TempDir()
	path, marks := filepath.Join(dir, "ledger.db"), filepath.Join(dir, "marks")
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		p := ledgertest.Start(t, ledgertest.BeginAgain, path, marks)
		p.Await(t, "run")
		time.Sleep(time.Duration(17*round%50) * time.Millisecond)
		p.Kill(t)
		l, book := open(t, path)
		if loss, err := book.Loss(t.Context(), marks); err != nil || loss != ledger.Sound {
			t.Errorf("after kill %d: %v, error %v", round, loss, err)
		}
		mustDo(t, l.Close())
	}
}

// A run may send for as long as it renews, and renews before it sends again.
func TestMaySend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newComputer(t, "laptop")
		l, book := c.open(c.ledger())
		defer l.Close()
		run := c.begin(book)
		for range 20 {
			if !run.MaySend() {
				t.Fatalf("it may not send at %v", c.Elapsed())
			}
			time.Sleep(7 * time.Second)
		}
		c.Sleep(time.Hour)
		if run.MaySend() {
			t.Error("it may send after sleep, before it has renewed")
		}
		if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(1)); err != nil || !granted || !run.MaySend() {
			t.Errorf("granted %v, error %v, may send %v", granted, err, run.MaySend())
		}
		c.Sleep(time.Hour)
		time.Sleep(3 * time.Second)
		if !run.MaySend() {
			t.Error("it has not renewed after sleep")
		}
		mustDo(t, run.End(t.Context(), "done"))
	})
}

// What others do to the ledger or its mark while a run goes on.
func TestMaySendNoMore(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, c *computer, run *sqlite.Run){
		"the file is used elsewhere too": func(t *testing.T, c *computer, _ *sqlite.Run) {
			change(t, c.ledger(), `UPDATE platform SET word = 'another'`)
		},
		"others take it for dead": func(t *testing.T, c *computer, _ *sqlite.Run) {
			locks, err := filepath.Glob(c.ledger() + ".run-*.lock")
			if err != nil || len(locks) != 1 {
				t.Fatalf("locks %q, error %v", locks, err)
			}
			if runtime.GOOS == "windows" {
				t.Skip("an open file cannot be removed here")
			}
			mustDo(t, os.Remove(locks[0]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newComputer(t, "laptop")
				l, book := c.open(c.ledger())
				defer l.Close()
				run := c.begin(book)
				do(t, c, run)
				time.Sleep(2 * time.Minute)
				if run.MaySend() {
					t.Error("it may send")
				}
				_, granted, err := run.Intend(t.Context(), ledgertest.Entry(1))
				if _, ok := errors.AsType[*ledger.Error](err); granted || !ok {
					t.Errorf("granted %v, error %v", granted, err)
				}
				mustDo(t, run.End(context.WithoutCancel(t.Context()), "stopped"))
			})
		})
	}
}

// Two runs with one ledger renew beside each other; a mark that somebody deletes
// comes back.
func TestRunsRenewBesideEachOther(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed here")
	}
	synctest.Test(t, func(t *testing.T) {
		c := newComputer(t, "laptop")
		l, book := c.open(c.ledger())
		defer l.Close()
		other, otherBook := c.open(c.ledger())
		defer other.Close()
		runs := []*sqlite.Run{c.begin(book), c.begin(otherBook)}
		time.Sleep(5*time.Minute + time.Second)
		mustDo(t, os.RemoveAll(c.marks))
		mustDo(t, os.Mkdir(c.marks, 0o700))
		time.Sleep(5*time.Minute + time.Second)
		for i, run := range runs {
			if !run.MaySend() {
				t.Errorf("run %d may not send", i)
			}
			mustDo(t, run.End(t.Context(), "done"))
		}
		if loss, err := book.Loss(t.Context(), c.marks); err != nil || loss != ledger.Sound {
			t.Errorf("%v, error %v", loss, err)
		}
	})
}
