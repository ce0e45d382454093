package pace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/pace"
)

func TestShare(t *testing.T) {
	for _, test := range []struct {
		name            string
		all, runs, want int
	}{
		{"no limit", 0, 3, 0},
		{"of one", 10, 1, 10},
		{"of two", 10, 2, 5},
		{"what is over is nobody's", 11, 3, 3},
		{"never nothing", 2, 3, 1},
		{"nobody counted yet", 10, 0, 10},
	} {
		if got := pace.Share(test.all, test.runs); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, test := range []struct {
		name               string
		limit              pace.Limit
		wrong, ended, runs int
		want               bool
	}{
		{"none wrong", pace.Limit{Rows: 1}, 0, 10, 1, false},
		{"off", pace.Limit{Off: true}, 100, 100, 1, false},
		{"fewer", pace.Limit{Rows: 10}, 9, 9, 1, false},
		{"as many", pace.Limit{Rows: 10}, 10, 1000, 1, true},
		{"half as many, of two", pace.Limit{Rows: 10}, 5, 1000, 2, true},
		{"less than half as many, of two", pace.Limit{Rows: 10}, 4, 1000, 2, false},
		{"one of one, of three", pace.Limit{Rows: 1}, 1, 1000, 3, true},
		{"a part of few", pace.Limit{Percent: 5}, 9, 9, 1, false},
		{"a part", pace.Limit{Percent: 5}, 5, 100, 1, true},
		{"less than a part", pace.Limit{Percent: 5}, 4, 100, 1, false},
		{"a part is each run's", pace.Limit{Percent: 5}, 4, 100, 2, false},
		{"by default nine", pace.Limit{}, 9, 9, 1, false},
		{"ten of fifty", pace.Limit{}, 10, 50, 1, true},
		{"ten of fifty-one", pace.Limit{}, 10, 51, 1, false},
		{"five of twenty-five, of two", pace.Limit{}, 5, 25, 2, true},
		{"five of twenty-six, of two", pace.Limit{}, 5, 26, 2, false},
	} {
		if got := test.limit.Reached(test.wrong, test.ended, test.runs); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// The rate is that of all runs, each of which has an equal part of it.
func TestPressureShare(t *testing.T) {
	for _, test := range []struct {
		name string
		rate float64
		runs []int
		want float64
	}{
		{"of one", 10, nil, 10},
		{"of two", 10, []int{2}, 5},
		{"of two, one of which has ended", 10, []int{2, 1}, 10},
		{"of more than there are orders a second", 0.5, []int{10}, 0.05},
		{"no limit", 0, []int{2}, 0},
		{"nobody counted yet", 10, []int{0}, 10},
	} {
		p := pace.New(4, test.rate)
		for _, n := range test.runs {
			p.Share(n)
		}
		if got := p.Rate(at(0)); got != test.want {
			t.Errorf("%s: %v a second, want %v", test.name, got, test.want)
		}
	}
}

// A pause that another run was told of is this one's too, for as long as it is patient.
func TestPressureHeard(t *testing.T) {
	theirs := func(d time.Duration) time.Time { return at(d).Add(time.Hour) } // their clock is ahead
	for _, test := range []struct {
		name  string
		heard []time.Duration // at 0, 1 s, 2 s, …: until when
		want  time.Duration   // until when nothing may start
	}{
		{"none", nil, 0},
		{"one", []time.Duration{30 * second}, 30 * second},
		{"the same once more", []time.Duration{30 * second, 30 * second}, 30 * second},
		{"a longer one", []time.Duration{30 * second, 40 * second}, 40 * second},
		{"longer than the patience", []time.Duration{time.Hour, time.Hour, time.Hour}, 5 * time.Minute},
		{"over", []time.Duration{-second}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := pace.New(4, 0)
			for i, until := range test.heard {
				now := time.Duration(i) * second
				p.Heard(theirs(until), theirs(now), at(now), 5*time.Minute)
			}
			if test.want == 0 {
				if ok, _ := p.Open(at(0)); !ok || p.Held(at(0)) {
					t.Error("held")
				}
				return
			}
			before, after := at(test.want-1), at(test.want)
			if ok, next := p.Open(before); ok || !next.Equal(after) || !p.Held(before) {
				t.Errorf("before its end: open %v, until %v, want %v", ok, next, after)
			}
			if ok, _ := p.Open(after); !ok || p.Held(after) {
				t.Error("held after its end")
			}
		})
	}
}

// Other runs hear of a pause once, again where it comes to last longer, and of an outage
// as long as there is one.
func TestNews(t *testing.T) {
	const runs = 2
	type told struct{ at, until time.Duration }
	for _, test := range []struct {
		name  string
		runs  int
		do    func(p *pace.Pressure, o *pace.Outage, now time.Duration) // at each second
		pause []told
		out   []time.Duration
	}{
		{"nothing", runs, func(*pace.Pressure, *pace.Outage, time.Duration) {}, nil, nil},
		{"a pause", runs, func(p *pace.Pressure, _ *pace.Outage, now time.Duration) {
			if now == 2*second {
				p.Overloaded(at(now), at(now), 10*second, true)
			}
		}, []told{{2 * second, 12 * second}}, nil},
		{"nobody to tell", 1, func(p *pace.Pressure, _ *pace.Outage, now time.Duration) {
			p.Overloaded(at(now), at(now), 10*second, true)
		}, nil, nil},
		{"no pause", runs, func(p *pace.Pressure, _ *pace.Outage, now time.Duration) {
			p.Overloaded(at(now), at(now), 0, true)
		}, nil, nil},
		{"a little longer each time", runs, func(p *pace.Pressure, _ *pace.Outage, now time.Duration) {
			if now < 6*second {
				p.Overloaded(at(now), at(now), 10*second, true)
			}
		}, []told{{0, 10 * second}, {4 * second, 14 * second}, {14 * second, 15 * second}}, nil},
		{"an outage", runs, func(_ *pace.Pressure, o *pace.Outage, now time.Duration) {
			switch now {
			case second:
				fails(o, 5, now, 0)
			case 8 * second:
				o.Over(at(now))
			}
		}, nil, []time.Duration{second, 5 * second}},
		{"another run's outage", runs, func(_ *pace.Pressure, o *pace.Outage, now time.Duration) {
			o.Heard(at(0), at(now))
		}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, o := pace.New(4, 0), new(pace.Outage)
			p.Share(test.runs)
			var pause []told
			var out []time.Duration
			for now := time.Duration(0); now < 15*second; now += second {
				test.do(p, o, now)
				if until, ok := p.News(at(now)); ok {
					pause = append(pause, told{now, until.Sub(at(0))})
				}
				if o.News(at(now)) {
					out = append(out, now)
				}
			}
			if diff := cmp.Diff(test.pause, pause, cmp.AllowUnexported(told{})); diff != "" {
				t.Errorf("told of a pause (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.out, out); diff != "" {
				t.Errorf("told of an outage (-want +got):\n%s", diff)
			}
		})
	}
}

// What another run has found holds this one back until a probe is answered, unless the
// platform has answered it since.
func TestOutageHeard(t *testing.T) {
	for _, test := range []struct {
		name                  string
		silent, answered, now time.Duration
		paused                bool
	}{
		{"nothing was answered since", 10 * second, 9 * second, 11 * second, true},
		{"something was", 10 * second, 10500 * ms, 11 * second, false},
		{"long ago", 10 * second, 9 * second, 25 * second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := new(pace.Outage)
			o.Over(at(test.answered))
			o.Heard(at(test.silent), at(test.now))
			if o.Paused != test.paused || o.Admits(0) == test.paused || o.Blocked(false) != test.paused {
				t.Fatalf("paused %v, admits %v, blocked %v; want paused %v", o.Paused, o.Admits(0), o.Blocked(false), test.paused)
			}
			if due, _ := probe(o, at(test.now)); due != test.paused {
				t.Fatalf("a probe is due: %v, want %v", due, test.paused)
			}
			if !test.paused {
				return
			}
			o.Probed(at(test.now+second), true, 0)
			o.Heard(at(test.silent), at(test.now+second))
			if !o.Admits(0) || o.Admits(1) {
				t.Error("after an answer one order may not try, or others beside it")
			}
			if o.Over(at(test.now + second)); !o.Admits(1) {
				t.Error("after its order it does not go on")
			}
		})
	}
}
