package csvimport_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// crowd is a shelf of n tenants, each with an account and one subscription,
// and a file that imports them all.
func crowd(n int) (*shelf, string) {
	s := &shelf{plans: market().plans}
	var b strings.Builder
	b.WriteString(sixColumns)
	for i := range n {
		company, email, domain := fmt.Sprintf("Company number %d", i), fmt.Sprintf("Admin.%d@example.com", i), fmt.Sprintf("tenant%d.onmicrosoft.com", i)
		s.accounts = append(s.accounts, apsclient.Account{APSID: fmt.Sprintf("aps-%d", i), ID: fmt.Sprint(1000000 + i), Company: company, Email: email})
		s.tenants = append(s.tenants, apsclient.Tenant{
			Domain: domain, Company: company, Email: email, SubscriptionsReadable: true,
			Subscriptions: []apsclient.TenantSubscription{{ID: subID(i), Status: "active", ImportedKnown: true}},
		})
		id := ""
		if i%2 == 0 {
			id = fmt.Sprint(1000000 + i)
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s\n", domain, planA, subID(i), company, email, id)
	}
	return s, b.String()
}

// BenchmarkChecker shows what the checks cost beside reading the file.
func BenchmarkChecker(b *testing.B) {
	const n = 100_000
	s, text := crowd(n)
	f := open(b, text)
	load := func(limit int) *csvimport.Catalog {
		c, err := csvimport.Loader{Platform: s, Limit: limit}.Load(b.Context())
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
	done := book(b)
	run, err := done.Begin(b.Context(), ledger.RunInfo{Started: today})
	if err != nil {
		b.Fatal(err)
	}
	entries := make([]ledger.Entry, n)
	exported := make([]ledger.Exported, n)
	for i := range entries {
		entries[i] = ledger.Entry{Sub: subID(i), Gen: 1, State: ledger.Completed, OrderID: subID(i), OrderNumber: fmt.Sprintf("SO%d", i)}
		exported[i] = ledger.Exported{Sub: subID(i), Tenant: fmt.Sprintf("tenant%d.onmicrosoft.com", i), At: today}
	}
	if err := run.RecordAll(b.Context(), entries, ""); err != nil {
		b.Fatal(err)
	}
	if err := done.SaveExport(b.Context(), exported); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		check *csvimport.Checker
	}{
		{"offline", &csvimport.Checker{File: f}},
		{"all done", &csvimport.Checker{File: f, Book: done}},
		{"online", &csvimport.Checker{File: f, Catalog: load(n)}},
		{"online, on disk", &csvimport.Checker{File: f, Catalog: load(1)}},
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
			ended[i] = csvimport.Result{Index: i, Line: i + 2, SubID: subID(i), Status: csvimport.Completed, OrderID: subID(i), OrderNumber: "SO000123", Attempts: 1, SubmittedAt: today, FinishedAt: today}
		}
		for b.Loop() {
			if err := csvimport.WriteResults(io.Discard, f, results(ended...)); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
}
