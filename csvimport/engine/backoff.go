package engine

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"bulkimport/apsclient"
)

type chance func() float64 // draws from 0 to below 1; nil is math/rand

// backoff is full jitter below an exponential ceiling, and above a tenth of it.
func (c chance) backoff(attempt int, base, most time.Duration) time.Duration {
	ceiling := most
	if attempt < 20 {
		ceiling = min(most, base<<max(attempt-1, 0))
	}
	if c == nil {
		c = rand.Float64
	}
	return ceiling/10 + time.Duration(c()*float64(ceiling-ceiling/10+1))
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

func earliest(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }
