package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// change opens the file behind the ledger's back.
func change(t *testing.T, path string, queries ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func TestOpenCreates(t *testing.T) {
	for _, name := range []string{"ledger.db", "new/folders/ledger.db", "with space?mode=ro#x%41&y=1.db", "名簿.db"} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.ContainsAny(name, "?") {
				t.Skip("Windows has no such names")
			}
			base := t.TempDir()
			path := filepath.Join(base, filepath.FromSlash(name))
			l, book := open(t, path)
			run := begin(t, book)
			ledgertest.Fill(t, run, 3)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("it is not where it should be: %v", err)
			}
			if runtime.GOOS != "windows" {
				err := filepath.Walk(base, func(p string, info os.FileInfo, err error) error {
					if err == nil && p != base && info.Mode().Perm()&0o077 != 0 {
						t.Errorf("%s can be read by others: %v", p, info.Mode())
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			_, again := open(t, path)
			if totals, err := again.Totals(t.Context()); err != nil || totals[ledger.Completed] != 3 {
				t.Errorf("after opening again: %v, error %v", totals, err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
		hint string
	}{
		{"a folder", func(t *testing.T, path string) { mustDo(t, os.Mkdir(path, 0o700)) }, nil, "name a file in it"},
		{"a file where the folder should be", func(t *testing.T, path string) {
			mustDo(t, os.Remove(filepath.Dir(path)))
			mustDo(t, os.WriteFile(filepath.Dir(path), nil, 0o600))
		}, nil, ""},
		{"a text file", func(t *testing.T, path string) {
			mustDo(t, os.WriteFile(path, []byte(strings.Repeat("tenant,plan_id,sub_id\n", 1000)), 0o600))
		}, ledger.ErrDamaged, "listed before anything is placed"},
		{"another program's database", func(t *testing.T, path string) { change(t, path, `CREATE TABLE photo (id INTEGER)`) }, ledger.ErrNotLedger, "another file"},
		{"another program's versioned database", func(t *testing.T, path string) { change(t, path, `PRAGMA user_version = 1`) }, ledger.ErrNotLedger, "another file"},
		{"a newer version", func(t *testing.T, path string) {
			l, _ := open(t, path)
			mustDo(t, l.Close())
			change(t, path, `PRAGMA user_version = 5`)
		}, ledger.ErrNewer, "newer version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sub", "ledger.db")
			mustDo(t, os.Mkdir(filepath.Dir(path), 0o700))
			tt.make(t, path)
			l, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err == nil {
				l.Close()
				t.Fatal("it was opened")
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			e, ok := errors.AsType[*ledger.Error](err)
			if !ok || e.Where != path || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("error %#v, want its path and the hint %q", err, tt.hint)
			}
			for _, alien := range []string{"SQLITE", "sqlite", "errno"} {
				if strings.Contains(err.Error(), alien) {
					t.Errorf("not for people: %v", err)
				}
			}
		})
	}
}

func TestOpenEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	mustDo(t, os.WriteFile(path, nil, 0o644))
	open(t, path)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

// TestOpenThroughLinkToNothing: two names of a ledger that is not there yet are one
// ledger, with its locks in one place.
func TestOpenThroughLinkToNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege here")
	}
	dir, elsewhere := t.TempDir(), t.TempDir()
	path := filepath.Join(elsewhere, "ledger.db")
	first, second, circle := filepath.Join(dir, "first.db"), filepath.Join(dir, "second.db"), filepath.Join(dir, "circle.db")
	for link, to := range map[string]string{
		first: "second.db", second: filepath.Join("folder", "ledger.db"), filepath.Join(dir, "folder"): elsewhere, circle: "circle.db",
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	l, book := open(t, first)
	real, err := filepath.EvalSymlinks(path)
	mustDo(t, err)
	if l.Path() != real {
		t.Errorf("path %s, want %s", l.Path(), real)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	run := begin(t, book)
	if _, other := open(t, path); !other.Alive(run.ID()) {
		t.Error("the run is dead by the file's own name")
	}
	if l, err := sqlite.Open(t.Context(), circle, sqlite.Options{}); err == nil {
		l.Close()
		t.Error("a circle of links was opened")
	}
}

func TestOpenThroughLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege here")
	}
	l, book := open(t, "")
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(l.Path(), link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	run := begin(t, book)
	other, otherBook := open(t, link)
	if other.Path() != l.Path() || !otherBook.Alive(run.ID()) {
		t.Errorf("path %s, run alive %v", other.Path(), otherBook.Alive(run.ID()))
	}
}

func TestOpenLocked(t *testing.T) {
	l, _ := open(t, "")
	path := l.Path()
	mustDo(t, l.Close())
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{`PRAGMA locking_mode = EXCLUSIVE`, `BEGIN EXCLUSIVE`, `UPDATE platform SET proved = 0`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if l, err := sqlite.Open(ctx, path, sqlite.Options{}); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("opened %v, error %v", l, err)
	}
}

func TestPlatform(t *testing.T) {
	l, book := open(t, "")
	if same, err := l.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL); err != nil || same.ID() != book.ID() {
		t.Errorf("the same again: %v", err)
	}
	if _, err := l.Platform(t.Context(), ledgertest.PlatformID, "https://brand.example.com/"); err != nil {
		t.Errorf("the same at another address: %v", err)
	}
	for _, address := range []string{ledgertest.PlatformURL, "HTTPS://BSS.example.com:443/", "https://brand.example.com"} {
		_, err := l.Platform(t.Context(), ledgertest.ID("other", 1), address)
		if e, ok := errors.AsType[*ledger.Error](err); !errors.Is(err, ledger.ErrOtherPlatform) || !ok || e.Hint == "" {
			t.Errorf("another at %s: %v", address, err)
		}
	}
	second, err := l.Platform(t.Context(), "not a GUID", "https://bss.example.com:8443")
	if err != nil {
		t.Fatalf("another at a new address: %v", err)
	}
	if _, err := l.Platform(t.Context(), "", "https://x.example.com"); err == nil {
		t.Error("a platform without id was accepted")
	}

	if proved, err := book.Proved(t.Context()); err != nil || proved {
		t.Errorf("proved %v, error %v", proved, err)
	}
	mustDo(t, book.SetProved(t.Context()))
	if seen, err := book.Evidence(t.Context()); err != nil || seen.References != ledger.KeptUnknown {
		t.Errorf("references %v, error %v", seen.References, err)
	}
	_, err = second.Amend(t.Context(), func(e *ledger.Evidence) { e.References = ledger.KeptNo })
	mustDo(t, err)

	got, err := l.Platforms(t.Context())
	mustDo(t, err)
	for i := range got {
		if got[i].Known.IsZero() {
			t.Errorf("platform %d: no time", i)
		}
		got[i].Known = time.Time{}
	}
	want := []ledger.PlatformInfo{
		{ID: ledgertest.PlatformID, URLs: []string{"https://brand.example.com", ledgertest.PlatformURL}, Proved: true},
		{ID: "not a GUID", URLs: []string{"https://bss.example.com:8443"}, References: ledger.KeptNo},
	}
	if len(got) > 0 && len(got[0].URLs) == 2 && got[0].URLs[0] == ledgertest.PlatformURL { // learnt in the same millisecond
		got[0].URLs[0], got[0].URLs[1] = got[0].URLs[1], got[0].URLs[0]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	at, err := l.BookAt(t.Context(), "https://BRAND.example.com")
	if err != nil || at == nil || at.ID() != ledgertest.PlatformID {
		t.Errorf("by address: %v, error %v", at, err)
	}
	if none, err := l.BookAt(t.Context(), "https://nobody.example.com"); err != nil || none != nil {
		t.Errorf("by an unknown address: %v, error %v", none, err)
	}
	if by, err := l.Book(t.Context(), "not a GUID"); err != nil || by == nil {
		t.Errorf("by id: %v, error %v", by, err)
	}
	if none, err := l.Book(t.Context(), ledgertest.ID("other", 1)); err != nil || none != nil {
		t.Errorf("by an unknown id: %v, error %v", none, err)
	}
}

func TestBooksAreApart(t *testing.T) {
	l, one := open(t, "")
	two, err := l.Platform(t.Context(), ledgertest.ID("other", 1), "https://other.example.com")
	mustDo(t, err)
	ledgertest.Put(t, begin(t, one), 1, ledger.Completed)
	if got := ledgertest.Get(t, two, ledgertest.ID("sub", 1)); got.Sub != "" {
		t.Errorf("found on the other platform: %+v", got)
	}
	if found, err := two.FindAll(t.Context(), []string{ledgertest.ID("sub", 1)}); err != nil || len(found) != 0 {
		t.Errorf("all found on the other platform: %v, error %v", found, err)
	}
	run := begin(t, two)
	if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(1)); err != nil || !granted {
		t.Errorf("granted %v, error %v", granted, err)
	}
	if runs, err := one.Runs(t.Context(), 0); err != nil || len(runs) != 1 {
		t.Errorf("runs %v, error %v", runs, err)
	}

	// Nothing is read between these, so that all of them are in the journal.
	dying := begin(t, one)
	here, there := ledgertest.Put(t, dying, 2, ledger.Intended), ledgertest.Put(t, run, 2, ledger.Intended)
	mustDo(t, run.Record(t.Context(), "", ledgertest.Accepted(there)))
	ledgertest.Put(t, dying, 3, ledger.Refused)
	if platforms, err := l.Platforms(t.Context()); err != nil || len(platforms) != 2 || platforms[0].Entries != 3 || platforms[1].Entries != 2 {
		t.Errorf("platforms %+v, error %v", platforms, err)
	}
	mustDo(t, dying.End(t.Context(), "dead"))
	mustDo(t, run.TakeOver(t.Context(), noon))
	if diff := cmp.Diff(here, ledgertest.Get(t, one, here.Sub)); diff != "" {
		t.Errorf("on the one platform (-want +got):\n%s", diff)
	}
	if got := ledgertest.Get(t, two, there.Sub); got.State != ledger.Accepted || got.Run != run.ID() {
		t.Errorf("on the other platform: %+v", got)
	}
}

func TestRuns(t *testing.T) {
	_, book := open(t, "")
	started := noon.Add(-time.Hour)
	info := ledger.RunInfo{File: "a.csv", FileHash: "abc", Rows: 7, Started: started, Host: "laptop", PID: 4711, Version: "1.2.3"}
	first, err := book.Begin(t.Context(), info)
	mustDo(t, err)
	second := begin(t, book)
	if first.ID() == second.ID() || !book.Alive(first.ID()) || !book.Alive(second.ID()) || book.Alive(999) {
		t.Error("two runs that go on, and no third")
	}
	mustDo(t, first.End(t.Context(), `{"completed":7}`))
	if book.Alive(first.ID()) {
		t.Error("a run that has ended is alive")
	}
	if err := first.Record(t.Context(), "", ledgertest.Completed(ledgertest.Entry(1))); !errors.Is(err, ledger.ErrRunEnded) {
		t.Errorf("a write of a run that has ended: %v", err)
	}
	runs, err := book.Runs(t.Context(), 10)
	mustDo(t, err)
	if len(runs) != 2 || runs[1].Ended.IsZero() {
		t.Fatalf("runs: %+v", runs)
	}
	if runs[0].ID != second.ID() || runs[0].Host == "" || runs[0].PID != os.Getpid() || runs[0].Started.IsZero() || !runs[0].Ended.IsZero() {
		t.Errorf("the newest: %+v", runs[0])
	}
	info.ID, info.Ended, info.Outcome = first.ID(), runs[1].Ended, `{"completed":7}`
	if diff := cmp.Diff(info, runs[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if one, err := book.Runs(t.Context(), 1); err != nil || len(one) != 1 || one[0].ID != second.ID() {
		t.Errorf("one run: %+v, error %v", one, err)
	}
}

func TestLocksGoAway(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	begin(t, book) // never ends
	mustDo(t, run.End(t.Context(), "done"))
	mustDo(t, l.Close())
	mustDo(t, l.Close())
	files, err := filepath.Glob(filepath.Dir(l.Path()) + "/*")
	if want := []string{l.Path()}; err != nil || !cmp.Equal(want, files) {
		t.Errorf("left behind: %v, error %v", files, err)
	}
	_, again := open(t, l.Path())
	begin(t, again)
	runs, err := again.Runs(t.Context(), 0)
	if err != nil || len(runs) != 3 || runs[1].Outcome != ledger.Killed || runs[2].Outcome != "done" {
		t.Errorf("runs %+v, error %v", runs, err)
	}
}

// Whoever finds a run dead removes its lock file.
func TestLockOfKilledGoesAway(t *testing.T) {
	l, book := open(t, "")
	ours := begin(t, book)
	p := ledgertest.Start(t, ledgertest.IntendOnly, l.Path(), 0, 20)
	p.Await(t, "done")
	p.Kill(t)
	mustDo(t, ours.TakeOver(t.Context(), noon))
	if left, err := filepath.Glob(l.Path() + ".run-*"); err != nil || len(left) != 1 {
		t.Errorf("lock files left: %v, error %v, want ours alone", left, err)
	}
}

// A ledger was moved away and another begun while a run of the first goes on:
// its lock must not be taken for one of the second's.
func TestBeginBesideForeignLock(t *testing.T) {
	l, book := open(t, "")
	first := begin(t, book)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(l.Path() + suffix)
	}
	_, fresh := open(t, l.Path())
	if second := begin(t, fresh); second.ID() == first.ID() {
		t.Errorf("both are run %d", first.ID())
	}
}

func TestMovedFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not move what is open")
	}
	l, book := open(t, "")
	run := begin(t, book)
	mustDo(t, os.Rename(l.Path(), l.Path()+".old"))
	if _, granted, err := run.Intend(t.Context(), ledgertest.Entry(1)); granted || !errors.Is(err, ledger.ErrMoved) {
		t.Errorf("granted %v, error %v", granted, err)
	}
	mustDo(t, os.Rename(l.Path()+".old", l.Path()))
	if err := run.Record(t.Context(), "", ledgertest.Completed(ledgertest.Entry(1))); !errors.Is(err, ledger.ErrMoved) {
		t.Errorf("the first failure is final, yet the next write said %v", err)
	}
}

func TestClosed(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	mustDo(t, l.Close())
	_, _, intend := run.Intend(t.Context(), ledgertest.Entry(1))
	_, find := book.Find(t.Context(), []string{ledgertest.ID("sub", 1)})
	_, totals := book.Totals(t.Context())
	_, beginning := book.Begin(t.Context(), ledger.RunInfo{})
	_, _, story := book.Story(t.Context(), ledgertest.ID("sub", 1))
	for name, err := range map[string]error{
		"intend": intend, "record": run.Record(t.Context(), "", ledgertest.Completed(ledgertest.Entry(1))), "begin": beginning, "check": l.Check(t.Context()),
		"find": find, "totals": totals, "story": story, "end": run.End(t.Context(), ""),
	} {
		if !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	l, _ := open(t, "")
	for range 2 {
		before := l.Commits()
		if err := l.Check(t.Context()); err != nil || l.Commits() != before+1 {
			t.Errorf("error %v, %d commits", err, l.Commits()-before)
		}
	}
}

// What makes a commit last through a power cut cannot be tried here, so at least
// the settings are looked at.
func TestDurableSettings(t *testing.T) {
	l, _ := open(t, "")
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "fullfsync": "1", "checkpoint_fullfsync": "1", "trusted_schema": "0", "cell_size_check": "1",
	} {
		if got, err := l.Pragma(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %q, want %q, error %v", name, got, want, err)
		}
	}
}
