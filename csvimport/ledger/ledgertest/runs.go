package ledgertest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
)

// runs: whose runs there were is told as it was told.
func runs(k Kind, t *testing.T) {
	_, book := k.open(t, "")
	b, ok := book.(interface {
		Runs(ctx context.Context, limit int) ([]ledger.RunInfo, error)
	})
	if !ok {
		t.Skip("this kind of ledger lists no runs")
	}
	want := ledger.RunInfo{File: "accounts.csv", FileHash: "abc", Rows: 10, Started: noon, Host: "desk", Operator: "kim\x00\xff", PID: 7, Version: "test", Said: "kim: yes"}
	run, err := book.Begin(t.Context(), want)
	mustDo(t, err)
	want.ID, want.Outcome = run.ID(), "done"
	mustDo(t, run.End(t.Context(), "done"))
	got, err := b.Runs(t.Context(), 0)
	mustDo(t, err)
	if len(got) != 1 || got[0].Ended.IsZero() {
		t.Fatalf("runs: %+v", got)
	}
	got[0].Ended = time.Time{}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// ended: a run that goes on is not taken to have ended, and one that has said so is, by
// others too.
func ended(k Kind, t *testing.T) {
	where, book := k.open(t, "")
	_, other := k.open(t, where)
	run, asks := begin(t, book), begin(t, other)
	if asks.Ended(run.ID()) || run.Ended(run.ID()) {
		t.Error("a run that goes on is taken to have ended")
	}
	mustDo(t, run.End(t.Context(), "done"))
	_, third := k.open(t, where)
	if !begin(t, third).Ended(run.ID()) {
		t.Error("a run that has said that it ended is taken to go on")
	}
}
