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
	m.start, m.slept = time.Now(), 0
}
