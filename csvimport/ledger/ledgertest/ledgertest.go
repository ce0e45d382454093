package ledgertest

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

const (
	platformID  = "f6f1d2a0-2c4b-4d5e-9a3b-000000000001"
	platformURL = "https://bss.example.com"
)

// open opens the ledger at path, or a fresh one, and the book of one platform.
func open(tb testing.TB, path string) (*ledger.Ledger, *ledger.Book) {
	tb.Helper()
	if path == "" {
		path = filepath.Join(tb.TempDir(), "ledger.db")
	}
	l, err := ledger.Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	book, err := l.Platform(tb.Context(), platformID, platformURL)
	if err != nil {
		tb.Fatal(err)
	}
	return l, book
}

func begin(tb testing.TB, book *ledger.Book) *ledger.Run {
	tb.Helper()
	run, err := book.Begin(tb.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10, Version: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

// id is a GUID that depends on kind and i only.
func id(kind string, i int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, i))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// entry is row i of an ordinary file, as the importer would send it.
func entry(i int) ledger.Entry {
	return ledger.Entry{
		Sub: id("sub", i), Gen: 1,
		Tenant:      fmt.Sprintf("contoso%05d.onmicrosoft.com", i),
		AccountID:   id("account", i),
		AccountNo:   fmt.Sprint(1000000 + i),
		AccountName: fmt.Sprintf("Contoso Trading %05d GmbH", i),
		Email:       fmt.Sprintf("admin@contoso%05d.example.com", i),
		PlanID:      id("plan", i%3),
		PlanName:    fmt.Sprintf("Microsoft Azure Plan %d", i%3),
		CutOff:      "2026-12-01T00:00:00.000Z",
	}
}

func accepted(e ledger.Entry) ledger.Entry {
	e.State, e.OrderID, e.OrderNumber, e.OrderStatus, e.HTTPStatus = ledger.Accepted, id("order "+e.Sub, 0), "SO000123", "LO", 201
	e.SubmittedAt = time.Date(2026, 11, 22, 9, 30, 0, 123e6, time.UTC)
	return e
}

func completed(e ledger.Entry) ledger.Entry {
	e = accepted(e)
	e.State, e.OrderStatus = ledger.Completed, "CP"
	e.FinishedAt = time.Date(2026, 11, 22, 9, 31, 0, 456e6, time.UTC)
	return e
}

// fill records n completed entries and returns their subscriptions.
func fill(tb testing.TB, run *ledger.Run, n int) []string {
	tb.Helper()
	subs := make([]string, n)
	var part []ledger.Entry
	for i := range n {
		e := completed(entry(i))
		e.Sends = 1
		subs[i] = e.Sub
		if part = append(part, e); len(part) == 5000 || i == n-1 {
			if err := run.RecordAll(tb.Context(), part, ""); err != nil {
				tb.Fatal(err)
			}
			part = part[:0]
		}
	}
	return subs
}
