//go:build !linux && !darwin && !windows

package machine

import "time"

func (local) Elapsed() time.Duration { return awake() }

func (local) Boot() string { return "" }
