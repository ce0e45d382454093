package pace_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"bulkimport/csvimport/pace"
)

// hurry is a cause that knows how much time is left.
type hurry time.Duration

func (hurry) Error() string          { return "the window was closed" }
func (h hurry) Grace() time.Duration { return time.Duration(h) }

func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cause error
		want  time.Duration
	}{
		{"another cause", errors.New("interrupted"), 30 * time.Second},
		{"less time", hurry(2 * time.Second), 2 * time.Second},
		{"more time", hurry(time.Minute), 30 * time.Second},
		{"as usual", hurry(0), 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(tt.cause)
			below, stop := context.WithTimeout(ctx, time.Hour)
			defer stop()
			if got := pace.Grace(below, 30*time.Second); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
