package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/csvimport/ledger"
)

// model is what a ledger should hold, kept in the plainest way.
type model map[string][]ledger.Entry // by subscription, its generations in order

func (m model) latest(sub string) *ledger.Entry {
	if gens := m[sub]; len(gens) > 0 {
		return &gens[len(gens)-1]
	}
	return nil
}

func (m model) totals() map[ledger.State]int {
	totals := make(map[ledger.State]int)
	for sub := range m {
		totals[m.latest(sub).State]++
	}
	return totals
}

var (
	unsettled = []ledger.State{ledger.Intended, ledger.Doubt, ledger.Denied, ledger.Accepted}
	withOrder = []ledger.State{ledger.Accepted, ledger.Completed, ledger.Failed}
	sendable  = []ledger.State{ledger.NotSent, ledger.Refused}
)

// Any sequence of what two runs may ask for leaves the ledger as the model.
func (k Kind) model(t *testing.T) {
	where, l := k.store(t, "")
	_, other := k.store(t, where)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		two := twoRuns{t: t, m: model{}}
		for i, l := range []Ledger{l, other} {
			var err error
			two.books[i], err = l.Platform(t.Context(), ID("model", n), fmt.Sprintf("https://%d.example.com", n))
			mustDo(t, err)
			two.runs[i] = begin(t, two.books[i])
		}
		rt.Repeat(map[string]func(*rapid.T){
			"intend": two.intend, "record": two.record, "reopen": two.reopen, "a run dies": two.die, "take": two.take,
			"look": func(rt *rapid.T) { two.look(rt, rapid.SampledFrom(two.books[:]).Draw(rt, "book")) },
		})
		for _, run := range two.runs {
			mustDo(t, run.End(t.Context(), "done"))
		}
		two.look(rt, two.books[0])
	})
}

// twoRuns are two runs, each with a handle of its own on the store, and the model
// of what they have done.
type twoRuns struct {
	t     *testing.T
	books [2]Book
	runs  [2]ledger.Begun
	m     model
}

// pick draws a subscription, and the run that asks for something.
func (two *twoRuns) pick(rt *rapid.T) (sub string, run ledger.Begun) {
	return ID("sub", rapid.IntRange(1, 3).Draw(rt, "sub")), rapid.SampledFrom(two.runs[:]).Draw(rt, "run")
}

// goesOn reports whether a run is one of the two that have not died.
func (two *twoRuns) goesOn(run int64) bool { return run == two.runs[0].ID() || run == two.runs[1].ID() }

// holds reports whether the other run holds the entry.
func (two *twoRuns) holds(e *ledger.Entry, run ledger.Begun) bool {
	return e != nil && slices.Contains(unsettled, e.State) && e.Run != run.ID() && two.goesOn(e.Run)
}

// look compares all that a book tells with the model.
func (two *twoRuns) look(rt *rapid.T, book Book) {
	var got []string
	for e, err := range book.Entries(two.t.Context()) {
		mustDo(two.t, err)
		if diff := cmp.Diff(*two.m.latest(e.Sub), e); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
		got = append(got, e.Sub)
	}
	if len(got) != len(two.m) {
		rt.Fatalf("got %d entries, want %d", len(got), len(two.m))
	}
	for sub := range two.m {
		got, _, err := book.Story(two.t.Context(), sub)
		if diff := cmp.Diff(two.m[sub], got); err != nil || diff != "" {
			rt.Fatalf("error %v (-want +got):\n%s", err, diff)
		}
	}
	totals, err := book.Totals(two.t.Context())
	if diff := cmp.Diff(two.m.totals(), totals); err != nil || diff != "" {
		rt.Fatalf("totals, error %v (-want +got):\n%s", err, diff)
	}
}

func (two *twoRuns) intend(rt *rapid.T) {
	sub, run := two.pick(rt)
	have := two.m.latest(sub)
	want := ledger.Entry{Sub: sub, Gen: 1, State: ledger.Intended, Run: run.ID(), Sends: 1, SentBy: run.ID()}
	ask := want
	ask.State = rapid.SampledFrom([]ledger.State{ledger.Intended, ledger.NotSent}).Draw(rt, "word")
	may := true
	if have != nil {
		ask.Gen = have.Gen
		own := have.Run == run.ID() && have.State.InDoubt()
		may = slices.Contains(sendable, have.State) || own && ask.State == ledger.NotSent
		want.Gen, want.Sends, want.Doubted = have.Gen, have.Sends+1, have.Doubted
	}
	got, granted, err := run.Intend(two.t.Context(), ask)
	if err != nil || granted != may {
		rt.Fatalf("granted %v, want %v, error %v, of %+v", granted, may, err, have)
	}
	switch {
	case have == nil:
		two.m[sub] = []ledger.Entry{want}
	case granted:
		*have = want
	}
	if diff := cmp.Diff(*two.m.latest(sub), got); diff != "" {
		rt.Fatalf("(-want +got):\n%s", diff)
	}
}

func (two *twoRuns) record(rt *rapid.T) {
	sub, run := two.pick(rt)
	have := two.m.latest(sub)
	e := ledger.Entry{Sub: sub, Gen: 1, State: rapid.SampledFrom(ledger.States()[1:]).Draw(rt, "state")}
	if have != nil {
		e.Gen, e.Sends = have.Gen, rapid.IntRange(max(have.Sends-1, 0), have.Sends).Draw(rt, "sends")
	}
	if e.State == ledger.Doubt {
		e.Doubted, e.DoubtSince = true, noon
	}
	if e.State == ledger.Accepted && rapid.Bool().Draw(rt, "shown") {
		e.ShownAt = noon
	}
	if slices.Contains(withOrder, e.State) {
		e.OrderID = ID("order "+sub, e.Gen)
	}
	var want error
	stale := false
	switch {
	case have == nil:
	case two.holds(have, run):
		want = ledger.ErrHeld
	case have.Run != run.ID() && have.State.InDoubt() && e.Sends < have.Sends && !slices.Contains(withOrder, e.State): // sent since
		want = ledger.ErrHeld
	case have.State == ledger.Completed && slices.Contains(withOrder, e.State):
		stale = e.State == ledger.Accepted
	case have.State == ledger.Accepted && have.ShownAt.IsZero() && e.State == ledger.Doubt:
	case have.State == ledger.Completed, slices.Contains(withOrder, have.State) && !slices.Contains(withOrder, e.State):
		want = ledger.ErrOrdered
	}
	if err := run.Record(two.t.Context(), "", e); !errors.Is(err, want) {
		rt.Fatalf("error %v, want %v, of %+v", err, want, have)
	}
	if want != nil || stale {
		return
	}
	e.Run = run.ID()
	if have == nil {
		two.m[sub] = []ledger.Entry{e}
	} else {
		e.Sends, e.SentBy = have.Sends, have.SentBy
		*have = e
	}
}

func (two *twoRuns) reopen(rt *rapid.T) {
	sub, run := two.pick(rt)
	have := two.m.latest(sub)
	var want error
	switch {
	case have == nil:
		want = ledger.ErrUnknown
	case two.holds(have, run):
		want = ledger.ErrHeld
	case slices.Contains(unsettled, have.State):
		want = ledger.ErrOrdered
	}
	if err := run.Reopen(two.t.Context(), []string{sub}); !errors.Is(err, want) {
		rt.Fatalf("error %v, want %v, of %+v", err, want, have)
	}
	if want == nil && !slices.Contains(sendable, have.State) {
		two.m[sub] = append(two.m[sub], ledger.Entry{Sub: sub, Gen: have.Gen + 1, State: ledger.NotSent, Run: run.ID()})
	}
}

func (two *twoRuns) die(rt *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(rt, "run")
	mustDo(two.t, two.runs[i].End(two.t.Context(), "dead"))
	two.runs[i] = begin(two.t, two.books[i])
}

func (two *twoRuns) take(rt *rapid.T) {
	_, run := two.pick(rt)
	for sub := range two.m {
		for i := range two.m[sub] {
			e := &two.m[sub][i]
			if !slices.Contains(unsettled, e.State) || two.goesOn(e.Run) {
				continue
			}
			e.Run = run.ID()
			if e.State == ledger.Intended || e.State != ledger.Accepted && e.DoubtSince.IsZero() {
				e.DoubtSince = noon
			}
			if e.State == ledger.Intended || e.State == ledger.Doubt {
				e.State, e.Doubted = ledger.Doubt, true
			}
		}
	}
	mustDo(two.t, run.TakeOver(two.t.Context(), noon))
	two.look(rt, two.books[0])
}
