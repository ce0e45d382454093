package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// disk mounts a small file system, for which one has to be root.
func disk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no small disk to fill: mount: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := disk(t, "size=400k")
	path := filepath.Join(dir, "ledger.db")
	l, book := open(t, path)
	run := begin(t, book)
	var full error
	n := 0
	for ; full == nil; n++ {
		e, granted, err := run.Intend(t.Context(), ledgertest.Entry(n))
		if full = err; err != nil {
			break
		}
		if !granted || n > 100_000 {
			t.Fatal("the disk does not get full")
		}
		if full = run.Record(t.Context(), "", ledgertest.Completed(e)); full != nil {
			break
		}
	}
	e, ok := errors.AsType[*ledger.Error](full)
	if !errors.Is(full, ledger.ErrFull) || !ok || e.Hint == "" {
		t.Fatalf("error %v, want %v", full, ledger.ErrFull)
	}
	room := func() { mustDo(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=4m")) }
	room() // too late for this run
	if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(n+1)); granted || !errors.Is(err, ledger.ErrFull) {
		t.Errorf("the first failure is final, yet the next write: granted %v, error %v", granted, err)
	}
	if err := run.End(t.Context(), ""); !errors.Is(err, ledger.ErrFull) {
		t.Errorf("end: %v", err)
	}
	if book.Alive(run.ID()) {
		t.Error("the run is alive still, although it has ended")
	}
	totals, err := book.Totals(t.Context())
	if err != nil || totals[ledger.Completed] < n-1 {
		t.Errorf("totals %v after %d rows, error %v", totals, n, err)
	}
	platforms, err := l.Platforms(t.Context())
	entries := 0
	for _, count := range totals {
		entries += count
	}
	if err != nil || len(platforms) != 1 || platforms[0].Entries != entries {
		t.Errorf("platforms %+v, want one with %d entries, error %v", platforms, entries, err)
	}
	i, last := 0, ledgertest.Entry(0)
	for got, err := range book.Entries(t.Context()) {
		mustDo(t, err)
		if last = ledgertest.Entry(i); got.Sub != last.Sub {
			t.Fatalf("entry %d is that of %s, want %s", i, got.Sub, last.Sub)
		}
		i++
	}
	if got := ledgertest.Get(t, book, last.Sub); got.Sub != last.Sub || i != entries {
		t.Errorf("the last of %d is not found, of %d", i, entries)
	}
	mustDo(t, l.Close())
	again, book := open(t, path)
	mustDo(t, again.Check(t.Context()))
	if after, err := book.Totals(t.Context()); err != nil || after[ledger.Completed] != totals[ledger.Completed] {
		t.Errorf("with room again: %v, before %v, error %v", after, totals, err)
	}
}

func TestNoRoomAtAll(t *testing.T) {
	dir := disk(t, "size=400k")
	if err := os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"), sqlite.Options{})
	if err == nil {
		l.Close()
	}
	if !errors.Is(err, ledger.ErrFull) {
		t.Errorf("error %v, want %v", err, ledger.ErrFull)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	dir := disk(t, "size=4m")
	l, book := open(t, filepath.Join(dir, "ledger.db"))
	ledgertest.Fill(t, begin(t, book), 3)
	mustDo(t, l.Close())
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.db", "other.db", "folder/ledger.db"} {
		l, err := sqlite.Open(t.Context(), filepath.Join(dir, name), sqlite.Options{})
		if err == nil {
			err = l.Check(t.Context())
			l.Close()
		}
		e, ok := errors.AsType[*ledger.Error](err)
		if !errors.Is(err, ledger.ErrNotWritable) || !ok || !strings.Contains(e.Hint, "another file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// Without being root: a folder that must not be written to.
func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere; TestReadOnlyDisk is for root")
	}
	dir := filepath.Join(t.TempDir(), "closed")
	mustDo(t, os.Mkdir(dir, 0o500))
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"), sqlite.Options{})
	if err == nil {
		l.Close()
	}
	if !errors.Is(err, ledger.ErrNotWritable) {
		t.Errorf("error %v, want %v", err, ledger.ErrNotWritable)
	}
}
