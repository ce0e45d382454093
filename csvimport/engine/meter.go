package engine

import (
	"fmt"
	"sync/atomic"
	"time"

	"bulkimport/csvimport"
)

// Meter is where an import stands, in numbers. The importer writes it, one
// who draws it reads Snapshot. It is safe for concurrent use.
type Meter struct {
	total, done, failed, unknown, inFlight, open atomic.Int64
	started, oldestOpen                          atomic.Int64 // Unix ms, 0 = none
	waiting                                      atomic.Pointer[string]
}

// Snapshot returns the numbers now.
func (p *Meter) Snapshot() csvimport.Progress {
	s := csvimport.Progress{
		Total: int(p.total.Load()), Done: int(p.done.Load()),
		Failed: int(p.failed.Load()), Unknown: int(p.unknown.Load()),
		InFlight: int(p.inFlight.Load()), Open: int(p.open.Load()),
	}
	if at := p.oldestOpen.Load(); at != 0 {
		s.OldestOpen = time.Since(time.UnixMilli(at))
	}
	if at := p.started.Load(); at != 0 && s.Done > 0 {
		if spent := time.Since(time.UnixMilli(at)).Seconds(); spent > 0 {
			s.PerSecond = float64(s.Done) / spent
			s.ETA = time.Duration(float64(s.Total-s.Done) / s.PerSecond * float64(time.Second))
		}
	}
	if w := p.waiting.Load(); w != nil {
		s.Waiting = *w
	}
	return s
}

func (im *importer) showProgress() {
	p := im.job.Progress
	p.inFlight.Store(int64(im.pressure.inFlight))
	p.open.Store(int64(im.open.len()))
	p.oldestOpen.Store(im.open.oldest())
	words := im.waitingFor()
	if old := p.waiting.Load(); old == nil || *old != words {
		p.waiting.Store(&words)
	}
}

// waitingFor says what a run that places nothing waits for.
func (im *importer) waitingFor() string {
	switch {
	case im.phase == ending:
		return "requests begun to finish"
	case im.outage.paused:
		return "the platform to answer again"
	case im.pressure.inFlight > 0:
		if quiet := time.Since(im.answered); !im.answered.IsZero() && quiet > 10*time.Second {
			return fmt.Sprintf("answers to %s, the last one came %s ago", csvimport.Plural(im.pressure.inFlight, "order", "orders"), quiet.Round(time.Second))
		}
		return ""
	case im.doubts.len() > 0 && im.waiting == 0 && im.open.len() == 0:
		return im.doubtsWait()
	case im.open.len() > 0 && im.waiting == 0:
		return csvimport.Plural(im.open.len(), "order", "orders") + " still being provisioned"
	case im.others.len() > 0 && im.waiting == 0:
		return csvimport.Plural(im.others.len(), "row", "rows") + " another run is working on"
	case im.waiting > 0 && len(im.queue) == 0:
		return "accounts whose open order has to end first"
	}
	return ""
}

func (im *importer) doubtsWait() string {
	n := csvimport.Plural(im.doubts.len(), "order", "orders")
	if last := im.doubts.lastSettle(); time.Now().Before(last) {
		return fmt.Sprintf("%s without an answer to turn up, or not, until %s", n, last.Format("15:04:05"))
	}
	return n + " without an answer that can not be read back"
}
