package pace

import (
	"errors"
	"math/rand/v2"
	"time"

	"bulkimport/apsclient"
)

type Chance func() float64 // draws from 0 to below 1; nil is math/rand

// Backoff is full jitter below an exponential ceiling, and above a tenth of it.
func (c Chance) Backoff(attempt int, base, most time.Duration) time.Duration {
	ceiling := most
	if attempt < 20 {
		ceiling = min(most, base<<max(attempt-1, 0))
	}
	if c == nil {
		c = rand.Float64
	}
	return ceiling/10 + time.Duration(c()*float64(ceiling-ceiling/10+1))
}

// RetryAfter is the pause the platform asked for, 0 if none.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*apsclient.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Alarm is the earliest of the times it is told.
type Alarm time.Time

func (a *Alarm) At(t time.Time) {
	if !t.IsZero() && (time.Time(*a).IsZero() || t.Before(time.Time(*a))) {
		*a = Alarm(t)
	}
}

func Earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// PollAfter is the pause before an order of this age is asked for again.
func PollAfter(age time.Duration) time.Duration {
	return min(max(age/3, 500*time.Millisecond), 15*time.Second)
}
