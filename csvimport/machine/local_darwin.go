package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// Elapsed reads mach_continuous_time, which is what CLOCK_MONOTONIC_RAW is
// here. CLOCK_MONOTONIC counts time asleep too, but moves when the wall clock
// is set.
func (local) Elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &t) != nil {
		return awake()
	}
	return time.Duration(t.Nano())
}

// Boot is an id made at each start. The time of the start, kern.boottime, is
// no id: it moves when the wall clock is set.
func (local) Boot() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}
