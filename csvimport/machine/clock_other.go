//go:build !linux && !darwin && !windows

package machine

import "time"

func elapsed() time.Duration { return sinceStart() }

func awake() time.Duration { return sinceStart() }

func boot() string { return "" }

func id() string { return "" }
