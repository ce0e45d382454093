package pace

import (
	"context"
	"errors"
	"time"
)

// Grace is how long what is begun may finish once ctx has ended: as long as usual, or
// less where the cause of its end knows of less time, by a method Grace of its own that
// returns more than 0.
func Grace(ctx context.Context, usual time.Duration) time.Duration {
	hurried, ok := errors.AsType[interface {
		error
		Grace() time.Duration
	}](context.Cause(ctx))
	if ok && hurried.Grace() > 0 {
		return min(usual, hurried.Grace())
	}
	return usual
}
