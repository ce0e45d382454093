package machine

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func (local) Elapsed() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return awake() // a sandbox that does not know this clock
	}
	return time.Duration(t.Nano())
}

func (local) Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
