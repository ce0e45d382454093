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
