package machinetest_test

import (
	"sync"
	"sync/atomic"
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

// Timers are package time's: they rest while the machine sleeps, whatever its
// clocks show.
func TestTimersRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := machinetest.New("one")
		var fired atomic.Bool
		time.AfterFunc(time.Minute, func() { fired.Store(true) })
		m.Sleep(time.Hour)
		m.Set(time.Hour)
		m.Reboot()
		synctest.Wait()
		if fired.Load() {
			t.Error("the timer went off while the machine slept")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !fired.Load() {
			t.Error("the timer did not go off a minute later")
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := machinetest.New("one")
		wall := m.Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 100 {
					m.Sleep(time.Second)
					m.Set(-time.Second)
					m.Now()
					m.Elapsed()
					m.Boot()
				}
			})
		}
		all.Wait()
		if m.Elapsed() != 800*time.Second || !m.Now().Equal(wall) {
			t.Errorf("%v elapsed and it is %v, after 800 sleeps of a second, the clock set back after each", m.Elapsed(), m.Now().Sub(wall))
		}
	})
}
