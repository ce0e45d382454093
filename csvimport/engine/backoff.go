package engine

import (
	"errors"
	"math/rand/v2"
	"time"

	"bulkimport/apsclient"
)

// backoff is full jitter over an exponential ceiling, with a tenth of it as
// the floor.
func backoff(attempt int, base, most time.Duration) time.Duration {
	ceiling := most
	if attempt < 20 {
		ceiling = min(most, base<<max(attempt-1, 0))
	}
	return ceiling/10 + rand.N(ceiling-ceiling/10+1)
}

// retryAfter is the pause the platform asked for, 0 if none.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*apsclient.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// alarm is the earliest of the times it is told.
type alarm time.Time

func (a *alarm) at(t time.Time) {
	if !t.IsZero() && (time.Time(*a).IsZero() || t.Before(time.Time(*a))) {
		*a = alarm(t)
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
