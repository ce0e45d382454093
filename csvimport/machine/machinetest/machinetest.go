// Package machinetest has machines whose clocks are told what to show, several of
// them in one process.
package machinetest

import (
	"fmt"
	"sync"
	"time"

	"bulkimport/csvimport/machine"
)

// Machine is a computer that sleeps, is set and starts again when it is told to.
// Left alone its clocks go with package time's, which in a bubble of
// testing/synctest is the bubble's. It is safe for concurrent use.
type Machine struct {
	host string

	mu    sync.Mutex
	start time.Time     // of elapsed time
	slept time.Duration // in all
	set   time.Duration // the wall clock less the true time
	dozed time.Duration // of the slept time, what timers ran through
	dozes time.Time     // when it fell asleep so, zero while it is awake
	boots int
}

var _ machine.Machine = (*Machine)(nil)

// New returns a machine that has just started.
func New(host string) *Machine { return &Machine{host: host, start: time.Now(), boots: 1} }

// Now is the wall time.
func (m *Machine) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.slept + m.set)
}

// Elapsed is the time since the machine last started, the time asleep included.
func (m *Machine) Elapsed() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.start) + m.slept
}

// Awake is the time since the machine last started, the time asleep left out.
func (m *Machine) Awake() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	awake := time.Since(m.start) - m.dozed
	if !m.dozes.IsZero() {
		awake -= time.Since(m.dozes)
	}
	return awake
}

// Doze lets the machine sleep until Wake, while package time goes on.
func (m *Machine) Doze() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dozes = time.Now()
}

// Wake ends what Doze began.
func (m *Machine) Wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dozed += time.Since(m.dozes)
	m.dozes = time.Time{}
}

// Boot tells one start from another.
func (m *Machine) Boot() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("%s-%d", m.host, m.boots)
}

// ID is the machine's name too.
func (m *Machine) ID() string { return m.host }

// Host is the machine's name.
func (m *Machine) Host() string { return m.host }

// Sleep lets wall and elapsed time go on by d while no timer runs: as after the lid
// was closed. It does not wait.
func (m *Machine) Sleep(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slept += d
}

// Set puts the wall clock forward by d, or back. Elapsed time is not changed.
func (m *Machine) Set(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set += d
}

// Reboot starts the machine again.
func (m *Machine) Reboot() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boots++
	m.set += m.slept // the time asleep has passed for the wall clock
	m.start, m.slept, m.dozed = time.Now(), 0, 0
}
