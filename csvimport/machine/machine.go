// Package machine is the computer this runs on: its clocks, its start and its name.
//
// Who asks a Machine, and not package time, can be given several machines in one
// process, each with clocks of its own. Timers stay package time's.
package machine

import (
	"os"
	"time"
)

// Machine tells time and place. It is safe for concurrent use.
type Machine interface {
	// Now is the wall time, which people and other programs may set.
	Now() time.Time
	// Elapsed is the time since some moment, the time asleep included. It never
	// goes back, and nobody can set it.
	Elapsed() time.Duration
	// Boot tells one start of the machine from another; it is empty where that
	// cannot be told.
	Boot() string
	// Host is the machine's name, empty if it has none.
	Host() string
}

// Local returns the machine at hand.
func Local() Machine { return local{} }

type local struct{}

func (local) Now() time.Time         { return time.Now() }
func (local) Elapsed() time.Duration { return elapsed() }
func (local) Boot() string           { return boot() }

func (local) Host() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
