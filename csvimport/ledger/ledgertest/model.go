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
	unsettled = []ledger.State{ledger.Intended, ledger.Doubt, ledger.Accepted}
	withOrder = []ledger.State{ledger.Accepted, ledger.Completed, ledger.Failed}
	sendable  = []ledger.State{ledger.NotSent, ledger.Refused}
)

// Any sequence of what two runs may ask for, each with a handle of its own on
// the store, leaves the ledger as the model.
func (k Kind) model(t *testing.T) {
	where, l := k.store(t, "")
	_, other := k.store(t, where)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		var books [2]Book
		var runs [2]ledger.Begun
		for i, l := range []Ledger{l, other} {
			var err error
			books[i], err = l.Platform(t.Context(), ID("model", n), fmt.Sprintf("https://%d.example.com", n))
			mustDo(t, err)
			runs[i] = begin(t, books[i])
		}
		m := model{}
		pick := func(rt *rapid.T) (sub string, run ledger.Begun) {
			return ID("sub", rapid.IntRange(1, 3).Draw(rt, "sub")), rapid.SampledFrom(runs[:]).Draw(rt, "run")
		}
		held := func(e *ledger.Entry, run ledger.Begun) bool {
			return e != nil && slices.Contains(unsettled, e.State) && e.Run != run.ID() && (e.Run == runs[0].ID() || e.Run == runs[1].ID())
		}
		look := func(rt *rapid.T, book Book) {
			var got []string
			for e, err := range book.Entries(t.Context()) {
				mustDo(t, err)
				if diff := cmp.Diff(*m.latest(e.Sub), e); diff != "" {
					rt.Fatalf("(-want +got):\n%s", diff)
				}
				got = append(got, e.Sub)
			}
			if len(got) != len(m) {
				rt.Fatalf("got %d entries, want %d", len(got), len(m))
			}
			for sub := range m {
				got, _, err := book.Story(t.Context(), sub)
				if diff := cmp.Diff(m[sub], got); err != nil || diff != "" {
					rt.Fatalf("error %v (-want +got):\n%s", err, diff)
				}
			}
			totals, err := book.Totals(t.Context())
			if diff := cmp.Diff(m.totals(), totals); err != nil || diff != "" {
				rt.Fatalf("totals, error %v (-want +got):\n%s", err, diff)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"intend": func(rt *rapid.T) {
				sub, run := pick(rt)
				have := m.latest(sub)
				want := ledger.Entry{Sub: sub, Gen: 1, State: ledger.Intended, Run: run.ID(), Sends: 1}
				ask := want
				ask.State = rapid.SampledFrom([]ledger.State{ledger.Intended, ledger.NotSent}).Draw(rt, "word")
				may := true
				if have != nil {
					ask.Gen = have.Gen
					own := have.Run == run.ID() && (have.State == ledger.Intended || have.State == ledger.Doubt)
					may = slices.Contains(sendable, have.State) || own && ask.State == ledger.NotSent
					want.Gen, want.Sends, want.Doubted = have.Gen, have.Sends+1, have.Doubted
				}
				got, granted, err := run.Intend(t.Context(), ask)
				if err != nil || granted != may {
					rt.Fatalf("granted %v, want %v, error %v, of %+v", granted, may, err, have)
				}
				switch {
				case have == nil:
					m[sub] = []ledger.Entry{want}
				case granted:
					*have = want
				}
				if diff := cmp.Diff(*m.latest(sub), got); diff != "" {
					rt.Fatalf("(-want +got):\n%s", diff)
				}
			},
			"record": func(rt *rapid.T) {
				sub, run := pick(rt)
				have := m.latest(sub)
				e := ledger.Entry{Sub: sub, Gen: 1, State: rapid.SampledFrom(ledger.States()[1:]).Draw(rt, "state")}
				if have != nil {
					e.Gen = have.Gen
				}
				if e.State == ledger.Doubt {
					e.Doubted, e.DoubtSince = true, noon
				}
				if slices.Contains(withOrder, e.State) {
					e.OrderID = ID("order "+sub, e.Gen)
				}
				var want error
				stale := false
				switch {
				case have == nil:
				case held(have, run):
					want = ledger.ErrHeld
				case have.State == ledger.Completed && slices.Contains(withOrder, e.State):
					stale = e.State != ledger.Completed
				case have.State == ledger.Completed, slices.Contains(withOrder, have.State) && !slices.Contains(withOrder, e.State):
					want = ledger.ErrOrdered
				}
				if err := run.Record(t.Context(), "", e); !errors.Is(err, want) {
					rt.Fatalf("error %v, want %v, of %+v", err, want, have)
				}
				if want != nil || stale {
					return
				}
				e.Run = run.ID()
				if have == nil {
					m[sub] = []ledger.Entry{e}
				} else {
					e.Sends = have.Sends
					*have = e
				}
			},
			"reopen": func(rt *rapid.T) {
				sub, run := pick(rt)
				have := m.latest(sub)
				var want error
				switch {
				case have == nil:
					want = ledger.ErrUnknown
				case held(have, run):
					want = ledger.ErrHeld
				case slices.Contains(unsettled, have.State):
					want = ledger.ErrOrdered
				}
				if err := run.Reopen(t.Context(), []string{sub}); !errors.Is(err, want) {
					rt.Fatalf("error %v, want %v, of %+v", err, want, have)
				}
				if want == nil && !slices.Contains(sendable, have.State) {
					m[sub] = append(m[sub], ledger.Entry{Sub: sub, Gen: have.Gen + 1, State: ledger.NotSent, Run: run.ID()})
				}
			},
			"a run dies": func(rt *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(rt, "run")
				mustDo(t, runs[i].End(t.Context(), "dead"))
				runs[i] = begin(t, books[i])
			},
			"take": func(rt *rapid.T) {
				_, run := pick(rt)
				for sub := range m {
					for i := range m[sub] {
						e := &m[sub][i]
						if !slices.Contains(unsettled, e.State) || e.Run == runs[0].ID() || e.Run == runs[1].ID() {
							continue
						}
						e.Run = run.ID()
						if e.State == ledger.Intended || e.State == ledger.Doubt && e.DoubtSince.IsZero() {
							e.DoubtSince = noon
						}
						if e.State != ledger.Accepted {
							e.State, e.Doubted = ledger.Doubt, true
						}
					}
				}
				mustDo(t, run.TakeOver(t.Context(), noon))
				look(rt, books[0])
			},
			"look": func(rt *rapid.T) { look(rt, rapid.SampledFrom(books[:]).Draw(rt, "book")) },
		})
		for _, run := range runs {
			mustDo(t, run.End(t.Context(), "done"))
		}
		look(rt, books[0])
	})
}
