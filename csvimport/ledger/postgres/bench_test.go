//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
	"bulkimport/csvimport/ledger/sqlite"
)

// rate is how fast a ledger was, and what of this process's time a record took.
type rate struct {
	perSecond float64
	cpu       time.Duration
}

// records has writers make intents and outcomes, which are acknowledged when they are
// durable: b.N of them in all.
func records(b *testing.B, run ledger.Run, writers int) rate {
	var next atomic.Int64
	var all errgroup.Group
	b.ResetTimer()
	before := processor()
	for range writers {
		all.Go(func() error {
			for i := int(next.Add(2)) - 2; i < b.N; i = int(next.Add(2)) - 2 {
				e, granted, err := run.Intend(b.Context(), ledgertest.Entry(i))
				if err != nil || !granted {
					return fmt.Errorf("row %d: granted %v, %w", i, granted, err)
				}
				if err := run.Record(b.Context(), "", ledgertest.Accepted(e)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	r := rate{float64(b.N) / b.Elapsed().Seconds(), (processor() - before) / time.Duration(b.N)}
	b.ReportMetric(r.perSecond, "records/s")
	b.ReportMetric(float64(r.cpu.Microseconds()), "µs-cpu/record")
	return r
}

// processor is the time that this process has worked so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkShared measures a ledger in a database beside one in a file, and over a wire
// that takes a millisecond there and back beside one statement after the other.
func BenchmarkShared(b *testing.B) {
	cluster.Need(b)
	var file, slow rate
	b.Run("file", func(b *testing.B) { file = records(b, begun(b, openFile(b)), 64) })
	b.Run("database", func(b *testing.B) {
		r := records(b, begun(b, openBench(b, cluster.Fresh(b))), 64)
		b.ReportMetric(r.perSecond/file.perSecond, "of-file")
		b.ReportMetric(float64(r.cpu)/float64(file.cpu), "cpu-of-file")
	})
	b.Run("1ms/statements", func(b *testing.B) {
		slow = statements(b, delayed(b), 64)
	})
	b.Run("1ms/batches", func(b *testing.B) {
		r := records(b, begun(b, openBench(b, delayed(b))), 64)
		b.ReportMetric(r.perSecond/slow.perSecond, "of-statements")
	})
}

// BenchmarkFound measures looking up 100,000 subscriptions that are all done, as running
// an import again does, beside a ledger in a file.
func BenchmarkFound(b *testing.B) {
	cluster.Need(b)
	const rows = 100_000
	var file float64
	find := func(b *testing.B, book benchBook) float64 {
		run := begun(b, book)
		subs := ledgertest.Fill(b, run, rows)
		for b.Loop() {
			if found, err := book.Find(b.Context(), subs); err != nil || len(found) != rows {
				b.Fatalf("found %d, %v", len(found), err)
			}
		}
		seconds := b.Elapsed().Seconds() / float64(b.N)
		b.ReportMetric(seconds, "s/100000-rows")
		return seconds
	}
	b.Run("file", func(b *testing.B) { file = find(b, openFile(b)) })
	b.Run("database", func(b *testing.B) {
		b.ReportMetric(find(b, openBench(b, cluster.Fresh(b)))/file, "of-file")
	})
	b.Run("1ms", func(b *testing.B) {
		b.ReportMetric(find(b, openBench(b, delayed(b)))/file, "of-file")
	})
}

// benchBook is a platform's book in a ledger of whatever kind.
type benchBook interface {
	Begin(context.Context, ledger.RunInfo) (ledger.Begun, error)
	Find(context.Context, []string) (map[string]ledger.Entry, error)
}

// delayed is the address of a database that is a millisecond away.
func delayed(b *testing.B) string {
	address, wire := pgtest.NewWire(b, cluster.Fresh(b))
	wire.Delay(time.Millisecond)
	return address
}

func openBench(b *testing.B, where string) *postgres.Book {
	l, err := postgres.Open(b.Context(), where, postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	book, err := l.Platform(b.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	if err != nil {
		b.Fatal(err)
	}
	return book
}

func openFile(b *testing.B) *sqlite.Book {
	l, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	book, err := l.Platform(b.Context(), ledgertest.PlatformID, ledgertest.PlatformURL)
	if err != nil {
		b.Fatal(err)
	}
	return book
}

func begun(b *testing.B, book benchBook) ledger.Run {
	run, err := book.Begin(b.Context(), ledger.RunInfo{File: "accounts.csv"})
	if err != nil {
		b.Fatal(err)
	}
	return run
}

// statements has writers write records as programs do that have no batches: each a
// transaction, in which one statement follows the other.
func statements(b *testing.B, where string, writers int) rate {
	openBench(b, where)
	pool, err := pgxpool.New(b.Context(), where)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	const (
		locked   = `SELECT id FROM import_ledger.platform WHERE id = 1 FOR NO KEY UPDATE`
		careful  = `SELECT set_config('lock_timeout', '15s', true)`
		look     = `SELECT * FROM import_ledger.entry WHERE platform = 1 AND sub = $1`
		intended = `INSERT INTO import_ledger.entry OVERRIDING SYSTEM VALUE SELECT $2::bigint, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, $1, '', '', '', '', '', '', '', '', '', '', '', '', '', ''`
		accepted = `UPDATE import_ledger.entry SET state = 2, order_id = $2::bigint::text, http_status = 201 WHERE platform = 1 AND sub = $1`
	)
	var next atomic.Int64
	var all errgroup.Group
	b.ResetTimer()
	for range writers {
		all.Go(func() error {
			for i := next.Add(2) - 2; i < int64(b.N); i = next.Add(2) - 2 {
				sub := ledgertest.ID("sub", int(i))
				for _, write := range []string{intended, accepted} {
					err := pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
						_, err := tx.Exec(b.Context(), careful)
						if err == nil {
							_, err = tx.Exec(b.Context(), locked)
						}
						if err == nil {
							_, err = tx.Exec(b.Context(), look, sub)
						}
						if err == nil {
							_, err = tx.Exec(b.Context(), write, sub, i)
						}
						return err
					})
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	r := rate{perSecond: float64(b.N) / b.Elapsed().Seconds()}
	b.ReportMetric(r.perSecond, "records/s")
	return r
}
