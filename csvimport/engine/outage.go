package engine

import (
	"errors"
	"time"

	"bulkimport/apsclient"
)

// outageAfter is how many systemic failures in a row are an outage.
const outageAfter = 5

// outage is a platform that does not answer: systemic failures in a row pause
// the run, one probe at a time goes out until it recovers. Everything it knows it
// is told.
type outage struct {
	chance
	failures int
	since    time.Time
	limited  bool // refused for the rate alone since
	paused   bool
	half     bool // the probe was answered: one order may try
	probing  bool
	probes   int
	probeAt  time.Time
}

func (o *outage) over() { *o = outage{chance: o.chance, probing: o.probing} }

// failed takes one systemic failure.
func (o *outage) failed(now time.Time, wait time.Duration) {
	if o.since.IsZero() {
		o.since = now
	}
	o.failures++
	if o.failures < outageAfter && !o.half {
		return
	}
	if !o.paused || o.half {
		o.delay(now, wait)
	}
	o.paused, o.half = true, false
}

// delay puts the next probe off, by wait at least.
func (o *outage) delay(now time.Time, wait time.Duration) {
	o.probes++
	o.probeAt = now.Add(max(wait, o.backoff(o.probes, time.Second, 5*time.Second)))
}

// slowed takes a 429: no outage, unless it is all there is for too long.
func (o *outage) slowed(now time.Time) {
	if o.since.IsZero() {
		o.since = now
	}
	o.limited = true
}

// admits reports whether an order may be placed while so many are on their way.
func (o *outage) admits(working int) bool {
	return !o.paused || o.half && working == 0
}

// blocked reports whether orders are held back, by an outage or, where held is
// true, by a pause the platform asked for; and no order is on its way to try.
func (o *outage) blocked(held bool) bool {
	return (o.paused || o.limited || held) && !o.since.IsZero() && !o.probing && !o.half
}

// tooLong reports whether the platform has not answered for as long as the
// patience lasts; if not it says when it will be.
func (o *outage) tooLong(now time.Time, patience time.Duration, wake *alarm) bool {
	if end := o.since.Add(patience); now.Before(end) {
		wake.at(end)
		return false
	}
	return true
}

// probe reports whether a probe is to go out now, and counts it as under way.
func (o *outage) probe(now time.Time, wake *alarm) bool {
	switch {
	case !o.paused:
		return false
	case now.Before(o.probeAt):
		wake.at(o.probeAt)
		return false
	}
	o.probing = true
	return true
}

// probed takes the end of a probe. It reports whether one order may try now.
func (o *outage) probed(now time.Time, answered bool, wait time.Duration) bool {
	o.probing = false
	switch {
	case !o.paused: // it is over meanwhile
	case answered:
		o.half = true
	default:
		o.delay(now, wait)
	}
	return o.half
}

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
	if e, ok := errors.AsType[*apsclient.Error](err); !ok || e.Status == 0 {
		r.answered = false
	}
}

func (r *readFailures) over() { *r = readFailures{} }

// tooLong: an outage is sat out for the patience; a platform that answers, but
// not to this, is given up sooner, after the settle time.
func (r *readFailures) tooLong(now time.Time, patience, settle time.Duration) bool {
	if r.since.IsZero() {
		return false
	}
	limit := patience
	if r.answered {
		limit = min(limit, max(settle, time.Minute))
	}
	return now.Sub(r.since) >= limit
}
