package engine

import (
	"time"
)

// outage is a platform that does not answer: systemic failures in a row pause
// the run, one probe at a time goes out until it recovers.
type outage struct {
	failures int
	since    time.Time
	limited  bool // refused for the rate alone since
	paused   bool
	half     bool // the probe was answered: one order may try
	probing  bool
	probes   int
	probeAt  time.Time
}

func (o *outage) over() { *o = outage{probing: o.probing} }

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
		o.probes++
		o.probeAt = now.Add(max(wait, backoff(o.probes, time.Second, 5*time.Second)))
	}
	o.paused, o.half = true, false
}

// slowed takes a 429: no outage, unless it is all there is for too long.
func (o *outage) slowed(now time.Time) {
	if o.since.IsZero() {
		o.since = now
	}
	o.limited = true
}

func (im *importer) probeOutage(now time.Time, wake *alarm) {
	o := &im.outage
	blocked := o.paused || o.limited || now.Before(im.pressure.until)
	if !blocked || o.since.IsZero() || o.probing || o.half {
		return
	}
	wake.at(o.since.Add(im.opt.Patience))
	if now.Sub(o.since) >= im.opt.Patience && im.waiting > 0 {
		im.stop(draining, &StopError{Code: StopOutage, Waited: im.opt.Patience})
		return
	}
	if !o.paused {
		return
	}
	if now.Before(o.probeAt) {
		wake.at(o.probeAt)
		return
	}
	o.probing = true
	im.background(func() func() {
		err := im.job.Orders.Ping(im.readCtx)
		return func() {
			o.probing = false
			if !o.paused {
				return
			}
			if err != nil {
				if im.fatal(err) {
					return
				}
				o.probes++
				o.probeAt = time.Now().Add(max(retryAfter(err), backoff(o.probes, time.Second, 5*time.Second)))
				return
			}
			o.half = true
			im.pressure.single()
		}
	})
}
