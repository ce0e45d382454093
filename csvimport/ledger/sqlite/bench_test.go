package sqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"bulkimport/csvimport/ledger"
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
						e, ok, err := run.Intend(b.Context(), entry(i))
						if err != nil || !ok {
							b.Errorf("intend: granted %v, error %v", ok, err)
							return
						}
						if err := run.Record(b.Context(), accepted(e), ""); err != nil {
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
	subs := fill(b, run, 100_000)
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

// BenchmarkOpen measures opening and closing a ledger of 1,000 rows.
func BenchmarkOpen(b *testing.B) {
	l, book := open(b, "")
	run := begin(b, book)
	fill(b, run, 1000)
	mustDo(b, run.End(b.Context(), "done"))
	mustDo(b, l.Close())
	for b.Loop() {
		again, err := ledger.Open(b.Context(), l.Path())
		if err != nil {
			b.Fatal(err)
		}
		mustDo(b, again.Close())
	}
}
