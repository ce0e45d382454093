package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
	"bulkimport/csvimport/machine"
)

// sleeper is a machine that may have slept.
type sleeper struct {
	machine.Machine
	slept atomic.Int64
}

func (s *sleeper) Elapsed() time.Duration {
	return s.Machine.Elapsed() + time.Duration(s.slept.Load())
}

func openAs(t *testing.T, where string, o postgres.Options) (*postgres.Ledger, *postgres.Book) {
	t.Helper()
	l, err := postgres.Open(t.Context(), where, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b, err := l.Platform(t.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	if err != nil {
		t.Fatal(err)
	}
	return l, b
}

func mustBegin(t *testing.T, b *postgres.Book) ledger.Begun {
	t.Helper()
	r, err := b.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A machine that wakes may not send on the grants it had; the next intent renews the
// lease first, if the run is alive still.
func TestSleep(t *testing.T) {
	m := &sleeper{Machine: machine.Local()}
	_, b := openAs(t, cluster.Fresh(t), postgres.Options{Machine: m, Lease: time.Hour})
	r := mustBegin(t, b)
	if !r.MaySend() {
		t.Error("a run that has just begun may not send")
	}
	m.slept.Store(int64(31 * time.Minute))
	if r.MaySend() {
		t.Error("it may send on a lease that is half over")
	}
	if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(1)); !granted || err != nil || !r.MaySend() {
		t.Errorf("granted %v, %v, may send %v", granted, err, r.MaySend())
	}
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}

// A run whose lease has passed by the server's clock is dead for good: its rows are
// another's, and what it still tries is refused.
func TestPassedLease(t *testing.T) {
	where := cluster.Fresh(t)
	name := where[strings.LastIndex(where, "/")+1:]
	_, b := openAs(t, where, postgres.Options{Lease: time.Hour})
	_, other := openAs(t, where, postgres.Options{Lease: time.Hour})
	dead, live := mustBegin(t, b), mustBegin(t, other)
	e, granted, err := dead.Intend(t.Context(), ledgertest.Entry(1))
	if err != nil || !granted {
		t.Fatal(granted, err)
	}
	passed := "UPDATE import_ledger.run SET lease_until = now() - interval '1 second' WHERE id = 1"
	cluster.Do(t, name, passed)
	if _, taken, err := live.Take(t.Context(), e.Sub, time.Now()); taken || err != nil {
		t.Errorf("taken %v, %v, from a run that could not renew: the server has not been up for a lease", taken, err)
	}
	cluster.Do(t, name, passed, "UPDATE import_ledger.run SET lease = interval '0' WHERE id = 1")
	if got, taken, err := live.Take(t.Context(), e.Sub, time.Now()); !taken || err != nil || got.State != ledger.Doubt {
		t.Errorf("taken %v, %v: %v", taken, err, got.State)
	}
	e.State, e.OrderID = ledger.Accepted, "order"
	if err := dead.Record(t.Context(), "", e); !errors.Is(err, ledger.ErrRunEnded) || dead.MaySend() {
		t.Errorf("a dead run wrote, %v, or may send", err)
	}
	if _, _, err := dead.Intend(t.Context(), ledgertest.Entry(2)); !errors.Is(err, ledger.ErrRunEnded) {
		t.Errorf("a dead run was granted something: %v", err)
	}
	if live.Ended(99) {
		t.Error("a run is taken to have ended of which the ledger knows nothing")
	}
	if live.Ended(dead.ID()) {
		t.Error("a run is taken to have ended that was not heard of: it may only be asleep")
	}
	if err := dead.End(t.Context(), "it woke"); err != nil {
		t.Fatal(err)
	}
	_, later := openAs(t, where, postgres.Options{Lease: time.Hour})
	if !mustBegin(t, later).Ended(dead.ID()) {
		t.Error("what a run says of itself when it has woken is not believed")
	}
}

// A run whose lease has passed has no part of what is the platform's any more.
func TestAlongsideTheDead(t *testing.T) {
	where := cluster.Fresh(t)
	_, b := openAs(t, where, postgres.Options{Lease: time.Hour})
	_, other := openAs(t, where, postgres.Options{Lease: time.Hour})
	mustBegin(t, b)
	live := mustBegin(t, other)
	if got := live.Alongside().Runs; got != 2 {
		t.Errorf("%d runs, want 2", got)
	}
	cluster.Do(t, where[strings.LastIndex(where, "/")+1:], "UPDATE import_ledger.run SET lease = interval '0', lease_until = now() - interval '1 second' WHERE id = 1")
	for end := time.Now().Add(30 * time.Second); live.Alongside().Runs != 1; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d runs, want 1", live.Alongside().Runs)
		}
	}
}

// The server is killed in the middle: writes wait for it, and are done once.
func TestServerKilled(t *testing.T) {
	_, b := openAs(t, cluster.Fresh(t), postgres.Options{})
	r := mustBegin(t, b)
	const n = 300
	granted := make(chan int, n)
	go func() {
		defer close(granted)
		for i := range n {
			if _, ok, err := r.Intend(context.Background(), ledgertest.Entry(i)); err != nil || !ok {
				t.Errorf("row %d: granted %v, %v", i, ok, err)
				return
			}
			granted <- i
		}
	}()
	done := 0
	for range granted {
		if done++; done == n/3 || done == 2*n/3 {
			if err := cluster.Stop(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			if err := cluster.Start(); err != nil {
				t.Fatal(err)
			}
		}
	}
	totals, err := b.Totals(t.Context())
	if err != nil || totals[ledger.Intended] != n || done != n {
		t.Errorf("%d granted, totals %v, %v", done, totals, err)
	}
	found, err := b.Find(t.Context(), []string{ledgertest.ID("sub", n/3), ledgertest.ID("sub", 2*n/3)})
	for _, e := range found {
		if e.Sends != 1 {
			t.Errorf("%s was granted %d times", e.Sub, e.Sends)
		}
	}
	if err != nil || len(found) != 2 {
		t.Errorf("found %d, %v", len(found), err)
	}
}

// A database that was set back under a run is noticed by the run's next write, and by
// its next renewal.
func TestSetBack(t *testing.T) {
	for _, tt := range []struct{ name, statement string }{
		{"batches are missing", "UPDATE import_ledger.run SET batch = 1"},
		{"the run is missing", "DELETE FROM import_ledger.run"},
		{"another run has its number", "UPDATE import_ledger.run SET started_at = 1"},
	} {
		for _, renewed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, renewed %v", tt.name, renewed), func(t *testing.T) {
				where := cluster.Fresh(t)
				m := &sleeper{Machine: machine.Local()}
				_, b := openAs(t, where, postgres.Options{Machine: m, Lease: time.Hour})
				r := mustBegin(t, b)
				for i := range 3 {
					if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(i)); !granted || err != nil {
						t.Fatal(granted, err)
					}
				}
				cluster.Do(t, where[strings.LastIndex(where, "/")+1:], tt.statement)
				if renewed {
					m.slept.Store(int64(31 * time.Minute))
				}
				if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(4)); granted || !errors.Is(err, ledger.ErrReplaced) || r.MaySend() {
					t.Errorf("granted %v, %v, may send what it was granted before: %v", granted, err, r.MaySend())
				}
			})
		}
	}
}

// A database that was dropped and made anew, at an address that this machine
// remembers a ledger at, is a lost ledger; on another machine it is a new one.
func TestDropped(t *testing.T) {
	marks := filepath.Join(t.TempDir(), "marks")
	where := cluster.Fresh(t)
	begin := func(marks string, want ledger.Loss) {
		t.Helper()
		_, b := openAs(t, where, postgres.Options{})
		r, err := b.Begin(t.Context(), ledger.RunInfo{Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.(ledger.Doubtful).Loss(); got != want {
			t.Errorf("%v, want %v", got, want)
		}
		if err := r.(ledger.Doubtful).Trusted(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.End(t.Context(), "done"); err != nil {
			t.Fatal(err)
		}
	}
	begin(marks, ledger.Sound)
	cluster.Do(t, where[strings.LastIndex(where, "/")+1:], "DROP SCHEMA import_ledger CASCADE")
	begin(t.TempDir(), ledger.Sound)
	begin(marks, ledger.LossMissing)
	begin(marks, ledger.Sound)
}

// Who only reads makes no ledger.
func TestExisting(t *testing.T) {
	where := cluster.Fresh(t)
	for range 2 {
		if _, err := postgres.Open(t.Context(), where, postgres.Options{Existing: true}); !errors.Is(err, ledger.ErrAbsent) {
			t.Errorf("there is no ledger: %v", err)
		}
	}
	openAs(t, where, postgres.Options{})
	openAs(t, where, postgres.Options{Existing: true})
}

// A standby is promoted that knows all that one run was granted, and not what another
// was: neither is granted anything more, and both know why.
func TestPromoted(t *testing.T) {
	var primary pgtest.Cluster
	primary.Need(t)
	t.Cleanup(primary.Close)
	where, wire := pgtest.NewWire(t, primary.Fresh(t))
	_, b := openAs(t, where, postgres.Options{})
	known, lost := mustBegin(t, b), mustBegin(t, b)
	intend := func(r ledger.Begun, row int) (bool, error) {
		_, granted, err := r.Intend(t.Context(), ledgertest.Entry(row))
		return granted, err
	}
	for i, r := range []ledger.Begun{known, lost} {
		if granted, err := intend(r, i); !granted || err != nil {
			t.Fatal(granted, err)
		}
	}
	standby := primary.Standby(t, false)
	standby.CaughtUp(t, &primary)
	if _, err := postgres.Open(t.Context(), standby.Address("importer", where[strings.LastIndex(where, "/")+1:strings.Index(where, "?")]), postgres.Options{}); err == nil || !strings.Contains(err.Error(), "the server is a standby") {
		t.Errorf("a standby is opened: %v", err)
	}
	standby.Detach(t)
	if granted, err := intend(lost, 2); !granted || err != nil {
		t.Fatal(granted, err)
	}
	if err := primary.Stop(); err != nil {
		t.Fatal(err)
	}
	standby.Promote(t)
	wire.To(standby.Address("importer", "postgres"))
	if loss, err := b.Loss(t.Context(), ""); loss != ledger.LossCopied || err != nil {
		t.Errorf("a machine that was never here before is told %v, %v", loss, err)
	}
	for _, r := range []ledger.Begun{known, lost} {
		if granted, err := intend(r, 2); granted || !errors.Is(err, ledger.ErrReplaced) {
			t.Errorf("run %d: granted %v what the other was, %v", r.ID(), granted, err)
		}
	}
	if err := primary.Start(); err != nil {
		t.Fatal(err)
	}
}

// A copy is put back, and others use the database until its log is longer than it was:
// the machine knows by its run that it is not what it was.
func TestPutBack(t *testing.T) {
	var own pgtest.Cluster
	own.Need(t)
	t.Cleanup(own.Close)
	for _, tt := range []struct {
		name          string
		before, after int // rows that were granted before and after the copy was made
	}{{"with less of the run", 2, 3}, {"without the run", 0, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			marks := filepath.Join(t.TempDir(), "marks")
			where := own.Fresh(t)
			l, b := openAs(t, where, postgres.Options{})
			var r ledger.Begun
			row := 0
			grant := func(rows int) {
				for range rows {
					if r == nil {
						var err error
						if r, err = b.Begin(t.Context(), ledger.RunInfo{Marks: marks}); err != nil {
							t.Fatal(err)
						}
					}
					row++
					if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(row)); err != nil || !granted {
						t.Fatal(granted, err)
					}
				}
			}
			grant(tt.before)
			own.Keep(t)
			grant(tt.after)
			if err := r.End(t.Context(), "done"); err != nil {
				t.Fatal(err)
			}
			own.PutBack(t)
			own.Do(t, where[strings.LastIndex(where, "/")+1:], "CREATE TABLE others AS SELECT * FROM generate_series(1, 100000)", "DROP TABLE others")
			if loss, err := b.Loss(t.Context(), marks); loss != ledger.LossCopied || err != nil {
				t.Errorf("%v, %v", loss, err)
			}
			l.Close()
		})
	}
}

// A machine that remembers more of the database than there is, or another server,
// knows that something was lost, until a person has said what there is to know.
func TestLoss(t *testing.T) {
	marks := filepath.Join(t.TempDir(), "marks")
	_, b := openAs(t, cluster.Fresh(t), postgres.Options{})
	begin := func() (ledger.Begun, ledger.Loss) {
		t.Helper()
		before, err := b.Loss(t.Context(), marks)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Begin(t.Context(), ledger.RunInfo{Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.(ledger.Doubtful).Loss(); got != before {
			t.Errorf("before the run %v, in it %v", before, got)
		}
		return r, before
	}
	end := func(r ledger.Begun) {
		t.Helper()
		if err := r.End(t.Context(), "done"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		r, loss := begin()
		if loss != ledger.Sound {
			t.Errorf("nothing was lost: %v", loss)
		}
		end(r)
	}
	all, err := filepath.Glob(filepath.Join(marks, "*.json"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	for field, value := range map[string]string{"Log": "1152921504606846976", "Timeline": "7", "System": "7", "Run": "99", "Started": "7", "Batch": "99"} {
		text, err := os.ReadFile(all[0])
		if err != nil {
			t.Fatal(err)
		}
		var mark map[string]json.RawMessage
		if err := json.Unmarshal(text, &mark); err != nil {
			t.Fatal(err)
		}
		mark[field] = json.RawMessage(value)
		text, _ = json.Marshal(mark)
		if err := os.WriteFile(all[0], text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, loss := begin()
		if loss != ledger.LossCopied {
			t.Errorf("another %s: %v", field, loss)
		}
		end(r)
		r, loss = begin()
		if loss != ledger.LossCopied {
			t.Errorf("another %s, in the run after: %v", field, loss)
		}
		if err := r.(ledger.Doubtful).Trusted(t.Context()); err != nil {
			t.Fatal(err)
		}
		end(r)
		if r, loss = begin(); loss != ledger.Sound {
			t.Errorf("another %s, settled: %v", field, loss)
		}
		end(r)
	}
}

// A renewal that is slow to commit answers with where the database was before batches
// that began after it and were answered first: nothing is lost.
func TestSlowRenewal(t *testing.T) {
	where := cluster.Fresh(t)
	_, b := openAs(t, where, postgres.Options{Lease: 2 * time.Second})
	r := mustBegin(t, b)
	u, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	database := strings.TrimPrefix(u.Path, "/")
	cluster.Do(t, database, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END'`,
		`CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON import_ledger.run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
			WHEN (OLD.lease_until IS DISTINCT FROM NEW.lease_until) EXECUTE FUNCTION slow()`,
		`CREATE TABLE others (n int)`)
	var writing sync.WaitGroup
	until := time.Now().Add(3 * time.Second)
	writing.Go(func() { // others, whose commits move the log on
		for time.Now().Before(until) {
			cluster.Do(t, database, `INSERT INTO others VALUES (1)`)
		}
	})
	for i := 0; time.Now().Before(until); i++ {
		if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(i)); err != nil || !granted {
			t.Errorf("row %d: granted %v, %v", i, granted, err)
			break
		}
	}
	writing.Wait()
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}
