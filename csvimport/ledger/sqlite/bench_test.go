package sqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// BenchmarkLedger measures durable records: each operation is one intent or one
// outcome, acknowledged when it is on the disk.
func BenchmarkLedger(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l, book := open(b, "")
			run := begin(b, book)
			var next atomic.Int64
			var wg sync.WaitGroup
			before := l.Commits()
			b.ResetTimer()
			for range writers {
				wg.Go(func() {
					for {
						i := int(next.Add(2)) - 2
						if i >= b.N {
							return
						}
						e, ok, err := run.Intend(b.Context(), ledgertest.Entry(i))
						if err != nil || !ok {
							b.Errorf("intend: granted %v, error %v", ok, err)
							return
						}
						if err := run.Record(b.Context(), "", ledgertest.Accepted(e)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(b.N)/float64(l.Commits()-before), "records/sync")
		})
	}
}

// BenchmarkFind measures looking up 100,000 subscriptions, as the resume of a
// file that is all done does.
func BenchmarkFind(b *testing.B) {
	l, book := open(b, "")
	run := begin(b, book)
	subs := ledgertest.Fill(b, run, 100_000)
	mustDo(b, l.Check(b.Context()))
	b.ResetTimer()
	for range b.N {
		found, err := book.Find(b.Context(), subs)
		if err != nil || len(found) != len(subs) {
			b.Fatalf("found %d of %d: %v", len(found), len(subs), err)
		}
	}
	b.StopTimer()
	mustDo(b, l.Close())
	b.ReportMetric(float64(size(b, l))/float64(len(subs)), "B/row")
}

// BenchmarkTakeOver measures taking over 20,000 intents of a run that died.
func BenchmarkTakeOver(b *testing.B) {
	_, book := open(b, "")
	dead := begin(b, book)
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < 20_000; i += 64 {
				if _, ok, err := dead.Intend(b.Context(), ledgertest.Entry(i)); err != nil || !ok {
					b.Errorf("intend: granted %v, error %v", ok, err)
				}
			}
		})
	}
	wg.Wait()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		run := begin(b, book)
		mustDo(b, dead.End(b.Context(), "killed"))
		b.StartTimer()
		mustDo(b, run.TakeOver(b.Context(), noon))
		dead = run
	}
}

// BenchmarkOpen measures opening and closing a ledger of 1,000 rows.
func BenchmarkOpen(b *testing.B) {
	l, book := open(b, "")
	run := begin(b, book)
	ledgertest.Fill(b, run, 1000)
	mustDo(b, run.End(b.Context(), "done"))
	mustDo(b, l.Close())
	for b.Loop() {
		again, err := sqlite.Open(b.Context(), l.Path(), sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		mustDo(b, again.Close())
	}
}
