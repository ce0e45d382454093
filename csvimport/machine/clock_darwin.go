package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// elapsed is CLOCK_MONOTONIC, which on this system goes on in sleep
// (clock_gettime(3)).
func elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return sinceStart()
	}
	return time.Duration(t.Nano())
}

func boot() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}
