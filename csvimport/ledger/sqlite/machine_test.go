package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// machine is a computer with a clock, a start and a name of its own.
type machine struct {
	now  time.Time
	boot string
	host string
}

func (m *machine) Now() time.Time         { return m.now }
func (m *machine) Boot() string           { return m.boot }
func (m *machine) Elapsed() time.Duration { return 0 }
func (m *machine) Awake() time.Duration   { return 0 }
func (m *machine) ID() string             { return m.host }
func (m *machine) Host() string           { return m.host }

// TestMachine: what the ledger notes of its computer is that computer's.
func TestMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	m := &machine{now: noon, boot: "first start", host: "laptop"}
	start := func() (*sqlite.Ledger, *sqlite.Book, *sqlite.Run) {
		l, err := sqlite.Open(t.Context(), path, sqlite.Options{Machine: m})
		mustDo(t, err)
		t.Cleanup(func() { l.Close() })
		book, err := l.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
		mustDo(t, err)
		return l, book, begin(t, book)
	}
	l, _, killed := start()
	e := ledgertest.Put(t, killed, 1, ledger.Intended)
	mustDo(t, l.Close())

	m.now, m.boot = noon.Add(time.Hour), "second start"
	_, book, run := start()
	if !shaken(run) {
		t.Error("the machine restarted under a run, and the next is not shaken")
	}
	if _, taken, err := run.Take(t.Context(), e.Sub, noon); err != nil || !taken {
		t.Errorf("taken %v, error %v", taken, err)
	}
	mustDo(t, run.End(t.Context(), "done"))
	runs, err := book.Runs(t.Context(), 0)
	if err != nil || len(runs) != 2 {
		t.Fatalf("runs %+v, error %v", runs, err)
	}
	for i, started := range []time.Time{m.now, noon} {
		if r := runs[i]; r.Host != m.host || !r.Started.Equal(started) {
			t.Errorf("run %d is of %s at %s, want %s at %s", r.ID, r.Host, r.Started, m.host, started)
		}
	}
	if !runs[0].Ended.Equal(m.now) {
		t.Errorf("ended at %s, want %s", runs[0].Ended, m.now)
	}
	_, events, err := book.Story(t.Context(), e.Sub)
	if err != nil || len(events) != 1 || !events[0].Time.Equal(m.now) {
		t.Errorf("story %+v, error %v, want one event at %s", events, err, m.now)
	}
}
