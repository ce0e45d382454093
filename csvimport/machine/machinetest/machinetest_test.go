package machinetest_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/csvimport/machine/machinetest"

	"github.com/google/go-cmp/cmp"
)

// seen is what a program sees of a machine, its wall clock as what it is ahead
// of the moment at which the machine was started first.
type seen struct {
	Now, Elapsed time.Duration
	Boot, Host   string
}

func TestMachine(t *testing.T) {
	pass := func(d time.Duration) func(*machinetest.Machine) {
		return func(*machinetest.Machine) { time.Sleep(d) }
	}
	sleep := func(d time.Duration) func(*machinetest.Machine) {
		return func(m *machinetest.Machine) { m.Sleep(d) }
	}
	jump := func(d time.Duration) func(*machinetest.Machine) {
		return func(m *machinetest.Machine) { m.Jump(d) }
	}
	reboot := func(d time.Duration) func(*machinetest.Machine) {
		return func(m *machinetest.Machine) { m.Reboot(d) }
	}
	for _, test := range []struct {
		name  string
		steps []func(*machinetest.Machine)
		want  seen
	}{
		{"just started", nil, seen{0, 0, "a, start 1", "a"}},
		{"time passes", []func(*machinetest.Machine){pass(time.Minute)}, seen{time.Minute, time.Minute, "a, start 1", "a"}},
		{"asleep", []func(*machinetest.Machine){pass(time.Minute), sleep(time.Hour), pass(time.Second)},
			seen{time.Hour + 61*time.Second, time.Hour + 61*time.Second, "a, start 1", "a"}},
		{"clock set ahead", []func(*machinetest.Machine){jump(time.Hour), pass(time.Second)}, seen{time.Hour + time.Second, time.Second, "a, start 1", "a"}},
		{"clock set back", []func(*machinetest.Machine){pass(time.Second), jump(-time.Hour)}, seen{time.Second - time.Hour, time.Second, "a, start 1", "a"}},
		{"there and back", []func(*machinetest.Machine){jump(time.Hour), jump(-time.Hour)}, seen{0, 0, "a, start 1", "a"}},
		{"started anew", []func(*machinetest.Machine){pass(time.Minute), sleep(time.Hour), reboot(time.Minute), pass(time.Second)},
			seen{time.Hour + 2*time.Minute + time.Second, time.Second, "a, start 2", "a"}},
		{"started anew twice, clock wrong", []func(*machinetest.Machine){jump(-time.Hour), reboot(0), sleep(time.Minute), reboot(time.Minute)},
			seen{2*time.Minute - time.Hour, 0, "a, start 3", "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := machinetest.New("a")
				first := m.Now()
				for _, step := range test.steps {
					step(m)
				}
				got := seen{m.Now().Sub(first), m.Elapsed(), m.Boot(), m.Host()}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Timers are those of package time: they rest while the machine sleeps.
func TestTimersRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := machinetest.New("a")
		var fired atomic.Bool
		time.AfterFunc(time.Minute, func() { fired.Store(true) })
		m.Sleep(time.Hour)
		m.Jump(time.Hour)
		m.Reboot(time.Hour)
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

// What happens to one machine is nothing to another.
func TestSeveralMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := machinetest.New("a"), machinetest.New("b")
		a.Jump(time.Hour)
		a.Reboot(time.Minute)
		time.Sleep(time.Second)
		if ahead := a.Now().Sub(b.Now()); ahead != time.Hour+time.Minute {
			t.Errorf("a is %v ahead of b", ahead)
		}
		if b.Elapsed() != time.Second || b.Boot() == a.Boot() || b.Boot() != "b, start 1" {
			t.Errorf("b runs for %v since %q", b.Elapsed(), b.Boot())
		}
	})
}

func TestTimeDoesNotRunBack(t *testing.T) {
	m := machinetest.New("a")
	for name, do := range map[string]func(time.Duration){"sleep": m.Sleep, "reboot": m.Reboot} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a negative time was taken")
				}
			}()
			do(-1)
		})
	}
	if m.Boot() != "a, start 1" || m.Elapsed() < 0 {
		t.Errorf("%q for %v, after it took nothing", m.Boot(), m.Elapsed())
	}
}

func TestConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := machinetest.New("a")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 100 {
					m.Sleep(time.Second)
					m.Jump(-time.Second)
					m.Now()
					m.Elapsed()
					m.Boot()
				}
			})
		}
		all.Wait()
		if m.Elapsed() != 800*time.Second {
			t.Errorf("%v after 800 sleeps of a second", m.Elapsed())
		}
	})
}
