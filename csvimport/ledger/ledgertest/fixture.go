package ledgertest

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

// The platform whose book the suites use, in this process and in others.
const (
	PlatformID  = "f6f1d2a0-2c4b-4d5e-9a3b-000000000001"
	PlatformURL = "https://bss.example.com"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ID is a GUID that depends on kind and i only.
func ID(kind string, i int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, i))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// Entry is row i of an ordinary file, as the importer would send it.
func Entry(i int) ledger.Entry {
	return ledger.Entry{
		Sub: ID("sub", i), Gen: 1,
		Tenant:      fmt.Sprintf("contoso%05d.onmicrosoft.com", i),
		AccountID:   ID("account", i),
		AccountNo:   fmt.Sprint(1000000 + i),
		AccountName: fmt.Sprintf("Contoso Trading %05d GmbH", i),
		Email:       fmt.Sprintf("admin@contoso%05d.example.com", i),
		PlanID:      ID("plan", i%3),
		PlanName:    fmt.Sprintf("Microsoft Azure Plan %d", i%3),
		CutOff:      "2026-12-01T00:00:00.000Z",
	}
}

// Accepted is e with an order that is not at its end.
func Accepted(e ledger.Entry) ledger.Entry {
	e.State, e.OrderID, e.OrderNumber, e.OrderStatus, e.HTTPStatus = ledger.Accepted, ID("order "+e.Sub, 0), "SO000123", "LO", 201
	e.SubmittedAt = time.Date(2026, 11, 22, 9, 30, 0, 123e6, time.UTC)
	return e
}

// Completed is e with an order at its good end.
func Completed(e ledger.Entry) ledger.Entry {
	e = Accepted(e)
	e.State, e.OrderStatus = ledger.Completed, "CP"
	e.FinishedAt = time.Date(2026, 11, 22, 9, 31, 0, 456e6, time.UTC)
	return e
}

// Fill records n completed entries and returns their subscriptions.
func Fill(tb testing.TB, run ledger.Run, n int) []string {
	tb.Helper()
	subs := make([]string, n)
	var part []ledger.Entry
	for i := range n {
		e := Completed(Entry(i))
		e.Sends = 1
		subs[i] = e.Sub
		if part = append(part, e); len(part) == 5000 || i == n-1 {
			if err := run.Record(tb.Context(), "", part...); err != nil {
				tb.Fatal(err)
			}
			part = part[:0]
		}
	}
	return subs
}

// Put brings the subscription of row i into a state, held by run, by the ways
// there are, and returns its entry.
func Put(t *testing.T, run ledger.Run, i int, state ledger.State) ledger.Entry {
	t.Helper()
	e, ok, err := run.Intend(t.Context(), Entry(i))
	if err != nil || !ok {
		t.Fatalf("intend: granted %v, error %v", ok, err)
	}
	switch state {
	case ledger.Intended:
		return e
	case ledger.Doubt:
		e.Doubted, e.DoubtSince = true, noon
	case ledger.Denied:
		e.DoubtSince, e.HTTPStatus = noon, 429
	case ledger.Accepted:
		e = Accepted(e)
	case ledger.Completed:
		e = Completed(e)
	case ledger.Failed:
		e = Completed(e)
		e.OrderStatus = "PF"
	case ledger.Refused:
		e.HTTPStatus, e.Code, e.Message = 400, "APS::Hosting::Plan::NotForSale", "the plan is not for sale"
	}
	e.State = state
	if err := run.Record(t.Context(), "", e); err != nil {
		t.Fatal(err)
	}
	return e
}

// Get returns the latest entry of a subscription, an empty one if there is none.
func Get(t *testing.T, book ledger.Book, sub string) ledger.Entry {
	t.Helper()
	found, err := book.Find(t.Context(), []string{sub})
	if err != nil {
		t.Fatal(err)
	}
	return found[sub]
}
