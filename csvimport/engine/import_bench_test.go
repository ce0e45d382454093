package engine_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/rows"
)

// filled is the file for n tenants of a stand-in: name and e-mail lead every
// second row to its account, the number the others.
func filled(b *testing.B, platform *apstest.Server) []byte {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Write([]string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"})
	i, plan := 0, platform.Plans()[0].ID
	for t := range platform.Tenants() {
		account := ""
		if i++; i%2 == 0 {
			account = t.AccountNumber
		}
		w.Write([]string{t.Domain, plan, t.Subscriptions[0], t.Company, t.Email, account})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		b.Fatal(err)
	}
	return text.Bytes()
}

// BenchmarkParse opens a file and reads its rows: clean-up, the rules of every
// cell, duplicates.
func BenchmarkParse(b *testing.B) {
	const n = 50_000
	text := filled(b, apstest.NewServer(b, apstest.WithTenants(n, 1)))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := rows.Open(bytes.NewReader(text), "accounts.csv", rows.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		valid := 0
		for row := range f.Rows() {
			if row.Valid() {
				valid++
			}
		}
		if valid != n {
			b.Fatalf("%d rows are valid, expected %d: %v", valid, n, f.Findings())
		}
		f.Close()
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkValidate is what validate --offline does: all of it but the words.
func BenchmarkValidate(b *testing.B) {
	const n = 50_000
	text := filled(b, apstest.NewServer(b, apstest.WithTenants(n, 1)))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := rows.Open(bytes.NewReader(text), "accounts.csv", rows.ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		c := &check.Checker{File: f}
		for _, err := range c.Rows(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
		if t := c.Tally(); t.Valid != n {
			b.Fatalf("%d rows are valid, expected %d", t.Valid, n)
		}
		f.Close()
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkImport places orders in a stand-in in this process that answers at
// once: an operation is one row, from the file to its line of results, with
// ledger and signing. The stand-in's own work counts too.
func BenchmarkImport(b *testing.B) {
	for _, inFlight := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("in-flight=%d", inFlight), func(b *testing.B) {
			platform := apstest.NewServer(b, func(c *apstest.Config) { c.Tenants, c.Log = b.N, 0 })
			client, err := apsclient.New(apsclient.Config{URL: platform.URL(), OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()}, Connections: inFlight + 4})
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			orders, err := client.Orders(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			catalog, err := catalog.Load(b.Context(), client)
			if err != nil {
				b.Fatal(err)
			}
			defer catalog.Close()
			f, err := rows.Open(bytes.NewReader(filled(b, platform)), "accounts.csv", rows.ReadOptions{})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			l, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			book, err := l.Platform(b.Context(), orders.ID, platform.URL())
			if err != nil {
				b.Fatal(err)
			}
			run, err := book.Begin(b.Context(), ledger.RunInfo{File: f.Name()})
			if err != nil {
				b.Fatal(err)
			}
			checker := &check.Checker{File: f, Catalog: catalog, Book: book}
			b.ReportAllocs()
			b.ResetTimer()
			outcome, err := engine.Import(b.Context(), engine.Job{Rows: checker.Rows, Orders: orders, Book: book, Run: run,
				Options: engine.Options{Concurrency: inFlight, Wait: -1}})
			if err != nil {
				b.Fatal(err)
			}
			if err := rows.WriteResults(io.Discard, rows.CSV, f, outcome.Results(b.Context()), ""); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if n := outcome.Count[csvimport.Submitted]; n != b.N || platform.OrderCount() != b.N || len(platform.Doubles()) > 0 {
				b.Fatalf("%d rows submitted, %d orders, %d doubles; expected %d", n, platform.OrderCount(), len(platform.Doubles()), b.N)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
			if err := run.End(b.Context(), "done"); err != nil {
				b.Fatal(err)
			}
		})
	}
}
