package ledgertest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

func runOf(t *testing.T, said []string) (run int64) {
	t.Helper()
	if _, err := fmt.Sscanf(said[0], "run %d", &run); err != nil {
		t.Fatalf("%q: %v", said[0], err)
	}
	return run
}

// dies waits until a run whose process was killed counts as dead.
func (k Kind) dies(t *testing.T, ours ledger.Begun, run int64) {
	t.Helper()
	for deadline := time.Now().Add(k.Lease); ours.Alive(run); time.Sleep(k.Lease / 20) {
		if !time.Now().Before(deadline) {
			t.Fatalf("run %d is dead and taken for alive", run)
		}
	}
}

func (k Kind) claimsOfAnotherProcess(t *testing.T) {
	where, book := k.open(t, "")
	ours := begin(t, book)
	p := Start(t, IntendOnly, where, 0, 20)
	said := p.Await(t, "done")
	run := runOf(t, said)
	sub := ID("sub", 7)

	if !ours.Alive(run) {
		t.Fatal("a living run is taken for dead")
	}
	if _, granted, err := ours.Intend(t.Context(), Entry(7)); err != nil || granted {
		t.Errorf("its row was granted to us: %v, error %v", granted, err)
	}
	if _, ok, err := ours.Take(t.Context(), sub, noon); err != nil || ok {
		t.Errorf("its row was taken: %v, error %v", ok, err)
	}
	mustDo(t, ours.TakeOver(t.Context(), noon))
	for e, err := range book.Entries(t.Context()) {
		mustDo(t, err)
		if e.State != ledger.Intended || e.Run != run {
			t.Errorf("taken from the living: %+v", e)
		}
	}

	p.Kill(t)
	k.dies(t, ours, run)
	if _, granted, err := ours.Intend(t.Context(), Entry(7)); err != nil || granted {
		t.Errorf("what a dead run intended was granted without a look: %v, error %v", granted, err)
	}
	if e, ok, err := ours.Take(t.Context(), sub, noon); err != nil || !ok || e.State != ledger.Doubt || !e.DoubtSince.Equal(noon) {
		t.Errorf("took %+v, %v, error %v", e, ok, err)
	}
	mustDo(t, ours.TakeOver(t.Context(), noon))
	taken := 0
	for e, err := range book.Entries(t.Context(), ledger.Doubt) {
		mustDo(t, err)
		if taken++; e.Run != ours.ID() || !e.Doubted || !e.DoubtSince.Equal(noon) {
			t.Errorf("taken: %+v", e)
		}
	}
	if taken != 20 {
		t.Errorf("took %d of its 20 rows", taken)
	}
	_, events, err := book.Story(t.Context(), sub)
	if err != nil || len(events) != 1 || !strings.Contains(events[0].Note, fmt.Sprint("run ", run)) {
		t.Errorf("story %v, error %v", events, err)
	}
}

// That a killed process is gone is known on its machine, and from there to all. Where only
// its lease has passed, on another machine, it may be asleep.
func goneProcess(k Kind, t *testing.T) {
	where, book := k.open(t, "")
	here, elsewhere := t.TempDir(), t.TempDir()
	on := func(machine string) ledger.Begun {
		_, book := k.open(t, where)
		run, err := book.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv", Marks: machine})
		mustDo(t, err)
		return run
	}
	ours := begin(t, book)
	p := Start(t, IntendOnly, where, 0, 1, here)
	run := runOf(t, p.Await(t, "done"))
	if on(here).Ended(run) || on(elsewhere).Ended(run) {
		t.Error("a process that goes on is taken to be gone")
	}
	p.Kill(t)
	k.dies(t, ours, run)
	if k.Lease > 0 && on(elsewhere).Ended(run) {
		t.Error("a lease that has passed is taken for a process that is gone")
	}
	if !on(here).Ended(run) {
		t.Error("on its machine a process that is gone is not known to be")
	}
	if !on(elsewhere).Ended(run) {
		t.Error("what its machine knows of a process is not told elsewhere")
	}
}

// Processes are killed at any moment, and what they were told to be durable is.
func (k Kind) killAnywhere(t *testing.T) {
	where, l := k.store(t, "")
	book, err := l.Platform(t.Context(), PlatformID, PlatformURL)
	mustDo(t, err)
	ours := begin(t, book)
	rng := rand.New(rand.NewPCG(1, 2))
	durable := make(map[string]ledger.State)
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		p := Start(t, Import, where, round*5000, 5000)
		said := p.Await(t, "run")
		run := runOf(t, said)
		time.Sleep(time.Duration(rng.IntN(120)) * time.Millisecond)
		for _, line := range p.Kill(t) {
			word, sub, _ := strings.Cut(line, " ")
			switch word {
			case "granted":
				durable[sub] = ledger.Intended
			case "accepted":
				durable[sub] = ledger.Accepted
			case "error":
				t.Fatal(line)
			}
		}
		k.dies(t, ours, run)
	}
	for sub, state := range durable {
		got := Get(t, book, sub)
		// More may have become durable than it could say.
		if got.State != state && !(state == ledger.Intended && got.State == ledger.Accepted) {
			t.Errorf("%s was said to be %v, is %v", sub, state, got.State)
		}
	}
	t.Logf("%d rows in %d killed processes", len(durable), rounds)
	if len(durable) == 0 {
		t.Error("nothing was ever written")
	}
	mustDo(t, ours.TakeOver(t.Context(), noon))
	taken := 0
	for e, err := range book.Entries(t.Context(), unsettled...) {
		mustDo(t, err)
		if taken++; e.Run != ours.ID() || e.State == ledger.Intended {
			t.Errorf("not taken over: %+v", e)
		}
	}
	if taken < len(durable) {
		t.Errorf("took %d rows of the dead, at least %d of which are durable", taken, len(durable))
	}
	mustDo(t, l.Check(t.Context()))
}

// Several processes import overlapping rows: each row is granted to one.
func (k Kind) processesShareRows(t *testing.T) {
	where := k.Fresh(t) // made by whoever is first
	const n = 400
	var all []*Process
	for range 3 {
		all = append(all, Start(t, ImportAndEnd, where, 0, n))
	}
	granted := make(map[string]int)
	for _, p := range all {
		mine := 0
		for _, line := range p.Await(t, "done") {
			if sub, ok := strings.CutPrefix(line, "granted "); ok {
				granted[sub]++
				mine++
			}
		}
		t.Logf("one process got %d of %d rows", mine, n)
		mustDo(t, p.Wait())
	}
	if len(granted) != n {
		t.Errorf("%d of %d rows were granted", len(granted), n)
	}
	maps.DeleteFunc(granted, func(_ string, times int) bool { return times == 1 })
	if len(granted) > 0 {
		t.Errorf("granted more than once: %v", granted)
	}
	_, book := k.open(t, where)
	if totals, err := book.Totals(t.Context()); err != nil || totals[ledger.Accepted] != n {
		t.Errorf("totals %v, error %v", totals, err)
	}
}

// Many processes open one ledger at once, which none has made yet, and close it
// again.
func (k Kind) openAtOnce(t *testing.T) {
	where := k.Fresh(t)
	for range 3 {
		var all []*Process
		for range 6 {
			all = append(all, Start(t, OpenAndClose, where))
		}
		for _, p := range all {
			p.Await(t, "opened")
		}
	}
}
