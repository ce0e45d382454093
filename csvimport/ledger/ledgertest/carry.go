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
	run, err := book.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10, Version: "test", Host: "desk", Operator: "kim\xff", Marks: marks})
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

// carrying is a ledger on its way from one place to another.
type carrying struct {
	from, to       Kind
	here, there    string
	source, target ledger.Store
	marks          string
	platforms      map[string]string // addresses by id
}

// errBroken breaks off what is carried.
var errBroken = errors.New("broken off")

// Carry demands that a ledger of one kind is carried to one of another: all of it or
// nothing, and that at no moment both can be used.
func Carry(t *testing.T, from, to Kind) {
	if from.Store == nil || to.Store == nil {
		t.Skip("this kind of ledger cannot be carried elsewhere")
	}
	c := newCarrying(t, from, to)
	c.breakOff(t)
	c.useMeanwhile(t)
	was, open := c.carry(t)
	c.refuseBehind(t, open)
	c.goOn(t, was[PlatformID].Runs[0].ID)
	refuseFull(t, from, to)
}

// newCarrying fills a ledger, which is refused as long as a run of it goes on.
func newCarrying(t *testing.T, from, to Kind) *carrying {
	t.Helper()
	ctx := t.Context()
	c := &carrying{from: from, to: to, marks: t.TempDir(), platforms: map[string]string{PlatformID: PlatformURL, ID("platform", 2): "https://other.example.com"}}
	here, l := from.store(t, "")
	c.here, c.there = here, to.Fresh(t)
	for id, url := range c.platforms {
		book, err := l.Platform(ctx, id, url)
		mustDo(t, err)
		put(t, book, c.marks)
	}
	book, err := l.Platform(ctx, PlatformID, PlatformURL)
	mustDo(t, err)
	c.source, err = from.Store(c.here, c.marks)
	mustDo(t, err)
	c.target, err = to.Store(c.there, c.marks)
	mustDo(t, err)
	run, err := book.Begin(ctx, ledger.RunInfo{Marks: c.marks})
	mustDo(t, err)
	if _, err := ledger.Carry(ctx, c.source, c.target); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("a run goes on: %v", err)
	}
	Put(t, run, 30, ledger.Accepted)
	mustDo(t, run.End(ctx, "done"))
	mustDo(t, l.Close())
	return c
}

// breakOff breaks off in the middle, and when all has come but where it was is not
// closed yet.
func (c *carrying) breakOff(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	part := func(pieces iter.Seq2[ledger.Piece, error]) error {
		_, err := c.target.Receive(ctx, c.source.Where(), func(yield func(ledger.Piece, error) bool) {
			n := 0
			for p, err := range pieces {
				if n++; n > 5 {
					err = errBroken
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		})
		return err
	}
	if err := c.source.Give(ctx, c.target.Where(), part); !errors.Is(err, errBroken) {
		t.Fatalf("broken off in the middle: %v", err)
	}
	whole := func(pieces iter.Seq2[ledger.Piece, error]) error {
		_, err := c.target.Receive(ctx, c.source.Where(), pieces)
		return errors.Join(err, errBroken)
	}
	if err := c.source.Give(ctx, c.target.Where(), whole); !errors.Is(err, errBroken) {
		t.Fatalf("broken off before the end: %v", err)
	}
	if l, err := c.to.Open(ctx, c.there); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("what has not arrived was opened: %v", err)
		l.Close()
	}
}

// useMeanwhile goes on where it is.
func (c *carrying) useMeanwhile(t *testing.T) {
	t.Helper()
	_, book := c.from.open(t, c.here)
	run, err := book.Begin(t.Context(), ledger.RunInfo{Marks: c.marks})
	mustDo(t, err)
	Put(t, run, 31, ledger.Accepted)
	mustDo(t, run.End(t.Context(), "done"))
}

// carry demands that all arrives. It returns what was told before, and a book that was
// open all the time where the ledger was.
func (c *carrying) carry(t *testing.T) (was map[string]told, open Book) {
	t.Helper()
	was = make(map[string]told)
	for id, url := range c.platforms {
		was[id] = tell(t, c.from, c.here, id, url)
	}
	_, open = c.from.open(t, c.here)
	tally, err := ledger.Carry(t.Context(), c.source, c.target)
	mustDo(t, err)
	if tally.Platforms != 2 || tally.Entries != 2*(len(ledger.States())+3)+2 || tally.Runs != 4 || tally.Sightings != 4 {
		t.Errorf("carried %+v", tally)
	}
	for id, url := range c.platforms {
		if diff := cmp.Diff(was[id], tell(t, c.to, c.there, id, url), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if _, err := ledger.Carry(t.Context(), c.source, c.target); err != nil {
		t.Errorf("a second time: %v", err)
	}
	return was, open
}

// refuseBehind demands that nobody goes on where the ledger was.
func (c *carrying) refuseBehind(t *testing.T, open Book) {
	t.Helper()
	_, err := c.from.Open(t.Context(), c.here)
	if e, ok := errors.AsType[*ledger.Error](err); !errors.Is(err, ledger.ErrGone) || !ok || e.Hint != "it is "+c.target.Where()+" now" {
		t.Errorf("where it was: %v", err)
	}
	if _, err := open.Begin(t.Context(), ledger.RunInfo{}); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("where it was, open all the time: %v", err)
	}
}

// goOn goes on where the ledger is now; last is the number of its last run.
func (c *carrying) goOn(t *testing.T, last int64) {
	t.Helper()
	ctx := t.Context()
	_, book := c.to.open(t, c.there)
	run, err := book.Begin(ctx, ledger.RunInfo{Marks: c.marks})
	mustDo(t, err)
	if d, ok := run.(ledger.Doubtful); !ok || d.Loss() != ledger.Sound {
		t.Errorf("its first run finds %v", d.Loss())
	}
	if run.ID() <= last {
		t.Errorf("its first run has number %d", run.ID())
	}
	mustDo(t, run.TakeOver(ctx, noon))
	if e := Get(t, book, ID("sub", 31)); e.Run != run.ID() || e.State != ledger.Accepted {
		t.Errorf("what was open is not taken over: %+v", e)
	}
	mustDo(t, run.End(ctx, "done"))
}

// refuseFull demands that a ledger that is there is not written over.
func refuseFull(t *testing.T, from, to Kind) {
	t.Helper()
	full, other := to.Fresh(t), from.Fresh(t)
	_, book := to.open(t, full)
	put(t, book, "")
	_, book = from.open(t, other)
	put(t, book, "")
	source, err := from.Store(other, "")
	mustDo(t, err)
	target, err := to.Store(full, "")
	mustDo(t, err)
	if _, err := ledger.Carry(t.Context(), source, target); !errors.Is(err, ledger.ErrNotEmpty) {
		t.Errorf("into a ledger that is there: %v", err)
	}
	mustDo(t, begin(t, book).End(t.Context(), "done"))
}
