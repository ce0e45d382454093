package machine

import "time"

var start = time.Now()

// sinceStart is the time since this program began, where the system has no clock
// that counts sleep or does not let us read it.
func sinceStart() time.Duration { return time.Since(start) }
