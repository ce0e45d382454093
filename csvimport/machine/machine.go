// Package machine is the computer this runs on: its clocks, its start and its
// name.
//
// A machine has two clocks, and neither is enough by itself. Wall time can be
// compared with other machines and with the time before a restart, and may be
// wrong or set anew at any moment. Elapsed time is never set, and means
// nothing to anybody else.
//
// How long to wait stays the business of package time, whose timers rest while
// the machine sleeps.
package machine

import (
	"os"
	"time"
)

// Machine is one computer, as a program on it sees it. It is safe for
// concurrent use.
type Machine interface {
	// Now is wall time, as the machine's clock is set. It has no monotonic
	// reading: the difference of two such times is that of the clock, with
	// all its jumps and with time asleep.
	Now() time.Time
	// Elapsed is the time since some fixed moment of this run of the machine,
	// counting time asleep. It never goes back, and is comparable within one
	// process only.
	Elapsed() time.Duration
	// Boot tells one start of the machine from another. It is the same for
	// all processes, and empty where it cannot be told.
	Boot() string
	// Host is the machine's name, empty if it has none.
	Host() string
}

// Local is the machine this process runs on.
//
//	          Elapsed                   Boot
//	Linux     CLOCK_BOOTTIME            the kernel's boot_id
//	macOS     CLOCK_MONOTONIC_RAW       kern.bootsessionuuid
//	Windows   QueryInterruptTime        cannot be told
//	others    without time asleep       cannot be told
func Local() Machine { return local{} }

type local struct{}

func (local) Now() time.Time { return time.Now().Round(0) }

func (local) Host() string {
	name, _ := os.Hostname()
	return name
}

var start = time.Now()

// awake is the time since this process began, without time asleep.
func awake() time.Duration { return time.Since(start) }
