package pace_test

import (
	"errors"
	"testing"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/pace"
)

func TestBackoff(t *testing.T) {
	for _, test := range []struct {
		name       string
		attempt    int
		base, most time.Duration
		from, to   time.Duration // and both of them occur, as far as few values allow
	}{
		{"the first", 1, 10, time.Hour, 1, 10},
		{"as the first", 0, 10, time.Hour, 1, 10},
		{"twice as long", 2, 10, time.Hour, 2, 20},
		{"four times as long", 3, 10, time.Hour, 4, 40},
		{"not longer than most", 9, 10, 30, 3, 30},
		{"the last that is counted", 19, 1, time.Hour, (1 << 18) / 10, 1 << 18},
		{"most from then on", 20, 1, time.Hour, 6 * time.Minute, time.Hour},
		{"without end", 1000, second, 20, 2, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			least, greatest := time.Duration(1<<62), time.Duration(0)
			for range 3000 {
				d := pace.Chance(nil).Backoff(test.attempt, test.base, test.most)
				least, greatest = min(least, d), max(greatest, d)
			}
			if least < test.from || greatest > test.to {
				t.Errorf("between %d and %d, want between %d and %d", least, greatest, test.from, test.to)
			}
			if spread := (test.to - test.from) / 100; least > test.from+spread || greatest < test.to-spread {
				t.Errorf("between %d and %d only, want all between %d and %d", least, greatest, test.from, test.to)
			}
		})
	}
}

// Whoever is given the draws knows the pauses.
func TestBackoffIsDrawn(t *testing.T) {
	for draw, want := range map[float64]time.Duration{0: 100 * ms, 0.5: 550 * ms, 0.999999999: second} {
		if got := backoffOf(draw, 1, second, time.Hour); (got - want).Abs() > time.Microsecond {
			t.Errorf("a draw of %v: %v, want %v", draw, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want time.Duration
	}{
		{"no error", nil, 0},
		{"another error", errors.New("no"), 0},
		{"not asked for", &apsclient.Error{}, 0},
		{"asked for", &apsclient.Error{RetryAfter: second}, second},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := pace.RetryAfter(test.err); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestEarliest(t *testing.T) {
	var none time.Time
	for _, test := range []struct {
		name  string
		times []time.Time
		want  time.Time
	}{
		{"of none", nil, none},
		{"of one", []time.Time{at(1)}, at(1)},
		{"of several", []time.Time{at(2), at(1), at(3)}, at(1)},
		{"no time is no time", []time.Time{none, at(1), none}, at(1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := earliestOf(test.times...); !got.Equal(test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
	if a, b := pace.Earliest(at(1), at(2)), pace.Earliest(at(2), at(1)); !a.Equal(at(1)) || !b.Equal(at(1)) {
		t.Errorf("%v and %v, want %v", a, b, at(1))
	}
}

// backoffOf is the pause that a draw of chance leads to.
func backoffOf(draw float64, attempt int, base, most time.Duration) time.Duration {
	return pace.Chance(func() float64 { return draw }).Backoff(attempt, base, most)
}

// earliestOf is what an alarm keeps of the times it is told.
func earliestOf(times ...time.Time) time.Time {
	var a pace.Alarm
	for _, t := range times {
		a.At(t)
	}
	return time.Time(a)
}

func withStatus(status int) error { return &apsclient.Error{Status: status} }

func noAnswer() error { return errors.New("no answer") }

// tooLong and probe also return when to ask again.
func tooLong(o *pace.Outage, now time.Time, patience time.Duration) (bool, time.Time) {
	var wake pace.Alarm
	return o.TooLong(now, patience, &wake), time.Time(wake)
}

func probe(o *pace.Outage, now time.Time) (bool, time.Time) {
	var wake pace.Alarm
	return o.Probe(now, &wake), time.Time(wake)
}
