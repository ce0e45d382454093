package pace_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/pace"
)

func TestWindow(t *testing.T) {
	for _, tc := range []struct {
		name string
		shut []time.Duration
		now  time.Duration
		ok   bool
		at   time.Duration
	}{
		{"open", nil, second, true, second},
		{"shut", []time.Duration{time.Minute}, second, false, time.Minute},
		{"shut for longer already", []time.Duration{time.Minute, second}, second, false, time.Minute},
		{"open again", []time.Duration{time.Minute}, time.Minute, true, time.Minute},
	} {
		w := pace.Window{Most: 3, Per: time.Minute}
		for _, d := range tc.shut {
			w.Shut(at(d))
		}
		if ok, next := w.Open(at(tc.now)); ok != tc.ok || !next.Equal(at(tc.at)) || w.Admits(at(tc.now)) != ok {
			t.Errorf("%s: %v, %v; want %v, %v", tc.name, ok, next, tc.ok, at(tc.at))
		}
	}
}
