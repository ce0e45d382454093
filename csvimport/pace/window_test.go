package pace_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/pace"
)

func TestWindow(t *testing.T) {
	for _, tc := range []struct {
		name string
		w    pace.Window
		sent []time.Duration
		now  time.Duration
		ok   bool
		at   time.Duration
	}{
		{"no limit", pace.Window{}, []time.Duration{0, 0, 0}, 0, true, 0},
		{"fewer than may be", pace.Window{Most: 3, Per: time.Minute}, []time.Duration{0, 0}, second, true, second},
		{"as many as may be", pace.Window{Most: 3, Per: time.Minute}, []time.Duration{0, second, second}, 2 * second, false, time.Minute},
		{"the first has left it", pace.Window{Most: 3, Per: time.Minute}, []time.Duration{0, second, second}, time.Minute, true, time.Minute},
		{"the fourth counts from the second", pace.Window{Most: 3, Per: time.Minute}, []time.Duration{0, second, second, time.Minute}, time.Minute, false, time.Minute + second},
	} {
		for _, d := range tc.sent {
			tc.w.Sent(at(d))
		}
		if ok, next := tc.w.Open(at(tc.now)); ok != tc.ok || !next.Equal(at(tc.at)) {
			t.Errorf("%s: %v, %v; want %v, %v", tc.name, ok, next, tc.ok, at(tc.at))
		}
	}
}
