package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine/machinetest"
)

// entries are all entries of a ledger.
func (c *computer) entries(path string) (all []ledger.Entry) {
	c.t.Helper()
	l, book := c.open(path)
	defer l.Close()
	for e, err := range book.Entries(c.t.Context()) {
		mustDo(c.t, err)
		all = append(all, e)
	}
	return all
}

func (c *computer) options() sqlite.Options { return sqlite.Options{Machine: c.Machine} }

func TestMove(t *testing.T) {
	c := newComputer(t, "laptop")
	c.imports(c.ledger(), 1, true)
	c.imports(c.ledger(), 2, false) // its journal is not folded
	want := c.entries(c.ledger())
	stale, staleBook := c.open(c.ledger())
	defer stale.Close()
	to := filepath.Join(c.disk, "new", "ledger.db")
	for range 2 { // the second time there is nothing left to do
		mustDo(t, sqlite.Move(t.Context(), c.ledger(), to, c.marks, c.options()))
	}
	if diff := cmp.Diff(want, c.entries(to)); diff != "" || len(want) != 2 {
		t.Errorf("%d entries (-want +got):\n%s", len(want), diff)
	}
	_, err := sqlite.Open(t.Context(), c.ledger(), c.options())
	if e, ok := errors.AsType[*ledger.Error](err); !errors.Is(err, ledger.ErrGone) || !ok || !strings.Contains(e.Hint, to) {
		t.Errorf("the old file: %v", err)
	}
	if _, err := staleBook.Begin(t.Context(), ledger.RunInfo{}); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("the old file, open all the time: %v", err)
	}
	if err := sqlite.Move(t.Context(), c.ledger(), to+".other", c.marks, c.options()); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("moved again: %v", err)
	}
	if info, err := os.Stat(to); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(to + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left %q, error %v", left, err)
	}

	another := c.ledger() + ".another"
	if got := c.imports(another, 1, true); got != ledger.Sound {
		t.Errorf("another ledger misses the one that was moved: %v", got)
	}
	there := newComputer(t, "another")
	for i, c := range []*computer{c, there} {
		if got := c.loss(to); got != ledger.LossUnknown {
			t.Errorf("on %s, before it is adopted: %v", c.Host(), got)
		}
		mustDo(t, sqlite.Adopt(t.Context(), to, c.marks, c.options()))
		if got := c.imports(to, 3+i, true); got != ledger.Sound {
			t.Errorf("on %s, adopted: %v", c.Host(), got)
		}
	}
}

// TestMoveBrokenOff: a machine that dies once the old file is closed leaves the copy
// without its name, which the same call gives it.
func TestMoveBrokenOff(t *testing.T) {
	c := newComputer(t, "laptop")
	c.imports(c.ledger(), 1, true)
	want, to := c.entries(c.ledger()), filepath.Join(c.disk, "new.db")
	mustDo(t, sqlite.Move(t.Context(), c.ledger(), to, c.marks, c.options()))
	mustDo(t, os.Rename(to, to+".part"))
	mustDo(t, sqlite.Move(t.Context(), c.ledger(), to, c.marks, c.options()))
	if diff := cmp.Diff(want, c.entries(to)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestMoveRefused(t *testing.T) {
	c := newComputer(t, "laptop")
	l, book := c.open(c.ledger())
	defer l.Close()
	run := c.begin(book)
	to := filepath.Join(c.disk, "new.db")
	if err := sqlite.Move(t.Context(), c.ledger(), to, c.marks, c.options()); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("a run goes on: %v", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy was left: %v", err)
	}
	ledgertest.Put(t, run, 1, ledger.Accepted)
	mustDo(t, run.End(t.Context(), "done"))
	mustDo(t, os.WriteFile(to, nil, 0o600))
	for name, from := range map[string]string{"there is a file": c.ledger(), "there is no ledger": c.ledger() + ".none"} {
		if err := sqlite.Move(t.Context(), from, to, c.marks, c.options()); err == nil {
			t.Errorf("%s: it was moved", name)
		}
	}
	if got := c.loss(c.ledger()); got != ledger.Sound {
		t.Errorf("in the end: %v", got)
	}
}

func TestCopy(t *testing.T) {
	c := newComputer(t, "laptop")
	l, book := c.open(c.ledger())
	run := c.begin(book)
	ledgertest.Put(t, run, 1, ledger.Accepted)
	to := c.ledger() + ".copy"
	mustDo(t, sqlite.Copy(t.Context(), c.ledger(), to, c.options()))
	ledgertest.Put(t, run, 2, ledger.Accepted)
	mustDo(t, run.End(t.Context(), "done"))
	mustDo(t, l.Close())
	if got := c.entries(to); len(got) != 1 {
		t.Errorf("%d entries in the copy", len(got))
	}
	if got := c.loss(c.ledger()); got != ledger.Sound {
		t.Errorf("the ledger: %v", got)
	}
	if got := c.loss(to); got != ledger.LossCopied {
		t.Errorf("the copy: %v", got)
	}
	if err := sqlite.Adopt(t.Context(), to, c.marks, c.options()); !errors.Is(err, ledger.ErrReplaced) {
		t.Errorf("the copy was adopted: %v", err)
	}
}

// A ledger that nothing vouches for is adopted, also after a run has found that.
func TestAdopt(t *testing.T) {
	c := newComputer(t, "laptop")
	c.imports(c.ledger(), 1, true)
	c.Machine = machinetest.New("another")
	if got := c.imports(c.ledger(), 2, false); got != ledger.LossUnknown {
		t.Errorf("%v, want unknown", got)
	}
	mustDo(t, sqlite.Adopt(t.Context(), c.ledger(), c.marks, c.options()))
	if got := c.loss(c.ledger()); got != ledger.Sound {
		t.Errorf("adopted: %v", got)
	}
	if err := sqlite.Adopt(t.Context(), c.ledger()+".none", c.marks, c.options()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no ledger: %v", err)
	}
}
