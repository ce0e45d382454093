package engine

import (
	"time"
)

// readFailures tells how long reading has failed, apart for a platform that
// answers with errors and one that does not answer at all.
type readFailures struct {
	since    time.Time
	answered bool
}

func (r *readFailures) failed(err error, now time.Time) {
	if r.since.IsZero() {
		r.since, r.answered = now, true
	}
	if !hasStatus(err) {
		r.answered = false
	}
}

func (r *readFailures) over() { *r = readFailures{} }

// tooLong: an outage is sat out for the patience; a platform that answers, but
// not to this, is given up sooner.
func (r *readFailures) tooLong(now time.Time, o Options) bool {
	if r.since.IsZero() {
		return false
	}
	limit := o.Patience
	if r.answered {
		limit = min(limit, max(o.Settle, time.Minute))
	}
	return now.Sub(r.since) >= limit
}
