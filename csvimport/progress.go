package csvimport

import (
	"sync/atomic"
	"time"
)

// Progress is where an import stands, in numbers. The importer writes it, one
// who draws it reads Snapshot. It is safe for concurrent use.
type Progress struct {
	total, done, failed, unknown, inFlight, open atomic.Int64
	started, oldestOpen                          atomic.Int64 // Unix ms, 0 = none
	waiting                                      atomic.Pointer[string]
}

// Snapshot is Progress at one moment.
type Snapshot struct {
	Total, Done, Failed, Unknown int
	InFlight                     int           // requests of orders under way
	Open                         int           // accepted orders followed to their end
	OldestOpen                   time.Duration // how long the oldest of them has been open
	PerSecond                    float64       // rows ended, over the whole run
	ETA                          time.Duration // 0 if not known
	Waiting                      string        // what a long wait waits for, in words; empty if none
}

// Snapshot returns the numbers now.
func (p *Progress) Snapshot() Snapshot {
	s := Snapshot{
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
