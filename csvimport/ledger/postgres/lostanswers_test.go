package postgres_test

import (
	"errors"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
	"bulkimport/csvimport/machine"
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

// A server that was waited for in vain is not waited for again by what a run still has
// to write until it ends; once it has taken something it is.
func TestServerWaitedForInVain(t *testing.T) {
	address, wire := pgtest.NewWire(t, cluster.Fresh(t))
	l, b := openAs(t, address, postgres.Options{Patience: 2 * time.Second})
	r := mustBegin(t, b)
	calls := func(what string, do func() error) int64 {
		before := wire.Calls()
		e, ok := errors.AsType[*ledger.Error](do())
		if !ok || e.Err.Error() != "the database server cannot be reached" || e.Hint == "" {
			t.Errorf("%s without a server: %v", what, e)
		}
		return wire.Calls() - before
	}
	check := func() error { return l.Check(t.Context()) }
	intend := func() error {
		_, _, err := r.Intend(t.Context(), ledgertest.Entry(1))
		return err
	}
	end := func() error { return r.End(t.Context(), "done") }
	wire.Cut()
	if n := calls("an intent", intend); n < 4 {
		t.Errorf("an intent called %d times", n)
	}
	for what, do := range map[string]func() error{"a check": check, "the end": end} {
		if n := calls(what, do); n > 2 {
			t.Errorf("%s called %d times, after the server was waited for", what, n)
		}
	}
	wire.Mend()
	if err := check(); err != nil {
		t.Fatal(err)
	}
	wire.Cut()
	if n := calls("a check", check); n < 4 {
		t.Errorf("a check called %d times", n)
	}
}

// Writes that wait for a server together give up together: those of a run that wait for
// their turn, and one that began so much later that it would have waited on.
func TestWritesThatWaitTogether(t *testing.T) {
	address, wire := pgtest.NewWire(t, cluster.Fresh(t))
	m := &sleeper{Machine: machine.Local()}
	l, b := openAs(t, address, postgres.Options{Machine: m, Patience: time.Hour, Lease: 100 * time.Hour})
	r := mustBegin(t, b)
	called := func(times int64) {
		for until := wire.Calls() + times; wire.Calls() < until; {
			time.Sleep(time.Millisecond)
		}
	}
	const rows = 10
	early, late := make(chan error, rows), make(chan error, 1)
	wire.Cut()
	for i := range rows {
		go func() {
			_, _, err := r.Intend(t.Context(), ledgertest.Entry(i))
			early <- err
		}()
	}
	called(2)
	m.slept.Store(int64(40 * time.Minute))
	go func() { late <- l.Check(t.Context()) }()
	called(4)
	m.slept.Store(int64(70 * time.Minute))
	unreached := func(what string, err error) {
		if e, ok := errors.AsType[*ledger.Error](err); !ok || e.Err.Error() != "the database server cannot be reached" {
			t.Errorf("%s without a server: %v", what, err)
		}
	}
	for range rows {
		unreached("an intent", <-early)
	}
	for enough := wire.Calls() + 5; ; time.Sleep(time.Millisecond) {
		select {
		case err := <-late:
			unreached("a check that began later", err)
		default:
			if wire.Calls() < enough {
				continue
			}
			t.Error("a check that began later goes on waiting")
			m.slept.Store(int64(7 * time.Hour))
			<-late
		}
		break
	}
}
