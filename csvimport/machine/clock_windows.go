package machine

import (
	"time"

	"golang.org/x/sys/windows"
)

// elapsed is GetTickCount64, which counts sleep and hibernation
// (learn.microsoft.com, GetTickCount64).
func elapsed() time.Duration { return windows.DurationSinceBoot() }

// boot is empty: no number that tells one start from another stays the same when
// the clock is set.
func boot() string { return "" }
