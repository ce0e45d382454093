package check_test

import (
	"fmt"
	"io"
	"testing"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

// BenchmarkChecker shows what the checks cost beside reading the file.
func BenchmarkChecker(b *testing.B) {
	const n = 100_000
	s, text := sample.Crowd(n)
	f := sample.Open(b, text)
	load := func(limit int) *catalog.Catalog {
		c, err := catalog.Loader{Platform: s, Limit: limit}.Load(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		return c
	}
	perSecond := func(b *testing.B) {
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			for range f.Rows() {
			}
		}
		perSecond(b)
	})
	done := sample.Book(b)
	run, err := done.Begin(b.Context(), ledger.RunInfo{Started: sample.Today})
	if err != nil {
		b.Fatal(err)
	}
	entries := make([]ledger.Entry, n)
	exported := make([]ledger.Exported, n)
	for i := range entries {
		entries[i] = ledger.Entry{Sub: sample.SubID(i), Gen: 1, State: ledger.Completed, OrderID: sample.SubID(i), OrderNumber: fmt.Sprintf("SO%d", i)}
		exported[i] = ledger.Exported{Sub: sample.SubID(i), Tenant: fmt.Sprintf("tenant%d.onmicrosoft.com", i), At: sample.Today}
	}
	if err := run.Record(b.Context(), "", entries...); err != nil {
		b.Fatal(err)
	}
	if err := done.SaveExport(b.Context(), exported); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		check *check.Checker
	}{
		{"offline", &check.Checker{File: f}},
		{"all done", &check.Checker{File: f, Book: done}},
		{"online", &check.Checker{File: f, Catalog: load(n)}},
		{"online, on disk", &check.Checker{File: f, Catalog: load(1)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range c.check.Rows(b.Context()) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			if got := c.check.Tally().Valid; got != n {
				b.Fatalf("%d valid rows", got)
			}
			perSecond(b)
		})
	}
	b.Run("results", func(b *testing.B) {
		ended := make([]csvimport.Result, n)
		for i := range ended {
			ended[i] = csvimport.Result{Index: i, Line: i + 2, SubID: sample.SubID(i), Status: csvimport.Completed, OrderID: sample.SubID(i), OrderNumber: "SO000123", Attempts: 1, SubmittedAt: sample.Today, FinishedAt: sample.Today}
		}
		for b.Loop() {
			if err := rows.WriteResults(io.Discard, rows.CSV, f, sample.Results(f, ended...), ""); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
}
