package postgres_test

import (
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// What an import writes of a row takes one way to the server and back each time.
func TestOneRoundTrip(t *testing.T) {
	address, wire := pgtest.NewWire(t, cluster.Fresh(t))
	_, b := openAs(t, address, postgres.Options{})
	r := mustBegin(t, b)
	before, whole := wire.Commits(), wire.Whole()
	const rows = 10
	for i := range rows {
		e, granted, err := r.Intend(t.Context(), ledgertest.Entry(i))
		if err != nil || !granted {
			t.Fatalf("row %d: granted %v, %v", i, granted, err)
		}
		for _, next := range []ledger.Entry{ledgertest.Accepted(e), ledgertest.Completed(e)} {
			if err := r.Record(t.Context(), "", next); err != nil {
				t.Fatal(err)
			}
		}
	}
	if commits, whole := wire.Commits()-before, wire.Whole()-whole; commits != 3*rows || whole != 3*rows {
		t.Errorf("%d transactions, %d of them in one round trip, want %d", commits, whole, 3*rows)
	}
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}

// A row that a run takes for new has an entry since: it is not granted, whatever entry
// that is, and also where the answers to this are lost.
func TestUnforeseen(t *testing.T) {
	for _, tt := range []struct {
		name string
		have func(ledger.Entry) ledger.Entry
	}{
		{"accepted", ledgertest.Accepted},
		{"completed", ledgertest.Completed},
		{"a later generation alone", func(e ledger.Entry) ledger.Entry {
			e.Gen = 2
			return ledgertest.Completed(e)
		}},
	} {
		for _, lost := range []int64{0, 2, 3} {
			t.Run(tt.name, func(t *testing.T) {
				where := cluster.Fresh(t)
				_, straight := openAs(t, where, postgres.Options{})
				other := mustBegin(t, straight)
				address, wire := pgtest.NewWire(t, where)
				_, b := openAs(t, address, postgres.Options{})
				r := mustBegin(t, b)
				wire.LoseEvery(lost)
				for i := range 6 {
					want := tt.have(ledgertest.Entry(i))
					if err := other.Record(t.Context(), "", want); err != nil {
						t.Fatal(err)
					}
					got, granted, err := r.Intend(t.Context(), ledgertest.Entry(i))
					if granted || err != nil || got.State != want.State || got.OrderID != want.OrderID {
						t.Errorf("row %d: granted %v, %v of order %q, %v", i, granted, got.State, got.OrderID, err)
					}
				}
				wire.LoseEvery(0)
				for _, run := range []ledger.Begun{r, other} {
					if err := run.End(t.Context(), "done"); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// What a run holds it knows as it left it, also where it holds more than it remembers.
func TestHeld(t *testing.T) {
	_, b := openAs(t, cluster.Fresh(t), postgres.Options{})
	r := mustBegin(t, b)
	const rows = 12_000
	all := make([]ledger.Entry, rows)
	for i := range all {
		all[i] = ledgertest.Accepted(ledgertest.Entry(i))
		all[i].Sends = 1
	}
	for _, part := range [][]ledger.Entry{all[:rows/2], all[rows/2:]} {
		if err := r.Record(t.Context(), "", part...); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < rows; i += 97 {
		e := all[i]
		e.State, e.OrderStatus, e.Sends = ledger.Completed, "CP", 0
		if err := r.Record(t.Context(), "", e); err != nil {
			t.Fatal(err)
		}
		e.State = ledger.Doubt
		if err := r.Record(t.Context(), "", e); err != nil { // stale news of a completed order
			t.Fatal(err)
		}
		got, _, err := b.Story(t.Context(), e.Sub)
		if err != nil || len(got) != 1 || got[0].State != ledger.Completed || got[0].Sends != 1 {
			t.Errorf("row %d: %+v, %v", i, got, err)
		}
	}
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}
