package csvimport

import (
	"sync"
	"sync/atomic"
	"time"
)

// Meter is where an import stands, in numbers. The engine writes it, one who
// draws it reads Snapshot. It is safe for concurrent use.
type Meter struct {
	total, done, invalid, failed, unknown, inFlight, open atomic.Int64
	found                                                 atomic.Int64 // of those done
	oldestOpen                                            atomic.Int64 // Unix ms, 0 = none
	waiting                                               atomic.Pointer[string]
	clock                                                 atomic.Pointer[Clock]
	speed                                                 speed
	halted                                                atomic.Bool
}

// Clock tells the time to a Meter. It is safe for concurrent use.
type Clock interface {
	Now() time.Time       // the wall clock
	Awake() time.Duration // since some moment, without the time asleep, in which no row can end
}

// speed is how fast rows end that were not at their end when first looked at: by
// the latest of them, since how long the first order took says nothing of the rest.
type speed struct {
	mu    sync.Mutex
	marks []mark // the latest last
}

// mark is how many had ended at a time, as the machine is awake.
type mark struct {
	at   time.Duration
	rows int
}

const (
	latestRows = 20 // by at least so many rows
	latestTime = 20 * time.Second

	leastRows = 5 // by which the end may be estimated
)

// by takes how many rows have ended now, and returns how many did lately, and in
// which time.
func (s *speed) by(now mark) (rows int, in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.marks); n == 0 || now.rows > s.marks[n-1].rows && now.at-s.marks[n-1].at >= time.Second {
		s.marks = append(s.marks, now)
	}
	for len(s.marks) > 1 && now.at-s.marks[1].at >= latestTime && now.rows-s.marks[1].rows >= latestRows {
		s.marks = s.marks[1:]
	}
	return now.rows - s.marks[0].rows, now.at - s.marks[0].at
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
	clock := p.clock.Load()
	if clock == nil {
		return s
	}
	if at := p.oldestOpen.Load(); at != 0 {
		s.OldestOpen = (*clock).Now().Sub(time.UnixMilli(at))
	}
	if rows, in := p.speed.by(p.mark(*clock)); rows > 0 && in > 0 {
		s.PerSecond = float64(rows) / in.Seconds()
		if rows >= leastRows {
			s.ETA = time.Duration(float64(s.Total-s.Done) / s.PerSecond * float64(time.Second))
		}
	}
	return s
}

// mark is where the run stands now.
func (p *Meter) mark(c Clock) mark {
	return mark{c.Awake(), int(p.done.Load() - p.found.Load())}
}

// Begin takes the moment from which the rate is counted.
func (p *Meter) Begin(c Clock) {
	p.clock.Store(&c)
	p.speed.by(p.mark(c))
}

// Found counts a row that was at its end when first looked at.
func (p *Meter) Found(s Status) {
	p.found.Add(1)
	p.Ended(s)
}

// Ended counts a row that has come to its end.
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
