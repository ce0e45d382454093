package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
)

// snapshots keeps the ledger's files as they are at some of the orders, on the
// way to the platform and on the way back: what a kill at that moment leaves.
type snapshots struct {
	engine.Orders
	platform *standin
	path     string
	dir      string

	mu    sync.Mutex
	taken []int // orders known to the platform at each
}

func (s *snapshots) Place(ctx context.Context, r apsclient.OrderRequest) (apsclient.Placed, error) {
	s.take()
	p, err := s.Orders.Place(ctx, r)
	s.take()
	return p, err
}

func (s *snapshots) take() {
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 30
	if s.platform.Count("place")%7 != 3 || len(s.taken) == most {
		return
	}
	// All is in the log still: so small a ledger is not taken into the file. What was
	// ordered meanwhile may not be in what was read: then it is read again.
	orders := -1
	for orders != s.platform.OrderCount() {
		orders = s.platform.OrderCount()
		for _, end := range []string{"", "-wal"} {
			b, err := os.ReadFile(s.path + end)
			if err == nil {
				err = os.WriteFile(s.file(len(s.taken))+end, b, 0o600)
			}
			if err != nil {
				panic(err)
			}
		}
	}
	s.taken = append(s.taken, orders)
}

func (s *snapshots) file(i int) string { return filepath.Join(s.dir, fmt.Sprintf("killed-%d.db", i)) }

// Whenever the process is killed, every order that exists has an entry, and no
// more intents are without an outcome than orders were in flight.
func TestKilledAnywhere(t *testing.T) {
	const concurrency = 8
	for name, latency := range map[string]time.Duration{"slow platform": 20 * time.Millisecond, "fast platform": 0} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := newFixture(t, dir, 5)
			f.platform.latency = latency
			f.platform.SetProvisioning(0)
			rows := f.platform.table(400, 400)
			s := &snapshots{Orders: f.platform.orders(), platform: f.platform, path: f.path, dir: dir}
			f.with(func(book *sqlite.Book, r ledger.Begun) {
				out, err := engine.Import(t.Context(), engine.Job{
					Rows: stream(rows), Orders: s, Book: book, Run: r,
					Options: engine.Options{Concurrency: concurrency, Wait: -1, Proved: true, Loopback: true},
				})
				if err != nil || out.Stopped != nil {
					t.Fatal(err, out)
				}
			})
			if len(s.taken) < 10 {
				t.Fatalf("%d snapshots", len(s.taken))
			}
			most, placed := 0, f.platform.Orders()
			for i, orders := range s.taken {
				l, err := sqlite.Open(t.Context(), s.file(i), sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				book, err := l.Book(t.Context(), "service-1")
				if err != nil || book == nil {
					t.Fatal(book, err)
				}
				totals, err := book.Totals(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				open := totals[ledger.Intended]
				most = max(most, open)
				if open > concurrency {
					t.Errorf("snapshot %d: %d intents without outcome, with %d orders in flight at most", i, open, concurrency)
				}
				subs := make([]string, orders)
				for j := range subs {
					subs[j] = placed[j].SubID
				}
				if found, err := book.Find(t.Context(), subs); err != nil || len(found) != orders {
					t.Errorf("snapshot %d: %d of %d orders have an entry, error %v", i, len(found), orders, err)
				}
				l.Close()
			}
			t.Logf("%d intents without outcome at most, in %d snapshots", most, len(s.taken))
		})
	}
}
