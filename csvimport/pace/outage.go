package pace

import (
	"errors"
	"time"

	"bulkimport/apsclient"
)

// outageAfter is how many systemic failures in a row are an outage.
const outageAfter = 5

// Outage is a platform that does not answer: systemic failures in a row pause
// the run, one probe at a time goes out until it recovers. Everything it knows it
// is told.
type Outage struct {
	Chance
	failures int
	since    time.Time
	limited  bool // refused for the rate alone since
	Paused   bool // orders are held back
	own      bool // and this run has found out why
	told     time.Time
	answered time.Time // when the last clean answer came
	half     bool      // the probe was answered: one order may try
	probing  bool
	probes   int
	probeAt  time.Time
}

// Over takes a clean answer at a time: there is no outage, or none any more.
func (o *Outage) Over(now time.Time) {
	*o = Outage{Chance: o.Chance, probing: o.probing, answered: now}
}

// Failed takes one systemic failure.
func (o *Outage) Failed(now time.Time, wait time.Duration) {
	if o.since.IsZero() {
		o.since = now
	}
	o.failures++
	if o.failures < outageAfter && !o.half {
		return
	}
	if !o.Paused || o.half {
		o.delay(now, wait)
	}
	o.Paused, o.own, o.half = true, true, false
}

// News reports whether other runs are to be told, now or again, that the platform does not
// answer this one.
func (o *Outage) News(now time.Time) bool {
	if !o.Paused || !o.own || now.Before(o.told.Add(tellEvery)) {
		return false
	}
	o.told = now
	return true
}

// fresh is for how long what another run has found counts.
const fresh = 15 * time.Second

// Heard takes that the platform did not answer another run at a time. Where it has
// answered this one since, the other's way there is broken; else a probe goes out before
// the next order.
func (o *Outage) Heard(silent, now time.Time) {
	if o.Paused || !silent.After(o.answered) || now.Sub(silent) >= fresh {
		return
	}
	o.Paused, o.probeAt = true, now
	if o.since.IsZero() {
		o.since = now
	}
}

// Slept leaves out time in which this machine was asleep.
func (o *Outage) Slept(d time.Duration) {
	if !o.since.IsZero() {
		o.since = o.since.Add(d)
	}
}

// delay puts the next probe off, by wait at least.
func (o *Outage) delay(now time.Time, wait time.Duration) {
	o.probes++
	o.probeAt = now.Add(max(wait, o.Backoff(o.probes, time.Second, 5*time.Second)))
}

// Slowed takes a 429: no outage, unless it is all there is for too long.
func (o *Outage) Slowed(now time.Time) {
	if o.since.IsZero() {
		o.since = now
	}
	o.limited = true
}

// Admits reports whether an order may be placed while so many are on their way.
func (o *Outage) Admits(working int) bool {
	return !o.Paused || o.half && working == 0
}

// Blocked reports whether orders are held back, by an outage or, where held is
// true, by a pause the platform asked for; and no order is on its way to try.
func (o *Outage) Blocked(held bool) bool {
	return (o.Paused || o.limited || held) && !o.since.IsZero() && !o.probing && !o.half
}

// TooLong reports whether the platform has not answered for as long as the
// patience lasts; if not it says when it will be.
func (o *Outage) TooLong(now time.Time, patience time.Duration, wake *Alarm) bool {
	if end := o.since.Add(patience); now.Before(end) {
		wake.At(end)
		return false
	}
	return true
}

// Probe reports whether a probe is to go out now, and counts it as under way.
func (o *Outage) Probe(now time.Time, wake *Alarm) bool {
	switch {
	case !o.Paused:
		return false
	case now.Before(o.probeAt):
		wake.At(o.probeAt)
		return false
	}
	o.probing = true
	return true
}

// Probed takes the end of a probe. It reports whether one order may try now.
func (o *Outage) Probed(now time.Time, answered bool, wait time.Duration) bool {
	o.probing = false
	switch {
	case !o.Paused: // it is over meanwhile
	case answered:
		o.half = true
	default:
		o.delay(now, wait)
	}
	return o.half
}

// ReadFailures tells how long reading has failed, apart for a platform that
// answers with errors and one that does not answer at all.
type ReadFailures struct {
	since    time.Time
	answered bool
}

func (r *ReadFailures) Failed(err error, now time.Time) {
	if r.since.IsZero() {
		r.since, r.answered = now, true
	}
	if e, ok := errors.AsType[*apsclient.Error](err); !ok || e.Status == 0 {
		r.answered = false
	}
}

// Slept leaves out time in which this machine was asleep.
func (r *ReadFailures) Slept(d time.Duration) {
	if !r.since.IsZero() {
		r.since = r.since.Add(d)
	}
}

func (r *ReadFailures) Over() { *r = ReadFailures{} }

// TooLong: an outage is sat out for the patience; a platform that answers, but
// not to this, is given up sooner, after the settle time.
func (r *ReadFailures) TooLong(now time.Time, patience, settle time.Duration) bool {
	if r.since.IsZero() {
		return false
	}
	limit := patience
	if r.answered {
		limit = min(limit, max(settle, time.Minute))
	}
	return now.Sub(r.since) >= limit
}
