package machinetest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport/machine/machinetest"
)

func TestMachine(t *testing.T) {
	tests := []struct {
		name          string
		do            func(*machinetest.Machine)
		wall, elapsed time.Duration // that have passed
		rebooted      bool
	}{
		{"left alone", func(*machinetest.Machine) { time.Sleep(time.Minute) }, time.Minute, time.Minute, false},
		{"asleep", func(m *machinetest.Machine) { m.Sleep(time.Hour); time.Sleep(time.Second) }, time.Hour + time.Second, time.Hour + time.Second, false},
		{"the clock is set", func(m *machinetest.Machine) { m.Set(-time.Hour); time.Sleep(time.Second) }, time.Second - time.Hour, time.Second, false},
		{"started again", func(m *machinetest.Machine) {
			time.Sleep(time.Minute)
			m.Sleep(time.Hour)
			m.Reboot()
			time.Sleep(time.Second)
		}, time.Hour + time.Minute + time.Second, time.Second, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, other := machinetest.New("one"), machinetest.New("two")
				wall, boot, before := m.Now(), m.Boot(), time.Now()
				tt.do(m)
				if got := m.Now().Sub(wall); got != tt.wall {
					t.Errorf("the wall clock went by %v, want %v", got, tt.wall)
				}
				if got := m.Elapsed(); got != tt.elapsed {
					t.Errorf("%v elapsed, want %v", got, tt.elapsed)
				}
				if got := m.Boot() != boot; got != tt.rebooted {
					t.Errorf("rebooted: %t, want %t", got, tt.rebooted)
				}
				if passed := time.Since(before); other.Elapsed() != passed || other.Boot() == m.Boot() {
					t.Errorf("the other machine: %v elapsed of %v", other.Elapsed(), passed)
				}
			})
		})
	}
}
