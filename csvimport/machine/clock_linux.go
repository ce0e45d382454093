package machine

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// elapsed is CLOCK_BOOTTIME: Go's own monotonic clock stands still in sleep
// (clock_gettime(2)).
func elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return sinceStart()
	}
	return time.Duration(t.Nano())
}

func awake() time.Duration { return sinceStart() }

func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// id is made when the system is installed (machine-id(5)).
func id() string {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if id, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(id))) > 0 {
			return strings.TrimSpace(string(id))
		}
	}
	return ""
}
