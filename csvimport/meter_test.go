package csvimport_test

import (
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/machine/machinetest"

	"github.com/google/go-cmp/cmp"
)

// TestMeter counts rate and time left by the time that the machine was awake.
func TestMeter(t *testing.T) {
	for _, test := range []struct {
		name    string
		happens func(*machinetest.Machine)
		open    time.Duration // of an order accepted at the start
	}{
		{"nothing besides", func(*machinetest.Machine) {}, 10 * time.Second},
		{"the lid is closed", func(m *machinetest.Machine) { m.Sleep(8 * time.Hour) }, 8*time.Hour + 10*time.Second},
		{"the clock is set", func(m *machinetest.Machine) { m.Set(time.Hour) }, time.Hour + 10*time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, meter := machinetest.New("here"), new(csvimport.Meter)
				meter.Total(25)
				meter.Begin(m)
				meter.Show(1, 1, m.Now().UnixMilli())
				time.Sleep(10 * time.Second)
				for range 5 {
					meter.Ended(csvimport.Completed)
				}
				test.happens(m)
				want := csvimport.Progress{Total: 25, Done: 5, InFlight: 1, Open: 1, OldestOpen: test.open, PerSecond: 0.5, ETA: 40 * time.Second}
				if diff := cmp.Diff(want, meter.Snapshot()); diff != "" {
					t.Errorf("progress (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestMeterSpeed goes by the rows that ended lately, and by none that were at their
// end when first looked at.
func TestMeterSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, meter := machinetest.New("here"), new(csvimport.Meter)
		meter.Total(1_000)
		meter.Begin(m)
		for range 300 {
			meter.Found(csvimport.Existing)
		}
		seen := func(after time.Duration, want csvimport.Progress) {
			t.Helper()
			want.Total = 1_000
			if diff := cmp.Diff(want, meter.Snapshot()); diff != "" {
				t.Errorf("progress after %s (-want +got):\n%s", after, diff)
			}
		}
		seen(0, csvimport.Progress{Done: 300})
		time.Sleep(50 * time.Second) // the first order is followed
		meter.Ended(csvimport.Completed)
		seen(50*time.Second, csvimport.Progress{Done: 301, PerSecond: 0.02})
		for range 60 { // then ten a second
			time.Sleep(time.Second)
			for range 10 {
				meter.Ended(csvimport.Completed)
			}
			meter.Snapshot()
		}
		seen(110*time.Second, csvimport.Progress{Done: 901, PerSecond: 10, ETA: 9_900 * time.Millisecond})
		time.Sleep(18 * time.Second) // and then none
		seen(128*time.Second, csvimport.Progress{Done: 901, PerSecond: 1, ETA: 99 * time.Second})
	})
}
