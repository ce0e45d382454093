// Package machinetest is a machine whose clocks a test sets, so that several
// machines live in one process.
//
// Time passes on such a machine as it does for package time; in a bubble of
// testing/synctest that is the bubble's time. What a test does to the machine
// comes on top, and moves no timer of package time:
//
//	            Now   Elapsed  Boot
//	Sleep(d)    + d   + d      the same
//	Jump(d)     + d   + 0      the same
//	Reboot(d)   + d   from 0   another
package machinetest

import (
	"fmt"
	"sync"
	"time"

	"bulkimport/csvimport/machine"
)

// Machine is a machine of a test. It is safe for concurrent use.
type Machine struct {
	host string

	mu     sync.Mutex
	ahead  time.Duration // of package time's clock
	asleep time.Duration // since it was started
	began  time.Time     // when it was started, by package time
	starts int
}

var _ machine.Machine = (*Machine)(nil)

// New starts a machine whose clock is right. Machines of one name are taken
// for the same by whoever compares Host and Boot.
func New(host string) *Machine {
	return &Machine{host: host, began: time.Now(), starts: 1}
}

// Now implements machine.Machine.
func (m *Machine) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Round(0).Add(m.ahead)
}

// Elapsed implements machine.Machine: the time since the last start.
func (m *Machine) Elapsed() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.began) + m.asleep
}

// Boot implements machine.Machine.
func (m *Machine) Boot() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("%s, start %d", m.host, m.starts)
}

// Host implements machine.Machine.
func (m *Machine) Host() string { return m.host }

// Sleep puts the machine to sleep for d and wakes it at once: both of its
// clocks are d later, while its timers have rested. It panics if d is negative.
func (m *Machine) Sleep(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	forward("sleep", d)
	m.ahead += d
	m.asleep += d
}

// Jump sets the wall clock d ahead, or back if d is negative.
func (m *Machine) Jump(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ahead += d
}

// Reboot starts the machine anew after it was off for d. It does not end what
// runs on it: that is up to the test. It panics if d is negative.
func (m *Machine) Reboot(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	forward("be off", d)
	m.ahead += d
	m.asleep = 0
	m.began = time.Now()
	m.starts++
}

func forward(what string, d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("machinetest: a machine cannot %s for %v", what, d))
	}
}
