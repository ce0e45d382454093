package engine_test

import (
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// TestDeniedLongBefore: rows that were denied are looked for once more when their turn to
// be sent again comes late, and many of them by one look.
func TestDeniedLongBefore(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		const rows, denied = 200, 40
		for n := range denied {
			f.platform.nth[2+n] = "503-wait"
		}
		began := time.Now()
		f.must(t, f.platform.table(rows, rows), engine.Options{Rate: 2}, count{csvimport.Completed: rows})
		looks := 0
		for _, r := range f.platform.Requests() {
			if strings.Contains(r.Query, "in(poNumber,") && r.Time.Sub(began) > 150*time.Second { // all others have been sent
				looks++
			}
		}
		if looks == 0 || looks > denied/2 {
			t.Errorf("%d looks for the %d rows that were denied, want some, each for several rows", looks, denied)
		}
	})
}
