package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/csvimport/ledger"
)

func (k Kind) find(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	const n = 1000
	Fill(t, run, n)
	for _, count := range []int{0, 1, 2, 16, 17, 255, 256, 257, 600, n} {
		var subs []string
		want := make(map[string]ledger.Entry)
		for i := range count {
			e := Completed(Entry(i))
			e.Sends, e.Run = 1, run.ID()
			want[e.Sub] = e
			subs = append(subs, e.Sub, ID("unknown", i))
		}
		got, err := book.Find(t.Context(), subs)
		mustDo(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d subscriptions (-want +got):\n%s", count, diff)
		}
		all, err := book.FindAll(t.Context(), subs)
		mustDo(t, err)
		if len(all) != count {
			t.Errorf("all generations of %d subscriptions: found %d", count, len(all))
		}
		for sub, some := range all {
			if diff := cmp.Diff([]ledger.Entry{want[sub]}, some); diff != "" {
				t.Errorf("all generations of %s (-want +got):\n%s", sub, diff)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := book.Find(ctx, []string{ID("sub", 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever an entry holds comes back as it was, whoever reads it.
func (k Kind) entryRoundTrip(t *testing.T) {
	where, book := k.open(t, "")
	run := begin(t, book)
	_, other := k.open(t, where)
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "'); DROP TABLE entry; --", "=1+1", "a\x00b", "\xff\xfe", "名前\n株式会社", ID("some", 1), "F6F1D2A0-2C4B-4D5E-9A3B-000000000001",
			"f6f1d2a0-2c4b-4d5e-9a3b-00000000000", "f6f1d2a0+2c4b-4d5e-9a3b-000000000001", "2026-12-01T00:00:00.000Z", "0001000042", "1e5"}),
		rapid.String(),
	)
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "no time") {
			return time.Time{}
		}
		return time.UnixMilli(rapid.Int64Range(1, 4e12).Draw(t, "ms")).UTC()
	})
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		e := ledger.Entry{
			Sub: rapid.OneOf(rapid.Just(ID("round", n)), rapid.StringN(1, 20, -1)).Draw(rt, "sub"),
			Gen: rapid.IntRange(1, 3).Draw(rt, "gen"), State: rapid.SampledFrom(ledger.States()[1:]).Draw(rt, "state"),
			Tenant: text.Draw(rt, "tenant"), AccountID: text.Draw(rt, "account"), AccountNo: text.Draw(rt, "number"), AccountName: text.Draw(rt, "name"),
			PlanID: text.Draw(rt, "plan"), PlanName: text.Draw(rt, "plan name"), CutOff: text.Draw(rt, "cut-off"),
			OrderID: text.Draw(rt, "order"), OrderNumber: text.Draw(rt, "order number"), OrderStatus: text.Draw(rt, "status"),
			Origin: ledger.Origin(rapid.IntRange(0, 2).Draw(rt, "origin")), HTTPStatus: rapid.IntRange(0, 599).Draw(rt, "http"), Code: text.Draw(rt, "code"), Message: text.Draw(rt, "message"),
			Sends: rapid.IntRange(0, 9).Draw(rt, "sends"), Doubted: rapid.Bool().Draw(rt, "doubted"),
			DoubtSince: moment.Draw(rt, "doubt"), DoubtHere: moment.Draw(rt, "doubt here"), SubmittedAt: moment.Draw(rt, "submitted"), FinishedAt: moment.Draw(rt, "finished"),
			SentBy: rapid.Int64Range(0, 9).Draw(rt, "sent by"), ShownAt: moment.Draw(rt, "shown"),
			Imported: ledger.Imported(rapid.IntRange(0, 4).Draw(rt, "imported")), CommerceSub: text.Draw(rt, "commerce"),
		}
		e.Sub = fmt.Sprint(n, e.Sub) // each once
		if err := run.Record(t.Context(), "a note", e); err != nil {
			rt.Fatal(err)
		}
		e.Run = run.ID()
		for _, b := range []Book{book, other} {
			found, err := b.Find(t.Context(), []string{e.Sub})
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(e, found[e.Sub]); diff != "" {
				rt.Fatalf("(-want +got):\n%s", diff)
			}
		}
	})
}

func (k Kind) entries(t *testing.T) {
	_, book := k.open(t, "")
	run, dead := begin(t, book), begin(t, book)
	states := ledger.States()
	want := make(map[ledger.State]int)
	for i := range 100 * len(states) {
		s := states[i%len(states)]
		Put(t, dead, i, s)
		want[s]++
	}
	count := func(seq func(func(ledger.Entry, error) bool)) map[ledger.State]int {
		got := make(map[ledger.State]int)
		last := -1
		for e, err := range seq {
			mustDo(t, err)
			got[e.State]++
			var i int
			fmt.Sscanf(e.AccountNo, "%d", &i)
			if i <= last {
				t.Errorf("row %d after %d", i, last)
			}
			last = i
		}
		return got
	}
	if diff := cmp.Diff(want, count(book.Entries(t.Context()))); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[ledger.State]int{ledger.Failed: 100, ledger.Refused: 100}, count(book.Entries(t.Context(), ledger.Failed, ledger.Refused))); diff != "" {
		t.Errorf("two states (-want +got):\n%s", diff)
	}
	four := map[ledger.State]int{ledger.Intended: 100, ledger.Doubt: 100, ledger.Denied: 100, ledger.Accepted: 100}
	if diff := cmp.Diff(four, count(book.Entries(t.Context(), unsettled...))); diff != "" {
		t.Errorf("unsettled (-want +got):\n%s", diff)
	}
	totals, err := book.Totals(t.Context())
	if diff := cmp.Diff(want, totals); err != nil || diff != "" {
		t.Errorf("totals, error %v (-want +got):\n%s", err, diff)
	}

	// Settling them while they come: each comes once.
	mustDo(t, dead.End(t.Context(), "done"))
	seen := make(map[string]bool)
	for e, err := range book.Entries(t.Context(), unsettled...) {
		mustDo(t, err)
		if seen[e.Sub] {
			t.Fatalf("%s comes twice", e.Sub)
		}
		seen[e.Sub] = true
		e.State = ledger.Completed
		mustDo(t, run.Record(t.Context(), "", e))
	}
	if len(seen) != 400 {
		t.Errorf("%d came, want 400", len(seen))
	}
	for range book.Entries(t.Context(), unsettled...) {
		t.Fatal("one is unsettled still")
	}
	for range book.Entries(t.Context()) {
		break // an iteration may be left
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := 0
	for _, err := range book.Entries(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		errs++
	}
	if errs != 1 {
		t.Errorf("a cancelled iteration said %d things", errs)
	}
}

// The order of intents stays, in whatever order they are settled.
func (k Kind) orderOfIntents(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	var intents []ledger.Entry
	for i := range 6 {
		intents = append(intents, Put(t, run, i, ledger.Intended))
	}
	for _, i := range []int{4, 1, 0, 5, 2} {
		mustDo(t, run.Record(t.Context(), "", Accepted(intents[i])))
	}
	var got []string
	for e, err := range book.Entries(t.Context(), unsettled...) {
		mustDo(t, err)
		got = append(got, e.AccountNo)
	}
	want := []string{"1000000", "1000001", "1000002", "1000003", "1000004", "1000005"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (k Kind) story(t *testing.T) {
	_, book := k.open(t, "")
	run := begin(t, book)
	e := Put(t, run, 1, ledger.Refused)
	e, granted, err := run.Intend(t.Context(), e)
	if err != nil || !granted {
		t.Fatal(granted, err)
	}
	e = Completed(e)
	mustDo(t, run.Record(t.Context(), "found on the platform", e))
	mustDo(t, run.Reopen(t.Context(), []string{e.Sub}))
	entries, events, err := book.Story(t.Context(), e.Sub)
	mustDo(t, err)
	if len(entries) != 2 || entries[0].Gen != 1 || entries[1].Gen != 2 {
		t.Errorf("entries %+v", entries)
	}
	var notes []string
	for _, ev := range events {
		if ev.Time.IsZero() || ev.Run != run.ID() {
			t.Errorf("event %+v", ev)
		}
		notes = append(notes, fmt.Sprint(ev.Gen, " ", ev.Note))
	}
	want := []string{"1 send 1 was refused, HTTP 400, APS::Hosting::Plan::NotForSale, the plan is not for sale", "1 found on the platform", "2 opened again, after completed"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if entries, events, err := book.Story(t.Context(), ID("unknown", 1)); err != nil || len(entries)+len(events) != 0 {
		t.Errorf("an unknown one: %v %v %v", entries, events, err)
	}
}

func (k Kind) export(t *testing.T) {
	_, b := k.open(t, "")
	book, ok := b.(Exports)
	if !ok {
		t.Skip("this kind of ledger does not remember exports")
	}
	const n = 2500
	rows := make([]ledger.Exported, n)
	var subs []string
	for i := range rows {
		rows[i] = ledger.Exported{Sub: ID("sub", i), Tenant: "t.onmicrosoft.com", PlanID: ID("plan", i%3), Company: "=Contoso", Email: "a@b.example", AccountID: "0001000042", CutOff: "", At: noon}
		subs = append(subs, rows[i].Sub)
	}
	rows[1].Sub, subs[1] = "no GUID", "no GUID"
	mustDo(t, book.SaveExport(t.Context(), rows))
	rows[7].AccountID, rows[7].PlanID, rows[7].At = "1000043", "", noon.Add(time.Hour)
	mustDo(t, book.SaveExport(t.Context(), rows[7:8]))

	got, err := book.Exported(t.Context(), append(subs, ID("unknown", 1)))
	mustDo(t, err)
	want := make(map[string]ledger.Exported)
	for _, r := range rows {
		want[r.Sub] = r
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if count, err := book.ExportCount(t.Context()); err != nil || count != n {
		t.Errorf("count %d, error %v", count, err)
	}
	seen := make(map[string]bool)
	for sub, err := range book.ExportedSubs(t.Context()) {
		mustDo(t, err)
		seen[sub] = true
	}
	for _, sub := range subs {
		delete(want, sub)
		if !seen[sub] {
			t.Fatalf("%s does not come", sub)
		}
	}
	if len(seen) != n || len(want) != 0 {
		t.Errorf("%d came", len(seen))
	}
}

func (k Kind) references(t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	for _, want := range []ledger.Kept{ledger.KeptUnknown, ledger.KeptYes, ledger.KeptNo} {
		if want != ledger.KeptUnknown {
			_, err := book.Amend(t.Context(), func(e *ledger.Evidence) { e.References = want })
			mustDo(t, err)
		}
		if seen, err := other.Evidence(t.Context()); err != nil || seen.References != want {
			t.Errorf("references %v, error %v, want %v", seen.References, err, want)
		}
	}
}
