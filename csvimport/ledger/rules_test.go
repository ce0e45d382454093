package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bulkimport/csvimport/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ours is the run that asks, other another one.
const (
	ours  = 7
	other = 5
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestStates(t *testing.T) {
	type is struct{ Holds, Ordered, InDoubt, MaySend bool }
	for state, want := range map[ledger.State]is{
		ledger.Intended:  {Holds: true, InDoubt: true},
		ledger.NotSent:   {MaySend: true},
		ledger.Refused:   {MaySend: true},
		ledger.Doubt:     {Holds: true, InDoubt: true},
		ledger.Denied:    {Holds: true, InDoubt: true},
		ledger.Accepted:  {Holds: true, Ordered: true},
		ledger.Completed: {Ordered: true},
		ledger.Failed:    {Ordered: true},
		0:                {},
		8:                {},
	} {
		got := is{state.Holds(), state.Ordered(), state.InDoubt(), state.MaySend()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", state, diff)
		}
	}
	if got := ledger.State(8).String(); got != "state 8" {
		t.Errorf("a state there is not is %q", got)
	}
}

func TestNormal(t *testing.T) {
	got := ledger.Entry{DoubtSince: time.Date(2026, 11, 22, 13, 0, 0, 1_999_999, time.FixedZone("CET", 3600))}.Normal()
	want := ledger.Entry{Gen: 1, DoubtSince: noon.Add(time.Millisecond)}
	if diff := cmp.Diff(want, got); diff != "" || got.DoubtSince.Location() != time.UTC {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGrant(t *testing.T) {
	since := noon.Add(-time.Hour)
	for _, tt := range []struct {
		name    string
		have    *ledger.Head
		gen     int
		word    ledger.State
		granted bool
		sends   int
		doubted bool
		keep    bool
	}{
		{"no entry", nil, 1, 0, true, 1, false, false},
		{"no entry, a later generation", nil, 3, 0, true, 1, false, false},
		{"no entry, no generation", nil, 0, 0, true, 1, false, false},
		{"not sent", &ledger.Head{Gen: 1, State: ledger.NotSent, Run: ours}, 1, 0, true, 1, false, false},
		{"not sent, after sends in doubt", &ledger.Head{Gen: 1, State: ledger.NotSent, Run: ours, Sends: 2, Doubted: true}, 1, 0, true, 3, true, false},
		{"not sent, of another run", &ledger.Head{Gen: 1, State: ledger.NotSent, Run: other, Sends: 1}, 1, 0, true, 2, false, false},
		{"refused", &ledger.Head{Gen: 1, State: ledger.Refused, Run: ours, Sends: 1}, 1, 0, true, 2, false, true},
		{"refused, of another run", &ledger.Head{Gen: 1, State: ledger.Refused, Run: other, Sends: 1}, 1, 0, true, 2, false, true},
		{"the latest generation is a later one", &ledger.Head{Gen: 2, State: ledger.NotSent, Run: ours}, 1, 0, false, 0, false, false},
		{"the generation is not open", &ledger.Head{Gen: 1, State: ledger.NotSent, Run: ours}, 2, 0, false, 0, false, false},
		{"intended", &ledger.Head{Gen: 1, State: ledger.Intended, Run: ours, Sends: 1}, 1, 0, false, 0, false, false},
		{"intended, absence proved", &ledger.Head{Gen: 1, State: ledger.Intended, Run: ours, Sends: 1}, 1, ledger.NotSent, true, 2, false, false},
		{"intended by another run, absence proved", &ledger.Head{Gen: 1, State: ledger.Intended, Run: other, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
		{"intended by a dead run, absence proved", &ledger.Head{Gen: 1, State: ledger.Intended, Run: other, Ended: true, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
		{"doubt", &ledger.Head{Gen: 1, State: ledger.Doubt, Run: ours, Sends: 1, Doubted: true, DoubtSince: since}, 1, 0, false, 0, false, false},
		{"doubt, absence proved", &ledger.Head{Gen: 1, State: ledger.Doubt, Run: ours, Sends: 1, Doubted: true, DoubtSince: since}, 1, ledger.NotSent, true, 2, true, true},
		{"doubt of another run, absence proved", &ledger.Head{Gen: 1, State: ledger.Doubt, Run: other, Ended: true, Sends: 1, Doubted: true}, 1, ledger.NotSent, false, 0, false, false},
		{"doubt, absence of an older generation proved", &ledger.Head{Gen: 2, State: ledger.Doubt, Run: ours, Sends: 1, Doubted: true}, 1, ledger.NotSent, false, 0, false, false},
		{"accepted", &ledger.Head{Gen: 1, State: ledger.Accepted, Run: ours, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
		{"completed", &ledger.Head{Gen: 1, State: ledger.Completed, Run: ours, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
		{"failed", &ledger.Head{Gen: 1, State: ledger.Failed, Run: ours, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
		{"a state there is not", &ledger.Head{Gen: 1, State: 8, Run: ours, Sends: 1}, 1, ledger.NotSent, false, 0, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ask := ledger.Entry{Sub: "sub", Gen: tt.gen, State: tt.word, Run: 99, PlanID: "plan", Sends: 40, Doubted: true, DoubtSince: since}
			want := ledger.Entry{}
			if tt.granted {
				want = ledger.Entry{Sub: "sub", Gen: max(tt.gen, 1), State: ledger.Intended, Run: ours, SentBy: ours, PlanID: "plan", Sends: tt.sends, Doubted: tt.doubted}
			}
			got, keep, granted := ledger.Grant(tt.have, ask, ours)
			if granted != tt.granted || keep != tt.keep {
				t.Errorf("granted %v, keep %v, want %v, %v", granted, keep, tt.granted, tt.keep)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGeneration(t *testing.T) {
	for _, tt := range []struct {
		name   string
		latest *ledger.Head
		said   int
		want   int
	}{
		{"none, no entry", nil, 0, 1},
		{"none", &ledger.Head{Gen: 3}, 0, 3},
		{"its own", &ledger.Head{Gen: 3}, 2, 2},
		{"its own, no entry", nil, 2, 2},
	} {
		if got := ledger.Generation(tt.latest, &ledger.Entry{Gen: tt.said}); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Every state after every state, said by the run that holds the entry.
func TestOutcomeOfStates(t *testing.T) {
	all := []ledger.State{ledger.NotSent, ledger.Refused, ledger.Denied, ledger.Doubt, ledger.Accepted, ledger.Completed, ledger.Failed}
	ordered := []ledger.State{ledger.Accepted, ledger.Completed, ledger.Failed}
	for from, allowed := range map[ledger.State][]ledger.State{
		ledger.Intended:  all,
		ledger.NotSent:   all,
		ledger.Refused:   all,
		ledger.Doubt:     all,
		ledger.Denied:    all,
		ledger.Accepted:  ordered,
		ledger.Failed:    ordered,
		ledger.Completed: {ledger.Completed},
	} {
		for _, to := range all {
			var want error = ledger.ErrOrdered
			for _, s := range allowed {
				if s == to {
					want = nil
				}
			}
			have := &ledger.Head{Gen: 1, State: from, Run: ours, Sends: 3, OrderID: "order", Shown: true}
			after, write, err := ledger.Outcome(have, have, ledger.Entry{Sub: "sub", State: to, Sends: 1, OrderID: "another"}, ours)
			if err != want || write != (want == nil) {
				t.Errorf("%v to %v: write %v, error %v, want %v", from, to, write, err, want)
			}
			if write && (after.State != to || after.Run != ours || after.Sends != 3 || after.OrderID != "another") {
				t.Errorf("%v to %v: %+v", from, to, after)
			}
		}
	}
}

func TestOutcome(t *testing.T) {
	head := func(gen int, s ledger.State, run int64, ended bool) *ledger.Head {
		return &ledger.Head{Gen: gen, State: s, Run: run, Ended: ended, Sends: 2, OrderID: "order"}
	}
	said := ledger.Entry{Sub: "sub", Gen: 1, State: ledger.Completed, OrderID: "order", FinishedAt: noon}
	with := func(e ledger.Entry, gen int, s ledger.State, order string) ledger.Entry {
		e.Gen, e.State, e.OrderID = gen, s, order
		return e
	}
	written := func(gen, sends int) *ledger.Entry {
		e := said
		e.Gen, e.Run, e.Sends = gen, ours, sends
		return &e
	}
	as := func(s ledger.State, order string) *ledger.Entry {
		e := with(*written(1, 2), 1, s, order)
		return &e
	}
	once := func(s ledger.State, order string) ledger.Entry { // what came of the send before the last one
		e := with(said, 1, s, order)
		e.Sends, e.SentBy = 1, ours
		return e
	}
	twice := func(s ledger.State, order string) *ledger.Entry {
		e := as(s, order)
		e.SentBy = other
		return e
	}
	sentBy := func(run int64) *ledger.Head {
		h := head(1, ledger.Intended, run, true)
		h.SentBy = run
		return h
	}
	for _, tt := range []struct {
		name         string
		latest, have *ledger.Head
		said         ledger.Entry
		want         *ledger.Entry // nil: nothing is written
		err          error
	}{
		{"no entry", nil, nil, said, written(1, 0), nil},
		{"no entry, no generation", nil, nil, with(said, 0, ledger.Completed, "order"), written(1, 0), nil},
		{"no generation, the latest is the second", head(2, ledger.Doubt, ours, false), head(2, ledger.Doubt, ours, false), with(said, 0, ledger.Completed, "order"), written(2, 2), nil},
		{"a later generation than there is", head(1, ledger.Failed, ours, false), nil, with(said, 2, ledger.Completed, "order"), written(2, 0), nil},
		{"an older one than there is", head(2, ledger.Completed, ours, false), nil, said, written(1, 0), nil},
		{"of a living run, intended", head(1, ledger.Intended, other, false), head(1, ledger.Intended, other, false), said, nil, ledger.ErrHeld},
		{"of a living run, doubt", head(1, ledger.Doubt, other, false), head(1, ledger.Doubt, other, false), said, nil, ledger.ErrHeld},
		{"of a living run, accepted", head(1, ledger.Accepted, other, false), head(1, ledger.Accepted, other, false), said, nil, ledger.ErrHeld},
		{"of a living run that holds it no more", head(1, ledger.Failed, other, false), head(1, ledger.Failed, other, false), said, written(1, 2), nil},
		{"of a dead run", head(1, ledger.Doubt, other, true), head(1, ledger.Doubt, other, true), said, written(1, 2), nil},
		{"of a dead run that has sent it since, and nothing was found", head(1, ledger.Intended, other, true), head(1, ledger.Intended, other, true), once(ledger.NotSent, ""), nil, ledger.ErrHeld},
		{"of a dead run that has sent it since, and refused", head(1, ledger.Doubt, other, true), head(1, ledger.Doubt, other, true), once(ledger.Refused, ""), nil, ledger.ErrHeld},
		{"of a dead run that has sent it since, and an order was found", sentBy(other), sentBy(other), once(ledger.Accepted, "order"), twice(ledger.Accepted, "order"), nil},
		{"a living run is at work on a later generation", head(2, ledger.Intended, other, false), head(1, ledger.Failed, ours, false), said, nil, ledger.ErrHeld},
		{"a living run is at work on this generation, not on the later", head(2, ledger.NotSent, ours, false), head(1, ledger.Accepted, other, false), said, nil, ledger.ErrHeld},
		{"stale news of a completed order", head(1, ledger.Completed, other, false), head(1, ledger.Completed, other, false), with(said, 1, ledger.Accepted, "order"), nil, nil},
		{"news of another order than completed", head(1, ledger.Completed, ours, false), head(1, ledger.Completed, ours, false), with(said, 1, ledger.Accepted, "another"), nil, ledger.ErrOrdered},
		{"a completed order, cancelled since", head(1, ledger.Completed, ours, false), head(1, ledger.Completed, ours, false), with(said, 1, ledger.Failed, "order"), as(ledger.Failed, "order"), nil},
		{"another order than completed, cancelled", head(1, ledger.Completed, ours, false), head(1, ledger.Completed, ours, false), with(said, 1, ledger.Failed, "another"), nil, ledger.ErrOrdered},
		{"accepted, never shown, and another's order", head(1, ledger.Accepted, ours, false), head(1, ledger.Accepted, ours, false), with(said, 1, ledger.Doubt, ""), as(ledger.Doubt, ""), nil},
		{"accepted, never shown, and to be sent again", head(1, ledger.Accepted, ours, false), head(1, ledger.Accepted, ours, false), with(said, 1, ledger.NotSent, ""), nil, ledger.ErrOrdered},
		{"news without an order", head(1, ledger.Completed, ours, false), head(1, ledger.Completed, ours, false), with(said, 1, ledger.NotSent, ""), nil, ledger.ErrOrdered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, write, err := ledger.Outcome(tt.latest, tt.have, tt.said, ours)
			if !errors.Is(err, tt.err) || write != (tt.want != nil) {
				t.Errorf("write %v, error %v, want %v, %v", write, err, tt.want != nil, tt.err)
			}
			want := ledger.Entry{}
			if tt.want != nil {
				want = *tt.want
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTakeOver(t *testing.T) {
	early := noon.Add(-time.Hour)
	const note = "in doubt: taken over from run 5, which has ended"
	for _, tt := range []struct {
		name  string
		have  ledger.Head
		want  ledger.Head
		note  string
		taken bool
	}{
		{"intended", ledger.Head{State: ledger.Intended, Run: other, Ended: true, Sends: 2}, ledger.Head{State: ledger.Doubt, Run: ours, Sends: 2, Doubted: true, DoubtSince: noon}, note, true},
		{"intended, after an earlier doubt", ledger.Head{State: ledger.Intended, Run: other, Ended: true, Doubted: true, DoubtSince: early}, ledger.Head{State: ledger.Doubt, Run: ours, Doubted: true, DoubtSince: noon}, note, true},
		{"doubt", ledger.Head{State: ledger.Doubt, Run: other, Ended: true, Doubted: true, DoubtSince: early}, ledger.Head{State: ledger.Doubt, Run: ours, Doubted: true, DoubtSince: early}, note, true},
		{"doubt, time not known", ledger.Head{State: ledger.Doubt, Run: other, Ended: true}, ledger.Head{State: ledger.Doubt, Run: ours, Doubted: true, DoubtSince: noon}, note, true},
		{"denied", ledger.Head{State: ledger.Denied, Run: other, Ended: true, DoubtSince: early}, ledger.Head{State: ledger.Denied, Run: ours, DoubtSince: early},
			"denied: taken over from run 5, which has ended", true},
		{"accepted", ledger.Head{State: ledger.Accepted, Run: other, Ended: true, OrderID: "order"}, ledger.Head{State: ledger.Accepted, Run: ours, OrderID: "order"}, "", true},
		{"intended by the living", ledger.Head{State: ledger.Intended, Run: other}, ledger.Head{State: ledger.Intended, Run: other}, "", false},
		{"doubt of the living", ledger.Head{State: ledger.Doubt, Run: other, DoubtSince: early}, ledger.Head{State: ledger.Doubt, Run: other, DoubtSince: early}, "", false},
		{"accepted of the living", ledger.Head{State: ledger.Accepted, Run: other}, ledger.Head{State: ledger.Accepted, Run: other}, "", false},
		{"intended, our own", ledger.Head{State: ledger.Intended, Run: ours}, ledger.Head{State: ledger.Intended, Run: ours}, "", true},
		{"accepted, our own", ledger.Head{State: ledger.Accepted, Run: ours}, ledger.Head{State: ledger.Accepted, Run: ours}, "", true},
		{"not sent", ledger.Head{State: ledger.NotSent, Run: other, Ended: true}, ledger.Head{State: ledger.NotSent, Run: other, Ended: true}, "", false},
		{"not sent, our own", ledger.Head{State: ledger.NotSent, Run: ours}, ledger.Head{State: ledger.NotSent, Run: ours}, "", false},
		{"refused", ledger.Head{State: ledger.Refused, Run: other, Ended: true}, ledger.Head{State: ledger.Refused, Run: other, Ended: true}, "", false},
		{"completed", ledger.Head{State: ledger.Completed, Run: other, Ended: true}, ledger.Head{State: ledger.Completed, Run: other, Ended: true}, "", false},
		{"failed", ledger.Head{State: ledger.Failed, Run: other, Ended: true}, ledger.Head{State: ledger.Failed, Run: other, Ended: true}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, said, taken := ledger.TakeOver(tt.have, ours, noon)
			if taken != tt.taken || said != tt.note {
				t.Errorf("taken %v, note %q, want %v, %q", taken, said, tt.taken, tt.note)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReopen(t *testing.T) {
	for _, tt := range []struct {
		name string
		have *ledger.Head
		note string // empty: nothing is opened
		err  error
	}{
		{"no entry", nil, "", ledger.ErrUnknown},
		{"completed", &ledger.Head{Gen: 2, State: ledger.Completed, Run: other}, "opened again, after completed", nil},
		{"failed", &ledger.Head{Gen: 2, State: ledger.Failed, Run: other}, "opened again, after failed", nil},
		{"not sent", &ledger.Head{Gen: 2, State: ledger.NotSent, Run: other}, "", nil},
		{"refused", &ledger.Head{Gen: 2, State: ledger.Refused, Run: other}, "", nil},
		{"intended", &ledger.Head{Gen: 2, State: ledger.Intended, Run: ours}, "", ledger.ErrOrdered},
		{"doubt", &ledger.Head{Gen: 2, State: ledger.Doubt, Run: ours}, "", ledger.ErrOrdered},
		{"accepted", &ledger.Head{Gen: 2, State: ledger.Accepted, Run: ours}, "", ledger.ErrOrdered},
		{"accepted, of a dead run", &ledger.Head{Gen: 2, State: ledger.Accepted, Run: other, Ended: true}, "", ledger.ErrOrdered},
		{"accepted, of a living run", &ledger.Head{Gen: 2, State: ledger.Accepted, Run: other}, "", ledger.ErrHeld},
		{"intended by a living run", &ledger.Head{Gen: 2, State: ledger.Intended, Run: other}, "", ledger.ErrHeld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, note, err := ledger.Reopen(tt.have, "sub", ours)
			if !errors.Is(err, tt.err) || note != tt.note {
				t.Errorf("note %q, error %v, want %q, %v", note, err, tt.note, tt.err)
			}
			var want *ledger.Entry
			if tt.note != "" {
				want = &ledger.Entry{Sub: "sub", Gen: 3, State: ledger.NotSent, Run: ours}
			}
			if diff := cmp.Diff(want, next); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLastSend(t *testing.T) {
	for _, tt := range []struct {
		name string
		was  ledger.Entry
		want string
	}{
		{"a doubt", ledger.Entry{State: ledger.Doubt, Sends: 1}, "send 1 was doubt"},
		{"a refusal", ledger.Entry{State: ledger.Refused, Sends: 2, HTTPStatus: 400, Code: "NotForSale", Message: "the plan is not for sale"},
			"send 2 was refused, HTTP 400, NotForSale, the plan is not for sale"},
	} {
		if got := ledger.LastSend(&tt.was); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMisuse(t *testing.T) {
	for _, tt := range []struct {
		name               string
		e                  ledger.Entry
		intend, recordable bool
	}{
		{"no subscription", ledger.Entry{State: ledger.Refused}, false, false},
		{"no state", ledger.Entry{Sub: "sub"}, true, false},
		{"an intent", ledger.Entry{Sub: "sub", State: ledger.Intended}, true, false},
		{"a state there is not", ledger.Entry{Sub: "sub", State: 10}, false, false},
		{"an outcome", ledger.Entry{Sub: "sub", State: ledger.Failed}, true, true},
	} {
		intend, record := ledger.Intendable(&tt.e), ledger.Recordable(&tt.e)
		if (intend == nil) != tt.intend || (record == nil) != tt.recordable {
			t.Errorf("%s: intend %v, record %v", tt.name, intend, record)
		}
	}
}

func TestConflict(t *testing.T) {
	var c ledger.Conflict
	if err := c.Err(); err != nil {
		t.Errorf("nothing is in conflict: %v", err)
	}
	c.Add("a", ledger.ErrHeld)
	c.Add("b", ledger.ErrUnknown)
	c.Add("c", ledger.ErrUnknown)
	err := c.Err()
	if !errors.Is(err, ledger.ErrHeld) || !errors.Is(err, ledger.ErrUnknown) || errors.Is(err, ledger.ErrOrdered) {
		t.Errorf("wrong kinds: %v", err)
	}
	want := "a: another run that is still alive is at work on it; b and 1 more: the ledger has no entry for it"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
