package worksheet_test

import (
	"path/filepath"
	"testing"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/worksheet"
)

// TestSentAgain shows that a row of which none was said may be sent again by a later
// run, also where the platform had accepted an order that nothing ever showed.
func TestSentAgain(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*ledger.Entry)
	}{
		{"in doubt", func(*ledger.Entry) {}},
		{"accepted, and never shown", func(e *ledger.Entry) {
			e.State, e.OrderID, e.OrderNumber, e.Code = ledger.Accepted, "id", "SO1", csvimport.CodeNotShown
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := t.Context()
			l, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "ledger.db"), sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			b, err := l.Platform(ctx, "platform", "https://example.com")
			if err != nil {
				t.Fatal(err)
			}
			run, err := b.Begin(ctx, ledger.RunInfo{File: "accounts.csv"})
			if err != nil {
				t.Fatal(err)
			}
			e := entry(25*time.Hour, tc.change)
			if _, granted, err := run.Intend(ctx, e); !granted || err != nil {
				t.Fatal(granted, err)
			}
			if err := run.Record(ctx, "", e); err != nil {
				t.Fatal(err)
			}
			proof := worksheet.Proof{Orders: platform{}, Book: b, Settle: 24 * time.Hour, When: time.Time.String}
			proved, err := proof.Prove(ctx, []worksheet.Answer{{Sub: subA, Kind: worksheet.None, Note: "looked twice"}})
			if err != nil || !proved[0].Holds() {
				t.Fatal(proved, err)
			}
			if _, err := proved[0].Take(ctx, run, "jane", noon); err != nil || !proved[0].Holds() {
				t.Fatal(proved[0].Findings, err)
			}
			if err := run.End(ctx, ""); err != nil {
				t.Fatal(err)
			}
			_, events, err := b.Story(ctx, subA)
			if err != nil || len(events) == 0 || events[len(events)-1].Note != "no order, on the word of jane: looked twice" {
				t.Errorf("story %+v, %v", events, err)
			}
			later, err := b.Begin(ctx, ledger.RunInfo{File: "accounts.csv"})
			if err != nil {
				t.Fatal(err)
			}
			defer later.End(ctx, "")
			if _, granted, err := later.Intend(ctx, ledger.Entry{Sub: subA, Gen: 1}); !granted || err != nil {
				t.Errorf("granted %v, %v", granted, err)
			}
		})
	}
}
