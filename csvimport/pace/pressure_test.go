package pace_test

import (
	"math"
	"testing"
	"time"

	"bulkimport/csvimport/pace"
)

// at is the moment so long after the small machines' tests begin.
func at(d time.Duration) time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(d) }

const ms, second = time.Millisecond, time.Second

// window is so many clean answers as make one mean of latencies.
const window = 16

// answers takes n clean answers, one every so often, each after that latency.
func answers(p *pace.Pressure, n int, from, every, latency time.Duration) {
	for i := range n {
		now := at(from + time.Duration(i)*every)
		answered(p, now.Add(-latency), now)
	}
}

func TestPressureLimit(t *testing.T) {
	clean := func(p *pace.Pressure, n int) { answers(p, n, second, 10*ms, 100*ms) }
	overloaded := func(p *pace.Pressure, started, now time.Duration) {
		overloaded(p, at(started), at(now), 0, false)
	}
	for _, test := range []struct {
		name    string
		ceiling int
		do      func(*pace.Pressure)
		want    float64
	}{
		{"begins with sixteen", 64, func(*pace.Pressure) {}, 16},
		{"begins with the ceiling where that is lower", 4, func(*pace.Pressure) {}, 4},
		{"one more for each clean answer", 64, func(p *pace.Pressure) { clean(p, 10) }, 26},
		{"not above the ceiling", 64, func(p *pace.Pressure) { clean(p, 100) }, 64},
		{"half when overloaded", 64, func(p *pace.Pressure) { overloaded(p, 0, second) }, 8},
		{"once for all that were sent until then", 64, func(p *pace.Pressure) {
			overloaded(p, 0, second)
			overloaded(p, 500*ms, 1500*ms)
			overloaded(p, second, 2*second)
		}, 8},
		{"again for what was sent after it", 64, func(p *pace.Pressure) {
			overloaded(p, 0, second)
			overloaded(p, second+1, 2*second)
		}, 4},
		{"never less than one", 64, func(p *pace.Pressure) {
			for i := range 7 {
				overloaded(p, time.Duration(2*i)*second, time.Duration(2*i+1)*second)
			}
		}, 1},
		{"one more for each window of answers after a cut", 64, func(p *pace.Pressure) {
			overloaded(p, 0, second)
			clean(p, 2)
		}, 8.125 + 1/8.125},
		{"one at a time after an outage, and up from there as in the beginning", 64, func(p *pace.Pressure) {
			overloaded(p, 0, second)
			p.Single()
			clean(p, 3)
		}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace.New(test.ceiling, 0)
			test.do(p)
			if got := p.Limit(); got != test.want {
				t.Errorf("%v at once, want %v", got, test.want)
			}
		})
	}
}

func TestPressureLatency(t *testing.T) {
	repeat := func(n int, latency time.Duration) []time.Duration {
		out := make([]time.Duration, n)
		for i := range out {
			out[i] = latency
		}
		return out
	}
	windows := func(means ...time.Duration) (out []time.Duration) {
		for _, mean := range means {
			out = append(out, repeat(window, mean)...)
		}
		return out
	}
	for _, test := range []struct {
		name      string
		latencies []time.Duration
		cut       bool
	}{
		{"steady", windows(100*ms, 100*ms, 100*ms), false},
		{"a quarter of a second more is noise", windows(100*ms, 350*ms), false},
		{"more than that, and thrice the least, is a rise", windows(100*ms, 351*ms), true},
		{"thrice the least is noise", windows(200*ms, 600*ms), false},
		{"more than thrice the least, and a quarter of a second, is a rise", windows(200*ms, 601*ms), true},
		{"the least goes down at once", windows(200*ms, 100*ms, 351*ms), true},
		{"the least drifts up", windows(100*ms, 340*ms, 354*ms), false},
		{"and that slowly", windows(100*ms, 340*ms, 355*ms), true},
		{"fifteen answers say nothing", append(windows(100*ms), repeat(window-1, 5*second)...), false},
		{"the mean counts", append(windows(100*ms), append(repeat(window/2, 100*ms), repeat(window/2, 602*ms)...)...), true},
		{"each window anew", append(windows(100*ms), append(repeat(window, 300*ms), repeat(window-1, 5*second)...)...), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace.New(window, 0)
			for i, latency := range test.latencies {
				now := at(time.Duration(i) * 10 * second)
				answered(p, now.Add(-latency), now)
			}
			want := 16.0
			if test.cut {
				want = 8
			}
			if got := p.Limit(); got != want {
				t.Errorf("%v at once, want %v", got, want)
			}
		})
	}
}

func TestPressureOpen(t *testing.T) {
	start := func(p *pace.Pressure, when ...time.Duration) {
		for _, d := range when {
			p.Start(at(d))
		}
	}
	for _, test := range []struct {
		name    string
		ceiling int
		rate    float64
		do      func(*pace.Pressure)
		now     time.Duration
		open    bool
		again   time.Duration // when to ask again, 0 = not by time
	}{
		{"nothing in flight", 2, 0, func(*pace.Pressure) {}, 0, true, 0},
		{"room for one", 2, 0, func(p *pace.Pressure) { start(p, 0) }, 0, true, 0},
		{"full", 2, 0, func(p *pace.Pressure) { start(p, 0, 0) }, 0, false, 0},
		{"room again", 2, 0, func(p *pace.Pressure) { start(p, 0, 0); answers(p, 1, second, 0, 0) }, second, true, 0},
		{"a part of one is none", 9, 0, func(p *pace.Pressure) {
			overloaded(p, at(0), at(second), 0, false) // 4.5
			start(p, 2*second, 2*second, 2*second, 2*second)
		}, 2 * second, false, 0},
		{"paused", 2, 0, func(p *pace.Pressure) { overloaded(p, at(0), at(second), 5*second, false) }, 6*second - 1, false, 6 * second},
		{"the pause is over", 2, 0, func(p *pace.Pressure) { overloaded(p, at(0), at(second), 5*second, false) }, 6 * second, true, 0},
		{"the longer pause stands", 2, 0, func(p *pace.Pressure) {
			overloaded(p, at(0), at(second), 5*second, false)
			overloaded(p, at(0), at(2*second), second, false)
		}, 3 * second, false, 6 * second},
		{"a later pause is longer", 2, 0, func(p *pace.Pressure) {
			overloaded(p, at(0), at(second), 5*second, false)
			overloaded(p, at(0), at(2*second), 10*second, false)
		}, 6 * second, false, 12 * second},
		{"a pause of nothing", 2, 0, func(p *pace.Pressure) { overloaded(p, at(0), at(second), 0, false) }, second, true, 0},
		{"ten a second: the next one is not due", 9, 10, func(p *pace.Pressure) { start(p, 0) }, 99 * ms, false, 100 * ms},
		{"ten a second: it is due", 9, 10, func(p *pace.Pressure) { start(p, 0) }, 100 * ms, true, 0},
		{"a late start keeps its place", 9, 10, func(p *pace.Pressure) { start(p, 0, 150*ms) }, 150 * ms, false, 200 * ms},
		{"late by a tenth of a second still", 9, 10, func(p *pace.Pressure) { start(p, 0, 200*ms) }, 199 * ms, false, 200 * ms},
		{"one that was not sent takes no turn", 9, 10, func(p *pace.Pressure) { start(p, 0, 100*ms); p.Unsent() }, 100 * ms, true, 0},
		{"nor room", 1, 0, func(p *pace.Pressure) { start(p, 0); p.Unsent() }, 0, true, 0},
		{"two such are two turns", 9, 10, func(p *pace.Pressure) { start(p, 0, 100*ms, 200*ms); p.Unsent(); p.Unsent(); start(p, 200*ms) }, 200 * ms, true, 0},
		{"and no more", 9, 10, func(p *pace.Pressure) { start(p, 0, 100*ms, 200*ms); p.Unsent(); p.Unsent(); start(p, 200*ms, 200*ms) }, 200 * ms, false, 300 * ms},
		{"too late for it", 9, 10, func(p *pace.Pressure) { start(p, 0, 201*ms) }, 201 * ms, false, 301 * ms},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace.New(test.ceiling, test.rate)
			test.do(p)
			open, again := p.Open(at(test.now))
			var want time.Time
			if test.again > 0 {
				want = at(test.again)
			}
			if open != test.open || !again.Equal(want) {
				t.Errorf("open %v, again at %v; want %v, %v", open, again, test.open, want)
			}
		})
	}
}

func TestPressureHeld(t *testing.T) {
	p := pace.New(2, 0)
	if p.Held(at(0)) {
		t.Error("held from the beginning")
	}
	overloaded(p, at(0), at(second), 5*second, false)
	if !p.Held(at(6*second-1)) || p.Held(at(6*second)) {
		t.Error("held until another moment than the platform asked for")
	}
}

// What the pace comes to after the platform has answered 429.
func TestPressureRate(t *testing.T) {
	// steady is ten a second for 1.9 s, then a 429: 20 answers.
	const seen = 20 / 1.9
	steady := func(p *pace.Pressure, from time.Duration) {
		answers(p, 20, from, 100*ms, 0)
		overloaded(p, at(from+1800*ms), at(from+1900*ms), 0, true)
	}
	// passed is when the rate has just gone past the knee after steady: 1 s at 5 %,
	// and as many at half a per cent as it takes.
	const slow = 18
	passed := 0.9 * 1.05 * math.Pow(1.005, slow) * seen
	for _, test := range []struct {
		name string
		cap  float64
		do   func(*pace.Pressure)
		now  time.Duration
		want float64
	}{
		{"any", 0, func(*pace.Pressure) {}, 0, 0},
		{"the operator's", 10, func(*pace.Pressure) {}, 0, 10},
		{"an overload is no rate", 0, func(p *pace.Pressure) { overloaded(p, at(0), at(second), 0, false) }, second, 0},
		{"a tenth under what was accepted", 0, func(p *pace.Pressure) { steady(p, 0) }, 1900 * ms, 0.9 * seen},
		{"the operator's where it is lower", 5, func(p *pace.Pressure) { steady(p, 0) }, 1900 * ms, 5},
		{"the platform's where it is lower", 20, func(p *pace.Pressure) { steady(p, 0) }, 1900 * ms, 0.9 * seen},
		{"of the last two seconds", 0, func(p *pace.Pressure) {
			answers(p, 40, 0, 100*ms, 0)
			overloaded(p, at(3800*ms), at(3900*ms), 0, true)
		}, 3900 * ms, 0.9 * 21 / 2},
		{"of the newest 64", 0, func(p *pace.Pressure) {
			answers(p, 100, 0, 10*ms, 0)
			overloaded(p, at(980*ms), at(990*ms), 0, true)
		}, 990 * ms, 0.9 * 64 / 0.63},
		{"a burst is taken for half a second", 0, func(p *pace.Pressure) {
			answers(p, 5, 0, 25*ms, 0)
			overloaded(p, at(0), at(100*ms), 0, true)
		}, 100 * ms, 0.9 * 5 / 0.5},
		{"of two answers", 0, func(p *pace.Pressure) {
			answers(p, 2, 0, 600*ms, 0)
			overloaded(p, at(0), at(600*ms), 0, true)
		}, 600 * ms, 0.9 * 2 / 0.6},
		{"of one answer", 0, func(p *pace.Pressure) {
			answers(p, 1, 0, 0, 0)
			overloaded(p, at(0), at(100*ms), 0, true)
		}, 100 * ms, 0.9},
		{"of no answer", 0, func(p *pace.Pressure) { overloaded(p, at(0), at(100*ms), 0, true) }, 100 * ms, 0.9},
		{"once for all that were sent until then", 0, func(p *pace.Pressure) {
			steady(p, 0)
			overloaded(p, at(1500*ms), at(2000*ms), 0, true)
			overloaded(p, at(1900*ms), at(2100*ms), 0, true)
		}, 2100 * ms, 0.9 * seen},
		{"no less than half of the last", 0, func(p *pace.Pressure) {
			steady(p, 0)
			overloaded(p, at(9*second), at(10*second), 0, true)
		}, 10 * second, 0.9 * 0.9 * seen / 2},
		{"no more than the last", 0, func(p *pace.Pressure) {
			steady(p, 0)
			answers(p, 40, 2*second, 10*ms, 0)
			overloaded(p, at(2300*ms), at(2400*ms), 0, true)
		}, 2400 * ms, 0.9 * 0.9 * seen},
		{"as it is for less than a second", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900*ms - 1, 0.9 * seen},
		{"5 % more after a second", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900 * ms, 0.9 * 1.05 * seen},
		{"half a per cent more near the knee", 0, func(p *pace.Pressure) { steady(p, 0) }, 3900 * ms, 0.9 * 1.05 * 1.005 * seen},
		{"until past it", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900*ms + slow*second, passed},
		{"then 5 %", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900*ms + (slow+1)*second, passed * 1.05},
		{"and 10 %", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900*ms + (slow+2)*second, passed * 1.05 * 1.1},
		{"half as much again at most", 0, func(p *pace.Pressure) { steady(p, 0) }, 2900*ms + (slow+12)*second,
			passed * 1.05 * 1.1 * 1.15 * 1.2 * 1.25 * 1.3 * 1.35 * 1.4 * 1.45 * 1.5 * 1.5 * 1.5},
		{"5 % again after the next 429", 0, func(p *pace.Pressure) {
			steady(p, 0)
			p.Rate(at(2900*ms + (slow+2)*second)) // past the knee by now
			steady(p, 30*second)
		}, 32900*ms + (slow+1)*second, passed * 1.05},
		{"half as much again where the knee is not known", 0, func(p *pace.Pressure) {
			answers(p, 9, 0, 100*ms, 0)
			overloaded(p, at(0), at(800*ms), 0, true)
		}, 2800 * ms, 0.9 * 9 / 0.8 * 1.5 * 1.5},
		{"ten answers tell the knee", 0, func(p *pace.Pressure) {
			answers(p, 10, 0, 100*ms, 0)
			overloaded(p, at(0), at(900*ms), 0, true)
		}, 1900 * ms, 0.9 * 10 / 0.9 * 1.05},
		{"up to a million", 0, func(p *pace.Pressure) { overloaded(p, at(0), at(0), 0, true) }, 34 * second, 0.9 * math.Pow(1.5, 34)},
		{"and then any", 0, func(p *pace.Pressure) { overloaded(p, at(0), at(0), 0, true) }, 35 * second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace.New(64, test.cap)
			test.do(p)
			if got := p.Rate(at(test.now)); math.Abs(got-test.want) > 1e-9*test.want {
				t.Errorf("%v orders a second, want %v", got, test.want)
			}
		})
	}
}

// answered takes a clean answer to one of the requests in flight.
func answered(p *pace.Pressure, started, now time.Time) {
	p.InFlight = max(p.InFlight-1, 0)
	p.Answered(started, now)
}

// overloaded takes an answer of another kind to one of the requests in flight.
func overloaded(p *pace.Pressure, started, now time.Time, wait time.Duration, limited bool) {
	p.InFlight = max(p.InFlight-1, 0)
	p.Overloaded(started, now, wait, limited)
}
