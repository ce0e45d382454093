package postgres_test

import (
	"errors"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// A commit whose answer was lost was done, and is not done twice.
func TestLostAnswers(t *testing.T) {
	where := cluster.Fresh(t)
	_, straight := openAs(t, where, postgres.Options{})
	const every = 3
	address, wire := pgtest.NewWire(t, where)
	wire.LoseEvery(every)
	_, b := openAs(t, address, postgres.Options{})
	r := mustBegin(t, b)
	const n = 60
	for i := range n {
		e, granted, err := r.Intend(t.Context(), ledgertest.Entry(i))
		if err != nil || !granted {
			t.Fatalf("row %d: granted %v, %v", i, granted, err)
		}
		e.State, e.HTTPStatus = ledger.Refused, 400
		if err := r.Record(t.Context(), "refused", e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		got, events, err := straight.Story(t.Context(), ledgertest.ID("sub", i))
		if err != nil || len(got) != 1 || got[0].Sends != 1 || got[0].State != ledger.Refused || len(events) != 1 {
			t.Errorf("row %d: %+v, %d events, %v", i, got, len(events), err)
		}
	}
	if lost := wire.Commits() / every; lost < n/3 {
		t.Errorf("%d answers were lost", lost)
	}
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}

// A run whose server was waited for in vain does not wait for it once more to end.
func TestEndWithoutServer(t *testing.T) {
	address, wire := pgtest.NewWire(t, cluster.Fresh(t))
	_, b := openAs(t, address, postgres.Options{Patience: 2 * time.Second})
	r := mustBegin(t, b)
	wire.Cut()
	before := wire.Calls()
	if _, granted, err := r.Intend(t.Context(), ledgertest.Entry(1)); granted || err == nil {
		t.Fatalf("granted %v without a server, %v", granted, err)
	}
	tried := wire.Calls()
	e, ok := errors.AsType[*ledger.Error](r.End(t.Context(), "done"))
	if !ok || e.Err.Error() != "the database server cannot be reached" || e.Hint == "" {
		t.Errorf("%v", e)
	}
	if again := wire.Calls() - tried; again > 2 || tried-before < 4 {
		t.Errorf("it called %d times for an intent, and then %d times to end", tried-before, again)
	}
}
