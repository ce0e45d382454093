package pace

import (
	"math"
	"time"
)

// Pressure decides how many orders may be in flight and when the next may start.
// It is AIMD with slow start: it opens by one for each clean answer until the
// first cut, then by one for each window of them; it halves on a busy platform
// or a sharp rise of latency, at most once for what was sent before the last
// cut. Everything it knows it is told; the loop alone calls it.
type Pressure struct {
	ceiling  float64
	limit    float64
	slow     bool // slow start has ended
	InFlight int
	Window   Window // what may go beside all this
	lastCut  time.Time
	until    time.Time // nothing starts before
	others   time.Time // nor before this, as another run was told
	heard    time.Time // the same by the platform's clock
	told     time.Time // until when other runs know of until
	runs     int       // on the platform, this one among them

	latency latencies
	pace    pacer
}

func New(ceiling int, rate float64) *Pressure {
	return &Pressure{ceiling: float64(ceiling), limit: min(float64(ceiling), 16), runs: 1, pace: pacer{cap: rate, share: rate}}
}

// Share takes how many runs there are on the platform, which have the rate in equal parts.
func (g *Pressure) Share(runs int) {
	g.runs = runs
	g.pace.share = g.pace.cap / float64(max(1, runs))
}

// Heard takes until when all runs are to pause, by a clock of which it is theirs now. That
// clock may jump: a pause lasts no longer than most from when it was first heard of.
func (g *Pressure) Heard(until, theirs, now time.Time, most time.Duration) {
	if !until.Equal(g.heard) {
		g.heard, g.others = until, now.Add(min(until.Sub(theirs), most))
	}
}

// tellEvery is how much longer a pause, or an outage, has to last for others to be told
// again.
const tellEvery = 4 * time.Second

// News is until when other runs are to pause that do not know it yet, as the platform
// asked this one.
func (g *Pressure) News(now time.Time) (until time.Time, ok bool) {
	if g.runs < 2 || !g.until.After(now) || g.told.After(now) && g.until.Before(g.told.Add(tellEvery)) {
		return time.Time{}, false
	}
	g.told = g.until
	return g.until, true
}

// Open reports whether one more may start at now; if not because of time, it
// says when to ask again.
func (g *Pressure) Open(now time.Time) (bool, time.Time) {
	if float64(g.InFlight) >= math.Floor(g.limit) {
		return false, time.Time{}
	}
	if g.Held(now) {
		return false, Latest(g.until, g.others)
	}
	if at := g.pace.next(now); at.After(now) {
		return false, at
	}
	if ok, at := g.Window.Open(now); !ok {
		return false, at
	}
	return true, time.Time{}
}

// Held reports whether a pause lasts still that the platform asked for, this run or another.
func (g *Pressure) Held(now time.Time) bool { return now.Before(Latest(g.until, g.others)) }

// Start counts one request that begins now.
func (g *Pressure) Start(now time.Time) {
	g.InFlight++
	g.pace.start(now)
}

// Unsent takes that what began was not sent after all: its turn is the next one's.
func (g *Pressure) Unsent() {
	g.InFlight--
	g.pace.back()
}

// Answered takes one clean answer to a request sent at started.
func (g *Pressure) Answered(started, now time.Time) {
	g.pace.accepted(now)
	if g.latency.risen(now.Sub(started)) {
		g.cut(started, now)
		return
	}
	if g.slow {
		g.limit += 1 / g.limit
	} else {
		g.limit++
	}
	g.limit = min(g.limit, g.ceiling)
}

// Overloaded takes a 429, 503, time-out or the like for a request sent at
// started, and the pause the platform asked for, 0 if none.
func (g *Pressure) Overloaded(started, now time.Time, wait time.Duration, limited bool) {
	if limited {
		g.pace.limited(started, now)
	}
	g.cut(started, now)
	if until := now.Add(wait); wait > 0 && until.After(g.until) {
		g.until = until
	}
}

func (g *Pressure) cut(started, now time.Time) {
	if !started.After(g.lastCut) {
		return
	}
	g.lastCut = now
	g.slow = true
	g.limit = max(1, g.limit/2)
}

// Single narrows the gate to one request at a time, to open again from there.
func (g *Pressure) Single() {
	g.limit = 1
	g.slow = false
}

// latencies tells a sharp rise of latency from noise: the mean of the newest
// sixteen answers against the smallest such mean seen, which may drift up.
type latencies struct {
	sum   time.Duration
	n     int
	floor time.Duration
}

func (l *latencies) risen(d time.Duration) bool {
	const window = 16
	l.sum += d
	if l.n++; l.n < window {
		return false
	}
	mean := l.sum / window
	l.sum, l.n = 0, 0
	if l.floor == 0 || mean < l.floor {
		l.floor = mean
		return false
	}
	rise := mean > 3*l.floor && mean > l.floor+250*time.Millisecond
	l.floor += (mean - l.floor) / 50
	return rise
}

// pacer bounds the rate of orders: always by cap, and, once the platform has
// Answered 429, near the rate it was last seen to accept.
type pacer struct {
	cap    float64 // orders a second the operator allows to all runs, 0 = any
	share  float64 // this run's part of it
	rate   float64 // orders a second the platform is thought to allow, 0 = not known
	knee   float64 // the accepted rate at the last 429, 0 if too little was seen to tell
	clean  int     // seconds since the rate passed the knee without a 429
	last   time.Time
	grown  time.Time
	cutAt  time.Time
	recent [64]time.Time // when the newest answers came, a ring
	count  int
}

func (p *pacer) current() float64 {
	switch {
	case p.rate == 0:
		return p.share
	case p.share == 0:
		return p.rate
	}
	return min(p.share, p.rate)
}

func (p *pacer) next(now time.Time) time.Time {
	p.grow(now)
	r := p.current()
	if r == 0 || p.last.IsZero() {
		return now
	}
	return p.last.Add(time.Duration(float64(time.Second) / r))
}

// Start books one start. Starts that come late (timers, a busy loop) keep
// their place in the rhythm, so that the rate is met on average.
func (p *pacer) start(now time.Time) {
	due := p.next(now)
	if now.Sub(due) > 100*time.Millisecond {
		due = now
	}
	p.last = due
}

// back gives the turn of a start back.
func (p *pacer) back() {
	if r := p.current(); r > 0 {
		p.last = p.last.Add(-time.Duration(float64(time.Second) / r))
	}
}

func (p *pacer) accepted(now time.Time) {
	p.recent[p.count%len(p.recent)] = now
	p.count++
}

// limited takes a 429 to a request sent at started: 0.9 of the rate accepted
// of late, once for all that were sent before the last such cut.
func (p *pacer) limited(started, now time.Time) {
	if !started.After(p.cutAt) {
		return
	}
	p.cutAt, p.grown, p.clean = now, now, 0
	seen, samples := p.acceptedRate(now)
	if p.rate > 0 {
		seen = min(max(seen, p.rate/2), p.rate)
	}
	if p.knee = seen; samples < enough {
		p.knee = 0
	}
	p.rate = 0.9 * max(seen, 1)
}

// enough is how many answers tell a rate.
const enough = 10

// acceptedRate is the rate of clean answers over the last seconds, of which more count
// where few came, and how many it is seen from.
func (p *pacer) acceptedRate(now time.Time) (rate float64, samples int) {
	const span, most = 2 * time.Second, 10 * time.Second
	n, oldest := 0, now
	for i := range min(p.count, len(p.recent)) {
		at := p.recent[(p.count-1-i)%len(p.recent)]
		if age := now.Sub(at); age > most || age > span && n >= enough {
			break
		}
		n, oldest = n+1, at
	}
	if n < 2 {
		return float64(n), n
	}
	return float64(n) / max(now.Sub(oldest).Seconds(), 0.5), n
}

// grow adds 5 % for each clean second, slowing to 0.5 % near the knee, where
// the platform last refused: most of the time is spent just below it. Past the
// knee, or where it is not known, it grows ever faster until the next 429.
func (p *pacer) grow(now time.Time) {
	for p.rate > 0 && now.Sub(p.grown) >= time.Second {
		p.grown = p.grown.Add(time.Second)
		switch {
		case p.knee == 0:
			p.rate *= 1.5
		case p.rate < 0.94*p.knee:
			p.rate *= 1.05
		case p.rate <= 1.03*p.knee:
			p.rate *= 1.005
		default:
			p.clean++
			p.rate *= 1 + min(0.05*float64(p.clean), 0.5)
		}
		if p.rate > 1e6 {
			p.rate = 0
		}
	}
}
