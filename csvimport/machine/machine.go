// Package machine is the computer this runs on: its clocks, its start and its name.
//
// Who asks a Machine, and not package time, can be given several machines in one
// process, each with clocks of its own. Timers stay package time's.
package machine

import (
	"os"
	"time"
)

// Clock tells the time. It is safe for concurrent use.
type Clock interface {
	// Now is the wall time, which people and other programs may set. Two times
	// may carry a monotonic reading too, and their difference is then that of
	// this reading, without time asleep and without what was set in between;
	// Round(0) takes it off.
	Now() time.Time
	// Elapsed is the time since some moment, the time asleep included. It never
	// goes back, and nobody can set it. It is comparable within one process only.
	Elapsed() time.Duration
	// Awake is Elapsed without the time asleep, since some moment of its own.
	Awake() time.Duration
}

// Machine tells time and place. It is safe for concurrent use.
type Machine interface {
	Clock
	// Boot tells one start of the machine from another, and is the same for all
	// processes; it is empty where that cannot be told.
	Boot() string
	// ID tells the machine from others and stays the same when it starts again or
	// is given another name; the name where that cannot be told.
	ID() string
	// Host is the machine's name, empty if it has none.
	Host() string
}

// Local returns the machine at hand. Its elapsed time leaves out time asleep on
// other systems than Linux, macOS and Windows; its start can be told on Linux and
// macOS.
func Local() Machine { return local{} }

type local struct{}

func (local) Now() time.Time         { return time.Now() }
func (local) Elapsed() time.Duration { return elapsed() }
func (local) Awake() time.Duration   { return awake() }
func (local) Boot() string           { return boot() }

func (l local) ID() string {
	if id := id(); id != "" {
		return id
	}
	return l.Host()
}

func (local) Host() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// PackageTime is package time as a machine's: one asleep stands still, and a bubble of
// testing/synctest has its own.
func PackageTime() Clock { return packageTime{time.Now()} }

type packageTime struct{ began time.Time }

func (packageTime) Now() time.Time           { return time.Now() }
func (t packageTime) Elapsed() time.Duration { return time.Since(t.began) }
func (t packageTime) Awake() time.Duration   { return time.Since(t.began) }
