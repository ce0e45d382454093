package csvimport

import (
	"sync/atomic"
	"time"
)

// Meter is where an import stands, in numbers. The engine writes it, one who
// draws it reads Snapshot. It is safe for concurrent use.
type Meter struct {
	total, done, invalid, failed, unknown, inFlight, open atomic.Int64
	oldestOpen                                            atomic.Int64 // Unix ms, 0 = none
	waiting                                               atomic.Pointer[string]
	start                                                 atomic.Pointer[start]
	halted                                                atomic.Bool
}

// Clock tells the time to a Meter. It is safe for concurrent use.
type Clock interface {
	Now() time.Time       // the wall clock
	Awake() time.Duration // since some moment, without the time asleep, in which no row can end
}

// start is when the rows began to end.
type start struct {
	Clock
	at time.Duration // awake
}

// Snapshot returns the numbers now.
func (p *Meter) Snapshot() Progress {
	s := Progress{
		Total: int(p.total.Load()), Done: int(p.done.Load()),
		Invalid: int(p.invalid.Load()), Failed: int(p.failed.Load()), Unknown: int(p.unknown.Load()),
		InFlight: int(p.inFlight.Load()), Open: int(p.open.Load()),
		Halted: p.halted.Load(),
	}
	if w := p.waiting.Load(); w != nil {
		s.Waiting = *w
	}
	began := p.start.Load()
	if began == nil {
		return s
	}
	if at := p.oldestOpen.Load(); at != 0 {
		s.OldestOpen = began.Now().Sub(time.UnixMilli(at))
	}
	if spent := (began.Awake() - began.at).Seconds(); spent > 0 && s.Done > 0 {
		s.PerSecond = float64(s.Done) / spent
		s.ETA = time.Duration(float64(s.Total-s.Done) / s.PerSecond * float64(time.Second))
	}
	return s
}

// Begin takes the moment from which the rate is counted.
func (p *Meter) Begin(c Clock) { p.start.Store(&start{c, c.Awake()}) }

// Ended counts a row.
func (p *Meter) Ended(s Status) {
	p.done.Add(1)
	switch s {
	case Invalid:
		p.invalid.Add(1)
	case Refused, Failed:
		p.failed.Add(1)
	case Unknown:
		p.unknown.Add(1)
	}
}

// Halt takes that nothing new is sent any more, for a reason.
func (p *Meter) Halt() { p.halted.Store(true) }

// Waits takes what a long wait waits for, empty if there is none.
func (p *Meter) Waits(words string) {
	if old := p.waiting.Load(); old == nil || *old != words {
		p.waiting.Store(&words)
	}
}

// Total takes how many rows there are.
func (p *Meter) Total(rows int) { p.total.Store(int64(rows)) }

// Show takes how many orders are in flight and how many are followed, and when the
// one followed longest was accepted, in Unix ms, 0 if there is none.
func (p *Meter) Show(inFlight, open int, oldest int64) {
	p.inFlight.Store(int64(inFlight))
	p.open.Store(int64(open))
	p.oldestOpen.Store(oldest)
}
