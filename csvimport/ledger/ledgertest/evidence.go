package ledgertest

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
)

// What a platform has been seen to show comes back as it was, whoever reads it.
func (k Kind) evidence(t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	if e, err := book.Evidence(t.Context()); err != nil || !cmp.Equal(e, ledger.Evidence{}) {
		t.Errorf("of a platform never asked: %+v, error %v", e, err)
	}
	want := ledger.Evidence{
		References: ledger.KeptYes,
		Login:      "the key", LoginSince: noon.Add(-time.Hour),
		Watermark: noon.Add(-time.Minute),
		Lags:      []ledger.Lag{{Day: noon.Truncate(24 * time.Hour), Longest: 7 * time.Second}},
		First:     ID("order", 1), FirstSince: noon,
		HoldUntil: noon.Add(time.Hour), PausedUntil: noon.Add(time.Minute), SilentAt: noon.Add(2 * time.Minute),
		Vouched: 3, VouchedAt: noon.Add(time.Second),
		Follows:  time.Minute,
		LetGo:    []ledger.LetGo{{Second: noon, Orders: 2}},
		Twice:    []string{ID("order", 2)},
		Measured: ledger.Measured{At: noon, Window: 6 * time.Minute, Spread: time.Second, Counts: true, Search: true},
	}
	got, err := book.Amend(t.Context(), func(e *ledger.Evidence) { *e = want })
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("amended, error %v (-want +got):\n%s", err, diff)
	}
	for _, b := range []Book{book, other} {
		got, err := b.Evidence(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("error %v (-want +got):\n%s", err, diff)
		}
	}
	if kept := mustEvidence(t, other).References; kept != ledger.KeptYes {
		t.Errorf("references %v", kept)
	}
	_, err = other.Amend(t.Context(), func(e *ledger.Evidence) { e.References = ledger.KeptNo })
	mustDo(t, err)
	if want.References = ledger.KeptNo; !cmp.Equal(want, mustEvidence(t, book)) {
		t.Errorf("with other references: %+v", mustEvidence(t, book))
	}
	if book.Ledger() == "" || book.Ledger() != other.Ledger() {
		t.Errorf("one ledger is %q and %q", book.Ledger(), other.Ledger())
	}
}

func mustEvidence(t *testing.T, book Book) ledger.Evidence {
	t.Helper()
	e, err := book.Evidence(t.Context())
	mustDo(t, err)
	return e
}

// Changes by many do not overwrite each other.
func (k Kind) amendAtOnce(t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	const each = 25
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for range each {
				_, err := []Book{book, other}[w%2].Amend(t.Context(), func(e *ledger.Evidence) { e.Vouched++ })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := mustEvidence(t, book).Vouched; got != 4*each {
		t.Errorf("%d of %d changes are there", got, 4*each)
	}
}

// An order to which no entry is bound is remembered as it was first seen, with
// what was seen of it last.
func (k Kind) sightings(t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	run := begin(t, book)
	sighting := func(sub, order, gen int, seen time.Time) ledger.Sighting {
		return ledger.Sighting{
			Sub: ID("sub", sub), Gen: gen, OrderID: ID("order", order), OrderNumber: "SO1", OrderStatus: "LO",
			FirstSeen: seen, Run: run.ID(),
		}
	}
	first, second, third := sighting(1, 1, 0, noon), sighting(1, 2, 2, noon.Add(-time.Hour)), sighting(2, 3, 1, noon)
	mustDo(t, run.Sighted(t.Context(), first, second, third))
	mustDo(t, run.Sighted(t.Context()))

	check := func(name string, want map[string][]ledger.Sighting, subs ...string) {
		t.Helper()
		for _, b := range []Book{book, other} {
			got, err := b.Sightings(t.Context(), subs...)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, error %v (-want +got):\n%s", name, err, diff)
			}
		}
	}
	all := map[string][]ledger.Sighting{first.Sub: {second, first}, third.Sub: {third}}
	check("all", all)
	check("of one", map[string][]ledger.Sighting{third.Sub: {third}}, third.Sub, ID("sub", 9))

	again := first
	again.OrderNumber, again.OrderStatus, again.FirstSeen, again.Run, again.Gen = "SO1b", "CP", noon.Add(time.Hour), 99, 7
	mustDo(t, run.Sighted(t.Context(), again))
	all[first.Sub][1].OrderNumber, all[first.Sub][1].OrderStatus = "SO1b", "CP"
	check("seen again", all)

	mustDo(t, other.Acknowledge(t.Context(), first.Sub))
	mustDo(t, run.Sighted(t.Context(), first))
	all[first.Sub][0].Acknowledged, all[first.Sub][1] = true, first
	all[first.Sub][1].Acknowledged = true
	check("acknowledged", all)
}

// An entry tells the run that sent it last, whoever has recorded it since.
func (k Kind) sentBy(t *testing.T) {
	_, book := k.open(t, "")
	first, second := begin(t, book), begin(t, book)
	e := Put(t, first, 1, ledger.Refused)
	if got := Get(t, book, e.Sub).SentBy; got != first.ID() {
		t.Errorf("sent by %d, want %d", got, first.ID())
	}
	e.State, e.SentBy = ledger.Refused, 0
	mustDo(t, second.Record(t.Context(), "", e))
	if got := Get(t, book, e.Sub).SentBy; got != first.ID() {
		t.Errorf("recorded by another run: sent by %d, want %d", got, first.ID())
	}
	if _, granted, err := second.Intend(t.Context(), e); err != nil || !granted {
		t.Fatalf("granted %v, error %v", granted, err)
	}
	if got := Get(t, book, e.Sub).SentBy; got != second.ID() {
		t.Errorf("sent again: sent by %d, want %d", got, second.ID())
	}
	adopted := Accepted(Entry(2))
	mustDo(t, second.Record(t.Context(), "found", adopted))
	if got := Get(t, book, adopted.Sub).SentBy; got != 0 {
		t.Errorf("adopted: sent by %d", got)
	}
}

// Runs that go on are asked to stop, those that begin later are not.
func (k Kind) stopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		where, book := k.open(t, "")
		_, other := k.open(t, where)
		run, ended := begin(t, book), begin(t, book)
		mustDo(t, ended.End(t.Context(), "done"))
		stopping := func(run ledger.Begun) bool {
			select {
			case <-run.Stopping():
				return true
			case <-time.After(5 * time.Second):
				return false
			}
		}
		if stopping(run) {
			t.Error("a run stops that nobody has asked to")
		}
		if n, err := other.AskStop(t.Context()); err != nil || n != 1 {
			t.Errorf("%d were asked, error %v, want 1", n, err)
		}
		later := begin(t, other)
		if !stopping(run) {
			t.Error("it was asked to stop and does not see it")
		}
		if stopping(later) {
			t.Error("a later run stops too")
		}
		for _, r := range []ledger.Begun{run, later} {
			mustDo(t, r.End(t.Context(), "done"))
		}
	})
}

// A run's entries are those that it has sent, whoever has recorded them since, and
// those that it has recorded.
func ofRun(k Kind, t *testing.T) {
	_, book := k.open(t, "")
	first, second := begin(t, book), begin(t, book)
	subs := make(map[string]int)
	for i, s := range []ledger.State{ledger.Intended, ledger.Refused, ledger.Completed} {
		subs[Put(t, first, i, s).Sub] = i
	}
	mustDo(t, second.Record(t.Context(), "found", Accepted(Entry(3))))
	subs[Entry(3).Sub] = 3
	cancelled := Get(t, book, Entry(2).Sub)
	cancelled.State = ledger.Failed
	mustDo(t, second.Record(t.Context(), "cancelled", cancelled))
	if _, granted, err := second.Intend(t.Context(), Entry(1)); err != nil || !granted {
		t.Fatalf("granted %v, error %v", granted, err)
	}
	Put(t, second, 4, ledger.Accepted)
	subs[Entry(4).Sub] = 4
	for run, want := range map[int64][]int{first.ID(): {0, 2}, second.ID(): {1, 2, 3, 4}, 99: nil} {
		var got []int
		for e, err := range book.OfRun(t.Context(), run) {
			mustDo(t, err)
			if diff := cmp.Diff(Get(t, book, e.Sub), e); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			got = append(got, subs[e.Sub])
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of run %d (-want +got):\n%s", run, diff)
		}
	}
}
