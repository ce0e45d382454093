package engine

import (
	"math/rand/v2"
	"time"
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
