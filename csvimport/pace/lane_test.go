package pace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/pace"
)

func TestLaneOrder(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*pace.Lane[int])
		want []int
	}{
		{"empty", func(*pace.Lane[int]) {}, nil},
		{"as they came", func(l *pace.Lane[int]) { l.Push(1); l.Push(2); l.Push(3) }, []int{1, 2, 3}},
		{"put back before all were taken", func(l *pace.Lane[int]) { l.Push(1); l.Push(2); l.Again(l.Pop()) }, []int{1, 2}},
		{"put back after all were taken", func(l *pace.Lane[int]) { l.Push(1); it := l.Pop(); l.Push(2); l.Push(3); l.Again(it) }, []int{1, 2, 3}},
		{"put back into an empty lane", func(l *pace.Lane[int]) { l.Push(1); l.Again(l.Pop()) }, []int{1}},
		{"two put back", func(l *pace.Lane[int]) {
			for i := 1; i <= 4; i++ {
				l.Push(i)
			}
			one, two := l.Pop(), l.Pop()
			l.Again(one)
			l.Again(two)
		}, []int{2, 1, 3, 4}},
		{"more after some were taken", func(l *pace.Lane[int]) { l.Push(1); l.Push(2); l.Pop(); l.Push(3) }, []int{2, 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := new(pace.Lane[int])
			test.do(l)
			if l.Waiting() != len(test.want) {
				t.Errorf("%d wait, want %d", l.Waiting(), len(test.want))
			}
			var got []int
			for l.Waiting() > 0 {
				got = append(got, l.Pop())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLaneBusy(t *testing.T) {
	for _, test := range []struct {
		name     string
		answers  int
		from, to time.Duration // of the last pause
	}{
		{"the first answer", 1, 100 * ms, second},
		{"the second", 2, 200 * ms, 2 * second},
		{"the ninth", 9, 3 * second, 30 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := new(pace.Lane[int])
			l.Push(0)
			if !l.Ready(1) {
				t.Error("not ready before")
			}
			last := at(0)
			for i := range test.answers {
				last = at(time.Duration(i) * time.Minute)
				l.Close(last, nil)
			}
			if l.Ready(1) || !l.BusyAt.Equal(at(0)) {
				t.Errorf("ready %v, busy since %v; want since the first answer", l.Ready(1), l.BusyAt)
			}
			if pause := l.ProbeAt.Sub(last); pause < test.from || pause > test.to {
				t.Errorf("probe after %v, want between %v and %v", pause, test.from, test.to)
			}
		})
	}
}
