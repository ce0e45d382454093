package engine_test

import (
	"errors"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/notice"
)

// TestDoubledAtTheEnd: a second order of a row that shows after the last row has ended is
// told at the end of the run.
func TestDoubledAtTheEnd(t *testing.T) {
	for _, tc := range []struct {
		name    string
		late    time.Duration // until the second one shows
		doubles int
	}{
		{"it does not show", time.Hour, 0},
		{"it shows", 3 * time.Second, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				rows := f.platform.table(3, 3)
				f.with(func(book *sqlite.Book, r ledger.Begun) {
					ended := 0
					out, err := engine.Import(t.Context(), engine.Job{Rows: stream(rows), Orders: f.platform.orders(), Book: book, Run: r,
						Options: engine.Options{Loopback: true},
						Ended: func(csvimport.Result) {
							if ended++; ended == 2 {
								sub := f.platform.sub(0)
								f.platform.addOrder(apstest.StoredOrder{SubID: sub, Reference: csvimport.Reference(sub, 1), HasReference: true, Shows: time.Now().Add(tc.late)})
							}
						},
						Alone: func() { time.Sleep(10 * time.Second) }, // the rows are at their end
					})
					if err != nil {
						t.Fatal(err)
					}
					stop, stopped := errors.AsType[*notice.StopError](out.Stopped)
					if len(out.Doubles) != tc.doubles || stopped != (tc.doubles > 0) || stopped && stop.Code != notice.StopDoubles {
						t.Errorf("%d doubles, want %d; stopped: %v", len(out.Doubles), tc.doubles, out.Stopped)
					}
				})
			})
		})
	}
}
