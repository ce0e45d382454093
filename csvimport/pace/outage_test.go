package pace_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/pace"
)

// fails takes n failures, a second apart, the pause of the last one asked for.
func fails(o *pace.Outage, n int, from, pause time.Duration) {
	for i := range n {
		o.Failed(at(from+time.Duration(i)*second), pause)
	}
}

func TestOutage(t *testing.T) {
	// probed is an outage of five failures whose first probe was answered or not.
	probed := func(o *pace.Outage, answered bool) {
		fails(o, 5, 0, 10*second)
		probe(o, at(14*second))
		o.Probed(at(15*second), answered, 20*second)
	}
	for _, test := range []struct {
		name       string
		do         func(*pace.Outage)
		first      bool // one order may be placed
		more       bool // and others beside it
		blocked    bool // without a pause that the platform asked for
		heldBlocks bool // with one
	}{
		{"all is well", func(*pace.Outage) {}, true, true, false, false},
		{"four failures", func(o *pace.Outage) { fails(o, 4, 0, 0) }, true, true, false, true},
		{"five in a row", func(o *pace.Outage) { fails(o, 5, 0, 0) }, false, false, true, true},
		{"a clean answer between them", func(o *pace.Outage) { fails(o, 4, 0, 0); o.Over(at(9 * second)); fails(o, 4, 9*second, 0) }, true, true, false, true},
		{"too many a second alone", func(o *pace.Outage) { o.Slowed(at(0)) }, true, true, true, true},
		{"the probe is out", func(o *pace.Outage) { fails(o, 5, 0, 10*second); probe(o, at(14*second)) }, false, false, false, false},
		{"the probe was not answered", func(o *pace.Outage) { probed(o, false) }, false, false, true, true},
		{"the probe was answered: one order may try", func(o *pace.Outage) { probed(o, true) }, true, false, false, false},
		{"its order failed", func(o *pace.Outage) { probed(o, true); fails(o, 1, 16*second, 0) }, false, false, true, true},
		{"its order was placed", func(o *pace.Outage) { probed(o, true); o.Over(at(9 * second)) }, true, true, false, false},
		{"it was over before the probe came back", func(o *pace.Outage) {
			fails(o, 5, 0, 10*second)
			probe(o, at(14*second))
			o.Over(at(9 * second))
			o.Probed(at(15*second), true, 0)
		}, true, true, false, false},
		{"it began anew before the probe came back", func(o *pace.Outage) {
			fails(o, 5, 0, 10*second)
			probe(o, at(14*second))
			o.Over(at(9 * second))
			fails(o, 5, 15*second, 0)
		}, false, false, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := new(pace.Outage)
			test.do(o)
			if first, more := o.Admits(0), o.Admits(1); first != test.first || more != test.more {
				t.Errorf("one order: %v, more: %v; want %v, %v", first, more, test.first, test.more)
			}
			if blocked, held := o.Blocked(false), o.Blocked(true); blocked != test.blocked || held != test.heldBlocks {
				t.Errorf("blocked: %v, by a pause: %v; want %v, %v", blocked, held, test.blocked, test.heldBlocks)
			}
		})
	}
}

func TestOutageProbe(t *testing.T) {
	for _, test := range []struct {
		name     string
		do       func(*pace.Outage)
		from, to time.Duration // the probe is due in between; 0 = none ever is
	}{
		{"no outage", func(o *pace.Outage) { fails(o, 4, 0, 0) }, 0, 0},
		{"only slowed", func(o *pace.Outage) { o.Slowed(at(0)) }, 0, 0},
		{"within a second", func(o *pace.Outage) { fails(o, 5, 0, 0) }, 4100 * ms, 5 * second},
		{"after the pause the platform asked for", func(o *pace.Outage) { fails(o, 5, 0, 30*second) }, 34 * second, 34 * second},
		{"whatever fails after that", func(o *pace.Outage) { fails(o, 9, 0, 30*second) }, 34 * second, 34 * second},
		{"within two seconds of the next that was not answered", func(o *pace.Outage) {
			fails(o, 5, 0, 30*second)
			o.Probed(at(40*second), false, 0)
		}, 40200 * ms, 42 * second},
		{"within five at most", func(o *pace.Outage) {
			fails(o, 5, 0, 30*second)
			for i := range 9 {
				o.Probed(at(40*second+time.Duration(i)*second), false, 0)
			}
		}, 48500 * ms, 53 * second},
		{"after the pause its answer asked for", func(o *pace.Outage) {
			fails(o, 5, 0, 30*second)
			o.Probed(at(40*second), false, 20*second)
		}, 60 * second, 60 * second},
		{"and anew where the order that tried failed", func(o *pace.Outage) {
			fails(o, 5, 0, 30*second)
			o.Probed(at(40*second), true, 0)
			o.Failed(at(50*second), 20*second)
		}, 70 * second, 70 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := new(pace.Outage)
			test.do(o)
			due, when := probe(o, at(test.from-1))
			if test.to == 0 {
				if late, _ := probe(o, at(time.Hour)); due || late || !when.IsZero() {
					t.Errorf("due %v, at %v", due || late, when)
				}
				return
			}
			if due || when.Before(at(test.from)) || when.After(at(test.to)) {
				t.Fatalf("due %v, at %v; want between %v and %v", due, when, at(test.from), at(test.to))
			}
			if due, _ = probe(o, when.Add(-1)); due {
				t.Error("due before its time")
			}
			if due, again := probe(o, when); !due || !again.IsZero() {
				t.Errorf("due %v, again at %v", due, again)
			}
		})
	}
}

// Probes come further and further apart, five seconds at most. One draw tells
// little: of many the longest pause is close to what it may be.
func TestOutageProbePauses(t *testing.T) {
	for unanswered, most := range []time.Duration{second, 2 * second, 4 * second, 5 * second, 5 * second} {
		longest := time.Duration(0)
		for range 500 {
			o := new(pace.Outage)
			fails(o, 5, 0, 0)
			last := 4 * second
			for range unanswered {
				last += 10 * second
				o.Probed(at(last), false, 0)
			}
			_, when := probe(o, at(last))
			longest = max(longest, when.Sub(at(last)))
		}
		if longest > most || longest < most*4/5 {
			t.Errorf("after %d probes without an answer: %v at most, want close to %v", unanswered, longest, most)
		}
	}
}

// Whether one order may try is told when the probe comes back.
func TestOutageProbed(t *testing.T) {
	for _, test := range []struct {
		name     string
		failures int
		answered bool
		want     bool
	}{
		{"answered", 5, true, true},
		{"not answered", 5, false, false},
		{"over meanwhile", 4, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := new(pace.Outage)
			fails(o, test.failures, 0, 0)
			if got := o.Probed(at(9*second), test.answered, 0); got != test.want {
				t.Errorf("may try: %v, want %v", got, test.want)
			}
		})
	}
}

func TestOutageTooLong(t *testing.T) {
	for _, test := range []struct {
		name  string
		do    func(*pace.Outage)
		since time.Duration
	}{
		{"since the first failure", func(o *pace.Outage) { fails(o, 3, 5*second, 0) }, 5 * second},
		{"since the first 429", func(o *pace.Outage) { o.Slowed(at(2 * second)); fails(o, 3, 5*second, 0) }, 2 * second},
		{"since the first of either", func(o *pace.Outage) { fails(o, 3, 5*second, 0); o.Slowed(at(20 * second)) }, 5 * second},
		{"since the last clean answer", func(o *pace.Outage) { fails(o, 3, 0, 0); o.Over(at(9 * second)); fails(o, 3, 30*second, 0) }, 30 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := new(pace.Outage)
			test.do(o)
			end := at(test.since + time.Minute)
			if long, again := tooLong(o, end.Add(-1), time.Minute); long || !again.Equal(end) {
				t.Errorf("too long %v, again at %v; want false, %v", long, again, end)
			}
			if long, again := tooLong(o, end, time.Minute); !long || !again.IsZero() {
				t.Errorf("too long %v, again at %v; want true, and no time", long, again)
			}
		})
	}
}

func TestReadFailures(t *testing.T) {
	for _, test := range []struct {
		name             string
		do               func(*pace.ReadFailures)
		patience, settle time.Duration
		from             time.Duration // too long from then on; 0 = never
	}{
		{"none", func(*pace.ReadFailures) {}, time.Minute, time.Minute, 0},
		{"without an answer: the patience", func(r *pace.ReadFailures) {
			r.Failed(noAnswer(), at(second))
		}, time.Hour, 5 * time.Minute, time.Hour + second},
		{"with an error for an answer: the settle time", func(r *pace.ReadFailures) {
			r.Failed(withStatus(500), at(second))
		}, time.Hour, 5 * time.Minute, 5*time.Minute + second},
		{"a minute at least", func(r *pace.ReadFailures) {
			r.Failed(withStatus(500), at(second))
		}, time.Hour, second, time.Minute + second},
		{"the patience where that is shorter", func(r *pace.ReadFailures) {
			r.Failed(withStatus(500), at(second))
		}, 30 * second, 5 * time.Minute, 31 * second},
		{"one without an answer among them", func(r *pace.ReadFailures) {
			r.Failed(withStatus(500), at(second))
			r.Failed(withStatus(0), at(2*second))
			r.Failed(withStatus(500), at(3*second))
		}, time.Hour, 5 * time.Minute, time.Hour + second},
		{"read meanwhile", func(r *pace.ReadFailures) {
			r.Failed(noAnswer(), at(second))
			r.Over()
			r.Failed(withStatus(500), at(3*second))
		}, time.Hour, 5 * time.Minute, 5*time.Minute + 3*second},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := new(pace.ReadFailures)
			test.do(r)
			if test.from == 0 {
				if r.TooLong(at(24*time.Hour), test.patience, test.settle) {
					t.Error("too long")
				}
				return
			}
			if r.TooLong(at(test.from-1), test.patience, test.settle) || !r.TooLong(at(test.from), test.patience, test.settle) {
				t.Errorf("too long from another moment than %v on", test.from)
			}
		})
	}
}
