package catalog_test

import (
	"testing"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/internal/sample"
)

// BenchmarkAccountsOnDisk shows what an index costs that is too large for
// memory: filling it, and looking up.
func BenchmarkAccountsOnDisk(b *testing.B) {
	const n = 50_000
	s, text := sample.Crowd(n)
	s.AllTenants = nil
	loader := catalog.Loader{Platform: s, Limit: 1000}
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			c, err := loader.Load(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
	})
	b.Run("find", func(b *testing.B) {
		c, err := loader.Load(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		rows := make([]csvimport.Row, 0, n)
		for r := range sample.Open(b, text).Rows() {
			rows = append(rows, r)
		}
		i := 0
		for b.Loop() {
			r := rows[i%n]
			if c.Resolve(&r); r.Account == nil {
				b.Fatalf("row %+v has no account", r)
			}
			i++
		}
	})
}
