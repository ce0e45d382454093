package engine_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/machine"
)

// TestOvertaken: where the tenants were read long before a run begins they are read
// again, and what somebody has imported meanwhile is not ordered.
func TestOvertaken(t *testing.T) {
	for _, tc := range []struct {
		name      string
		age       time.Duration // of what the rows were resolved by
		elsewhere bool          // imported under another account than the row's
		firstOnly bool
		reads     int
		want      count
	}{
		{"read a moment ago", 2 * time.Minute, false, false, 1, count{csvimport.Completed: 3}},
		{"read long ago", 4 * time.Minute, false, false, 2, count{csvimport.Existing: 2, csvimport.Completed: 1}},
		{"read long ago, and imported under another account", 4 * time.Minute, true, false, 2, count{csvimport.Differs: 2, csvimport.Completed: 1}},
		{"read long ago, and the first order is of another row", 4 * time.Minute, false, true, 2, count{csvimport.Existing: 2, csvimport.Completed: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows, reads, last := f.platform.table(3, 3), 0, 0
				list := func(context.Context) iter.Seq2[csvimport.Binding, error] {
					reads++
					return func(yield func(csvimport.Binding, error) bool) {
						time.Sleep(time.Second) // the rows are read by then
						for i := range rows {
							if i == last {
								continue
							}
							b := csvimport.Binding{Sub: rows[i].SubID, Known: true, Imported: true, AccountID: rows[i].Account.ID}
							if tc.elsewhere {
								b.AccountID = f.platform.other().ID
							}
							if !yield(b, nil) {
								return
							}
						}
					}
				}
				clock := machine.PackageTime()
				resolved := evidence.Moment{Wall: clock.Now(), Elapsed: clock.Elapsed()}
				time.Sleep(tc.age)
				f.with(func(book *sqlite.Book, r ledger.Begun) {
					last = (joined.Offset(book.Ledger(), len(rows)) + len(rows) - 1) % len(rows) // the others are placed before it
					out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r,
						Imported: list, Resolved: resolved, Options: engine.Options{FirstOnly: tc.firstOnly, Loopback: true}})
					if err != nil {
						t.Fatal(err)
					}
					told := make(count)
					for r, err := range out.Results(t.Context()) {
						if err != nil {
							t.Fatal(err)
						}
						told[r.Result.Status]++
					}
					if diff := cmp.Diff(tc.want, told); diff != "" {
						t.Errorf("results (-want +got):\n%s", diff)
					}
					if diff := cmp.Diff(tc.want, count(out.Count)); diff != "" || reads != tc.reads {
						t.Errorf("%d reads of the tenants, want %d; counts (-want +got):\n%s\nstopped: %v", reads, tc.reads, diff, out.Stopped)
					}
				})
			})
		})
	}
}
