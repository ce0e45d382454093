package ledgertest

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkimport/csvimport/ledger"
)

// told is what a ledger tells of a platform.
type told struct {
	Entries   map[string][]ledger.Entry
	Order     []string // of the subscriptions, as they were intended
	Events    map[string][]ledger.Event
	Sightings map[string][]ledger.Sighting
	Evidence  ledger.Evidence
	Runs      []ledger.RunInfo
	Exported  map[string]ledger.Exported
}

// tell asks a ledger for all that it tells of a platform.
func tell(t *testing.T, k Kind, where, id, url string) (all told) {
	t.Helper()
	_, l := k.store(t, where)
	defer l.Close()
	book, err := l.Platform(t.Context(), id, url)
	mustDo(t, err)
	all.Events = make(map[string][]ledger.Event)
	for e, err := range book.Entries(t.Context()) {
		mustDo(t, err)
		all.Order = append(all.Order, e.Sub)
		_, all.Events[e.Sub], err = book.Story(t.Context(), e.Sub)
		mustDo(t, err)
	}
	all.Entries, err = book.FindAll(t.Context(), all.Order)
	mustDo(t, err)
	all.Sightings, err = book.Sightings(t.Context())
	mustDo(t, err)
	all.Evidence, err = book.Evidence(t.Context())
	mustDo(t, err)
	if b, ok := book.(interface {
		Runs(context.Context, int) ([]ledger.RunInfo, error)
	}); ok {
		all.Runs, err = b.Runs(t.Context(), 0)
		mustDo(t, err)
	}
	if b, ok := book.(Exports); ok {
		all.Exported, err = b.Exported(t.Context(), []string{"no GUID", ID("sub", 1)})
		mustDo(t, err)
	}
	return all
}

// put fills a platform's book.
func put(t *testing.T, book Book, marks string) {
	t.Helper()
	run, err := book.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10, Version: "test", Marks: marks})
	mustDo(t, err)
	for i, state := range ledger.States() {
		Put(t, run, i, state)
	}
	mustDo(t, run.Record(t.Context(), "found", Completed(Entry(20))))
	mustDo(t, run.Reopen(t.Context(), []string{ID("sub", 20)}))
	odd := Entry(21)
	odd.Tenant, odd.Message, odd.State = "\xff\x00", `\x41`, ledger.Refused
	mustDo(t, run.Record(t.Context(), "odd\x00", odd))
	mustDo(t, run.Sighted(t.Context(), ledger.Sighting{Sub: ID("sub", 1), Gen: 1, OrderID: ID("order", 7), OrderNumber: "SO7", OrderStatus: "CP", FirstSeen: noon, Run: run.ID()},
		ledger.Sighting{Sub: ID("sub", 2), OrderID: "no GUID", FirstSeen: noon, Run: run.ID()}))
	mustDo(t, book.Acknowledge(t.Context(), ID("sub", 1)))
	_, err = book.Amend(t.Context(), func(e *ledger.Evidence) {
		e.References, e.Watermark, e.Lags = ledger.KeptYes, noon, []ledger.Lag{{Day: noon, Longest: time.Second}}
	})
	mustDo(t, err)
	if b, ok := book.(Exports); ok {
		mustDo(t, b.SaveExport(t.Context(), []ledger.Exported{{Sub: "no GUID", Tenant: "t", At: noon}, {Sub: ID("sub", 1), PlanID: ID("plan", 1), At: noon}}))
	}
	mustDo(t, run.End(t.Context(), "done"))
}

// Carry demands that a ledger of one kind is carried to one of another: all of it or
// nothing, and that at no moment both can be used.
func Carry(t *testing.T, from, to Kind) {
	if from.Store == nil || to.Store == nil {
		t.Skip("this kind of ledger cannot be carried elsewhere")
	}
	ctx, marks := t.Context(), t.TempDir()
	here, l := from.store(t, "")
	there := to.Fresh(t)
	platforms := map[string]string{PlatformID: PlatformURL, ID("platform", 2): "https://other.example.com"}
	for id, url := range platforms {
		book, err := l.Platform(ctx, id, url)
		mustDo(t, err)
		put(t, book, marks)
	}
	book, err := l.Platform(ctx, PlatformID, PlatformURL)
	mustDo(t, err)
	source, err := from.Store(here, marks)
	mustDo(t, err)
	target, err := to.Store(there, marks)
	mustDo(t, err)

	run, err := book.Begin(ctx, ledger.RunInfo{Marks: marks})
	mustDo(t, err)
	if _, err := ledger.Carry(ctx, source, target); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("a run goes on: %v", err)
	}
	Put(t, run, 30, ledger.Accepted)
	mustDo(t, run.End(ctx, "done"))
	mustDo(t, l.Close())

	broken := errors.New("broken off")
	err = source.Give(ctx, target.Where(), func(pieces iter.Seq2[ledger.Piece, error]) error {
		_, err := target.Receive(ctx, source.Where(), func(yield func(ledger.Piece, error) bool) {
			n := 0
			for p, err := range pieces {
				if n++; n > 5 {
					err = broken
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		})
		return err
	})
	if !errors.Is(err, broken) {
		t.Fatalf("broken off in the middle: %v", err)
	}
	whole := func(pieces iter.Seq2[ledger.Piece, error]) error {
		_, err := target.Receive(ctx, source.Where(), pieces)
		return errors.Join(err, broken)
	}
	if err := source.Give(ctx, target.Where(), whole); !errors.Is(err, broken) {
		t.Fatalf("broken off before the end: %v", err)
	}
	if l, err := to.Open(ctx, there); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("what has not arrived was opened: %v", err)
		l.Close()
	}
	_, book = from.open(t, here) // it goes on meanwhile
	run, err = book.Begin(ctx, ledger.RunInfo{Marks: marks})
	mustDo(t, err)
	Put(t, run, 31, ledger.Accepted)
	mustDo(t, run.End(ctx, "done"))

	want := make(map[string]told)
	for id, url := range platforms {
		want[id] = tell(t, from, here, id, url)
	}
	tally, err := ledger.Carry(ctx, source, target)
	mustDo(t, err)
	if tally.Platforms != 2 || tally.Entries != 2*(len(ledger.States())+3)+2 || tally.Runs != 4 || tally.Sightings != 4 {
		t.Errorf("carried %+v", tally)
	}
	_, err = from.Open(ctx, here)
	if e, ok := errors.AsType[*ledger.Error](err); !errors.Is(err, ledger.ErrGone) || !ok || e.Hint != "it is "+target.Where()+" now" {
		t.Errorf("where it was: %v", err)
	}
	if _, err := book.Begin(ctx, ledger.RunInfo{}); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("where it was, open all the time: %v", err)
	}
	for id, url := range platforms {
		if diff := cmp.Diff(want[id], tell(t, to, there, id, url), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if _, err := ledger.Carry(ctx, source, target); err != nil {
		t.Errorf("a second time: %v", err)
	}

	_, book = to.open(t, there)
	run, err = book.Begin(ctx, ledger.RunInfo{Marks: marks})
	mustDo(t, err)
	if d, ok := run.(ledger.Doubtful); !ok || d.Loss() != ledger.Sound {
		t.Errorf("its first run finds %v", d.Loss())
	}
	if run.ID() <= want[PlatformID].Runs[0].ID {
		t.Errorf("its first run has number %d", run.ID())
	}
	mustDo(t, run.TakeOver(ctx, noon))
	if e := Get(t, book, ID("sub", 31)); e.Run != run.ID() || e.State != ledger.Accepted {
		t.Errorf("what was open is not taken over: %+v", e)
	}
	mustDo(t, run.End(ctx, "done"))

	full, other := to.Fresh(t), from.Fresh(t)
	_, book = to.open(t, full)
	put(t, book, "")
	_, book = from.open(t, other)
	put(t, book, "")
	source, err = from.Store(other, "")
	mustDo(t, err)
	target, err = to.Store(full, "")
	mustDo(t, err)
	if _, err := ledger.Carry(ctx, source, target); !errors.Is(err, ledger.ErrNotEmpty) {
		t.Errorf("into a ledger that is there: %v", err)
	}
	run = begin(t, book)
	mustDo(t, run.End(ctx, "done"))
}
