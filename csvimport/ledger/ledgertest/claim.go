package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
)

func (k Kind) intend(t *testing.T) {
	type want struct {
		granted     bool
		sends       int
		doubted     bool
		eventsAtEnd int
	}
	for _, tt := range []struct {
		name   string
		state  ledger.State // 0: no entry
		holder string       // "same", "alive" or "dead" run
		word   ledger.State // what the caller says
		want   want
	}{
		{"new", 0, "same", 0, want{true, 1, false, 0}},
		{"not sent, same run", ledger.NotSent, "same", 0, want{true, 2, false, 0}},
		{"not sent, other run alive", ledger.NotSent, "alive", 0, want{true, 2, false, 0}},
		{"not sent, other run dead", ledger.NotSent, "dead", 0, want{true, 2, false, 0}},
		{"refused, same run", ledger.Refused, "same", 0, want{true, 2, false, 1}},
		{"refused, other run dead", ledger.Refused, "dead", 0, want{true, 2, false, 1}},
		{"intended, same run", ledger.Intended, "same", 0, want{false, 1, false, 0}},
		{"intended, same run, absence proved", ledger.Intended, "same", ledger.NotSent, want{true, 2, false, 0}},
		{"intended, other run alive, absence proved", ledger.Intended, "alive", ledger.NotSent, want{false, 1, false, 0}},
		{"intended, other run dead", ledger.Intended, "dead", ledger.NotSent, want{false, 1, false, 0}},
		{"doubt, same run", ledger.Doubt, "same", 0, want{false, 1, true, 0}},
		{"doubt, same run, absence proved", ledger.Doubt, "same", ledger.NotSent, want{true, 2, true, 1}},
		{"doubt, other run alive, absence proved", ledger.Doubt, "alive", ledger.NotSent, want{false, 1, true, 0}},
		{"doubt, other run dead, absence proved", ledger.Doubt, "dead", ledger.NotSent, want{false, 1, true, 0}},
		{"denied, same run", ledger.Denied, "same", 0, want{false, 1, false, 0}},
		{"denied, same run, absence proved", ledger.Denied, "same", ledger.NotSent, want{true, 2, false, 1}},
		{"denied, other run dead, absence proved", ledger.Denied, "dead", ledger.NotSent, want{false, 1, false, 0}},
		{"accepted, same run", ledger.Accepted, "same", ledger.NotSent, want{false, 1, false, 0}},
		{"accepted, other run dead", ledger.Accepted, "dead", ledger.NotSent, want{false, 1, false, 0}},
		{"completed", ledger.Completed, "same", ledger.NotSent, want{false, 1, false, 0}},
		{"failed", ledger.Failed, "same", ledger.NotSent, want{false, 1, false, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, book := k.open(t, "")
			run := begin(t, book)
			before := ledger.Entry{}
			if tt.state != 0 {
				holder := run
				if tt.holder != "same" {
					holder = begin(t, book)
				}
				before = Put(t, holder, 1, tt.state)
				if tt.holder == "dead" {
					if err := holder.End(t.Context(), "done"); err != nil {
						t.Fatal(err)
					}
				}
			}
			e := Entry(1)
			e.State, e.AccountName = tt.word, "Mended GmbH"
			got, granted, err := run.Intend(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			want2 := before
			if tt.want.granted {
				want2 = e
				want2.State, want2.Run, want2.SentBy = ledger.Intended, run.ID(), run.ID()
			}
			want2.Sends, want2.Doubted = tt.want.sends, tt.want.doubted
			if granted != tt.want.granted {
				t.Errorf("granted %v, want %v", granted, tt.want.granted)
			}
			if diff := cmp.Diff(want2, got); diff != "" {
				t.Errorf("returned entry (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want2, Get(t, book, e.Sub)); diff != "" {
				t.Errorf("stored entry (-want +got):\n%s", diff)
			}
			_, events, err := book.Story(t.Context(), e.Sub)
			if err != nil || len(events) != tt.want.eventsAtEnd {
				t.Errorf("events %v, error %v, want %d", events, err, tt.want.eventsAtEnd)
			}
		})
	}
}

func (k Kind) intendOtherGeneration(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	Put(t, run, 1, ledger.NotSent)
	for _, gen := range []int{2, 7} {
		e := Entry(1)
		e.Gen = gen
		if _, granted, err := run.Intend(t.Context(), e); err != nil || granted {
			t.Errorf("generation %d, which is not open: granted %v, error %v", gen, granted, err)
		}
	}
}

func (k Kind) intendIsGrantedOnce(t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	runs := []ledger.Begun{begin(t, book), begin(t, other)}
	const subs = 50
	var granted [subs]atomic.Int32
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range subs {
				_, ok, err := runs[w%2].Intend(t.Context(), Entry(i))
				if err != nil {
					t.Error(err)
				}
				if ok {
					granted[i].Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := range granted {
		if n := granted[i].Load(); n != 1 {
			t.Errorf("subscription %d was granted %d times", i, n)
		}
	}
}

func (k Kind) recordTransitions(t *testing.T) {
	states := []ledger.State{ledger.NotSent, ledger.Refused, ledger.Denied, ledger.Doubt, ledger.Accepted, ledger.Completed, ledger.Failed}
	allowed := map[ledger.State][]ledger.State{
		ledger.Intended:  states,
		ledger.NotSent:   states,
		ledger.Refused:   states,
		ledger.Doubt:     states,
		ledger.Denied:    states,
		ledger.Accepted:  {ledger.Doubt, ledger.Accepted, ledger.Completed, ledger.Failed},
		ledger.Failed:    {ledger.Accepted, ledger.Completed, ledger.Failed},
		ledger.Completed: {ledger.Completed},
	}
	_, book := k.open(t, "")
	run := begin(t, book)
	i := 0
	for from, to := range allowed {
		for _, state := range states {
			i++
			before := Put(t, run, i, from)
			ok := false
			for _, s := range to {
				ok = ok || s == state
			}
			after := before
			after.State, after.OrderID = state, ID("order", i)
			err := run.Record(t.Context(), "", after)
			if ok != (err == nil) || !ok && !errors.Is(err, ledger.ErrOrdered) {
				t.Errorf("%v to %v: error %v, want allowed %v", from, state, err, ok)
			}
			want := before
			if ok {
				want = after
			}
			if diff := cmp.Diff(want, Get(t, book, before.Sub)); diff != "" {
				t.Errorf("%v to %v (-want +got):\n%s", from, state, diff)
			}
		}
	}
}

// Two runs followed one order, and the slower one's news comes last.
func (k Kind) recordStaleNews(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	done := Put(t, run, 1, ledger.Completed)
	stale := Accepted(done)
	if err := begin(t, book).Record(t.Context(), "found on the platform", stale); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(done, Get(t, book, done.Sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (k Kind) recordHeld(t *testing.T) {
	for _, tt := range []struct {
		state ledger.State
		alive bool
		held  bool
	}{
		{ledger.Intended, true, true},
		{ledger.Doubt, true, true},
		{ledger.Denied, true, true},
		{ledger.Accepted, true, true},
		{ledger.NotSent, true, false},
		{ledger.Refused, true, false},
		{ledger.Completed, true, false},
		{ledger.Failed, true, false},
		{ledger.Intended, false, false},
		{ledger.Doubt, false, false},
		{ledger.Denied, false, false},
		{ledger.Accepted, false, false},
	} {
		t.Run(fmt.Sprintf("%v alive=%v", tt.state, tt.alive), func(t *testing.T) {
			_, book := k.open(t, "")
			run, holder := begin(t, book), begin(t, book)
			e := Completed(Put(t, holder, 1, tt.state))
			if !tt.alive {
				if err := holder.End(t.Context(), "done"); err != nil {
					t.Fatal(err)
				}
			}
			err := run.Record(t.Context(), "found", e, Completed(Entry(2)))
			if got := errors.Is(err, ledger.ErrHeld); got != tt.held {
				t.Fatalf("error %v, want held %v", err, tt.held)
			}
			if c, ok := errors.AsType[*ledger.Conflict](err); ok {
				if diff := cmp.Diff([]string{e.Sub}, c.Held); diff != "" {
					t.Errorf("held (-want +got):\n%s", diff)
				}
			} else if got := Get(t, book, e.Sub); got.State != ledger.Completed || got.Run != run.ID() {
				t.Errorf("entry is %v of run %d", got.State, got.Run)
			}
			if got := Get(t, book, ID("sub", 2)); got.State != ledger.Completed {
				t.Errorf("the entry beside it is %v, it should have been recorded", got.State)
			}
		})
	}
}

func (k Kind) recordKeepsSends(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	Put(t, run, 1, ledger.Doubt)
	adopted := Accepted(Entry(1))
	adopted.Origin = ledger.OtherLedger
	if err := run.Record(t.Context(), "adopted", adopted); err != nil {
		t.Fatal(err)
	}
	if got := Get(t, book, adopted.Sub); got.Sends != 1 || !got.Foreign() {
		t.Errorf("sends %d, foreign %v", got.Sends, got.Foreign())
	}
}

func (k Kind) recordRefusesMisuse(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	for _, e := range []ledger.Entry{
		{Gen: 1, State: ledger.Refused},
		{Sub: ID("sub", 1), Gen: 1, State: ledger.Intended},
		{Sub: ID("sub", 1), Gen: 1},
		{Sub: ID("sub", 1), Gen: 1, State: 99},
	} {
		if err := run.Record(t.Context(), "", e); err == nil {
			t.Errorf("%+v was recorded", e)
		}
	}
	if totals, err := book.Totals(t.Context()); err != nil || len(totals) != 0 {
		t.Errorf("totals %v, error %v", totals, err)
	}
}

func (k Kind) recording(t *testing.T) {
	_, book := k.open(t, "")
	run, other := begin(t, book), begin(t, book)
	first, second := Put(t, run, 1, ledger.Intended), Put(t, run, 2, ledger.Intended)
	said := make(chan error, 3)
	run.Recording(Accepted(first), func(err error) { said <- err })
	mustDo(t, run.Record(t.Context(), "", Accepted(second))) // queued after it
	if got := Get(t, book, first.Sub); got.State != ledger.Accepted {
		t.Errorf("what was queued first is %v when the next is durable", got.State)
	}
	mustDo(t, <-said)
	other.Recording(Completed(first), func(err error) { said <- err })
	if err := <-said; !errors.Is(err, ledger.ErrHeld) {
		t.Errorf("error %v, want %v", err, ledger.ErrHeld)
	}
	run.Recording(ledger.Entry{Sub: first.Sub, State: ledger.Intended}, func(err error) { said <- err })
	if err := <-said; err == nil {
		t.Error("an intent was recorded")
	}
	if diff := cmp.Diff(Accepted(first), Get(t, book, first.Sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (k Kind) runEnded(t *testing.T) {
	_, book := k.open(t, "")
	run, other := begin(t, book), begin(t, book)
	if run.ID() == other.ID() || !other.Alive(run.ID()) || !run.Alive(run.ID()) {
		t.Errorf("runs %d and %d, both alive", run.ID(), other.ID())
	}
	e := Put(t, run, 1, ledger.Intended)
	mustDo(t, run.End(t.Context(), "done"))
	if other.Alive(run.ID()) {
		t.Error("it is alive still")
	}
	_, granted, intend := run.Intend(t.Context(), Entry(2))
	_, taken, take := run.Take(t.Context(), e.Sub, noon)
	said := make(chan error, 1)
	run.Recording(Accepted(e), func(err error) { said <- err })
	for name, err := range map[string]error{
		"intend": intend, "take": take, "record": run.Record(t.Context(), "", Accepted(e)), "recording": <-said,
		"take over": run.TakeOver(t.Context(), noon), "reopen": run.Reopen(t.Context(), []string{e.Sub}),
	} {
		if !errors.Is(err, ledger.ErrRunEnded) || granted || taken {
			t.Errorf("%s: granted %v, taken %v, error %v, want %v", name, granted, taken, err, ledger.ErrRunEnded)
		}
	}
	if diff := cmp.Diff(e, Get(t, book, e.Sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (k Kind) take(t *testing.T) {
	early := noon.Add(-time.Hour)
	for _, tt := range []struct {
		name   string
		state  ledger.State
		holder string // same, alive, dead
		since  time.Time
		ok     bool
		want   ledger.State
		doubt  time.Time
	}{
		{"intended of the dead", ledger.Intended, "dead", time.Time{}, true, ledger.Doubt, noon},
		{"doubt of the dead", ledger.Doubt, "dead", early, true, ledger.Doubt, early},
		{"doubt of the dead, time not known", ledger.Doubt, "dead", time.Time{}, true, ledger.Doubt, noon},
		{"accepted of the dead", ledger.Accepted, "dead", time.Time{}, true, ledger.Accepted, time.Time{}},
		{"intended of the living", ledger.Intended, "alive", time.Time{}, false, ledger.Intended, time.Time{}},
		{"doubt of the living", ledger.Doubt, "alive", early, false, ledger.Doubt, early},
		{"accepted of the living", ledger.Accepted, "alive", time.Time{}, false, ledger.Accepted, time.Time{}},
		{"intended, our own", ledger.Intended, "same", time.Time{}, true, ledger.Intended, time.Time{}},
		{"not sent", ledger.NotSent, "dead", time.Time{}, false, ledger.NotSent, time.Time{}},
		{"completed", ledger.Completed, "dead", time.Time{}, false, ledger.Completed, time.Time{}},
	} {
		for _, all := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s all=%v", tt.name, all), func(t *testing.T) {
				_, book := k.open(t, "")
				run := begin(t, book)
				holder := run
				if tt.holder != "same" {
					holder = begin(t, book)
				}
				before := Put(t, holder, 1, tt.state)
				if tt.state == ledger.Doubt {
					before.DoubtSince = tt.since
					if err := holder.Record(t.Context(), "", before); err != nil {
						t.Fatal(err)
					}
				}
				if tt.holder == "dead" {
					if err := holder.End(t.Context(), "done"); err != nil {
						t.Fatal(err)
					}
				}
				want := before
				want.State, want.DoubtSince = tt.want, tt.doubt
				want.Doubted = tt.want == ledger.Doubt
				if tt.ok {
					want.Run = run.ID()
				}
				if all {
					mustDo(t, run.TakeOver(t.Context(), noon))
				} else {
					got, ok, err := run.Take(t.Context(), before.Sub, noon)
					if err != nil || ok != tt.ok {
						t.Errorf("taken %v, error %v", ok, err)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
				if diff := cmp.Diff(want, Get(t, book, before.Sub)); diff != "" {
					t.Errorf("stored (-want +got):\n%s", diff)
				}
			})
		}
	}
	t.Run("nothing there", func(t *testing.T) {
		_, book := k.open(t, "")
		if e, ok, err := begin(t, book).Take(t.Context(), ID("sub", 9), noon); ok || err != nil || e.Sub != "" {
			t.Errorf("took %v %v, error %v", e, ok, err)
		}
	})
}

func (k Kind) reopen(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	var subs []string
	for i, s := range []ledger.State{ledger.Completed, ledger.Failed, ledger.NotSent, ledger.Refused} {
		subs = append(subs, Put(t, run, i, s).Sub)
	}
	for _, tt := range []struct {
		name string
		with ledger.State // 0: no entry
		want error
	}{
		{"none", 0, ledger.ErrUnknown},
		{"intended", ledger.Intended, ledger.ErrOrdered},
		{"doubt", ledger.Doubt, ledger.ErrOrdered},
		{"accepted", ledger.Accepted, ledger.ErrOrdered},
	} {
		i := 100 + int(tt.with)
		if tt.with != 0 {
			Put(t, run, i, tt.with)
		}
		if err := run.Reopen(t.Context(), append(subs, ID("sub", i))); !errors.Is(err, tt.want) {
			t.Errorf("with one that is %s: error %v, want %v", tt.name, err, tt.want)
		}
		if e := Get(t, book, subs[0]); e.Gen != 1 {
			t.Fatalf("with one that is %s: others were opened", tt.name)
		}
	}
	for range 2 { // the second time changes nothing
		if err := run.Reopen(t.Context(), append(subs, subs...)); err != nil {
			t.Fatal(err)
		}
		for i, wantGen := range []int{2, 2, 1, 1} {
			e := Get(t, book, subs[i])
			if e.Gen != wantGen || e.State != ledger.NotSent && e.State != ledger.Refused {
				t.Errorf("subscription %d: generation %d, %v", i, e.Gen, e.State)
			}
		}
	}
	story, events, err := book.Story(t.Context(), subs[0])
	if err != nil || len(story) != 2 || story[0].State != ledger.Completed || len(events) != 1 {
		t.Errorf("story %v, events %v, error %v", story, events, err)
	}
	e := Entry(0)
	e.Gen = 2
	if got, granted, err := run.Intend(t.Context(), e); err != nil || !granted || got.Sends != 1 {
		t.Errorf("the new generation: %+v, granted %v, error %v", got, granted, err)
	}
	totals, err := book.Totals(t.Context())
	want := map[ledger.State]int{ledger.Intended: 2, ledger.NotSent: 2, ledger.Refused: 1, ledger.Doubt: 1, ledger.Accepted: 1}
	if diff := cmp.Diff(want, totals); err != nil || diff != "" {
		t.Errorf("totals, error %v (-want +got):\n%s", err, diff)
	}
}

func (k Kind) adoptedGenerations(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	second, first := Completed(Entry(1)), Completed(Entry(1))
	second.Gen, second.OrderID = 2, ID("order", 2)
	if err := run.Record(t.Context(), "", second, first); err != nil {
		t.Fatal(err)
	}
	if got := Get(t, book, second.Sub); got.Gen != 2 {
		t.Errorf("the latest generation is %d", got.Gen)
	}
	if totals, err := book.Totals(t.Context()); err != nil || totals[ledger.Completed] != 1 {
		t.Errorf("totals %v, error %v", totals, err)
	}
	found, err := book.FindAll(t.Context(), []string{first.Sub, ID("sub", 3)})
	if all := found[first.Sub]; err != nil || len(found) != 1 || len(all) != 2 || all[0].OrderID != first.OrderID || all[1].OrderID != second.OrderID {
		t.Errorf("all generations: %v, error %v", found, err)
	}
}

// A send that a dead run left without an end is in doubt from
// when it is found, however long an earlier send of the entry has been.
func (k Kind) takeResent(t *testing.T) {
	_, book := k.open(t, "")
	dead := begin(t, book)
	e := Put(t, dead, 1, ledger.Doubt)
	e.State = ledger.NotSent // absence proved, and sent again
	if _, granted, err := dead.Intend(t.Context(), e); err != nil || !granted {
		t.Fatalf("granted %v, error %v", granted, err)
	}
	if err := dead.End(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	later := noon.Add(time.Hour)
	next := begin(t, book)
	mustDo(t, next.TakeOver(t.Context(), later))
	if got := Get(t, book, e.Sub); got.Run != next.ID() || !got.DoubtSince.Equal(later) {
		t.Errorf("took %+v, want a doubt since %s", got, later)
	}
}
