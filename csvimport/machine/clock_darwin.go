package machine

import (
	"encoding/hex"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// elapsed is CLOCK_MONOTONIC_RAW, which on this system is mach_continuous_time
// and goes on in sleep. CLOCK_MONOTONIC does so too, but it is the wall clock
// less the time of the start, and jumps when that clock is set
// (clock_gettime(3)).
func elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &t) != nil {
		return sinceStart()
	}
	return time.Duration(t.Nano())
}

// boot is an id made at each start. The time of the start, kern.boottime, would
// not do: it moves when the clock is set.
func awake() time.Duration { return sinceStart() }

func boot() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

// id is the hardware's, as the registry of devices has it (gethostuuid(2)).
func id() string {
	var id [16]byte
	wait := unix.Timespec{Sec: 1}
	_, _, failed := syscall.Syscall(unix.SYS_GETHOSTUUID, uintptr(unsafe.Pointer(&id)), uintptr(unsafe.Pointer(&wait)), 0)
	if failed != 0 {
		return ""
	}
	return hex.EncodeToString(id[:])
}
