package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// at is the moment so long after the small machines' tests begin.
func at(d time.Duration) time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(d) }

const ms, second = time.Millisecond, time.Second

// lanes are lanes and the rows in them, named by account and number: "a1".
type lanes struct {
	*engine.Lanes
	t     *testing.T
	items map[string]*engine.Item
}

func newLanes(t *testing.T, o engine.Options, names ...string) *lanes {
	ls := &lanes{engine.NewLanes(o), t, map[string]*engine.Item{}}
	for i, name := range names {
		ls.items[name] = engine.NewItem(i, name[:1])
		ls.Enqueue(ls.items[name], false)
	}
	return ls
}

// next is the name of the next row to be sent, empty if none may be.
func (ls *lanes) next(newcomers bool) string {
	it := ls.Next(newcomers)
	for name, have := range ls.items {
		if have == it {
			return name
		}
	}
	return ""
}

// sends takes rows until none may be sent, and holds them against want.
func (ls *lanes) sends(want ...string) {
	ls.t.Helper()
	var got []string
	for name := ls.next(true); name != ""; name = ls.next(true) {
		got = append(got, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		ls.t.Fatalf("sent (-want +got):\n%s", diff)
	}
}

func TestLanesTurns(t *testing.T) {
	for _, test := range []struct {
		name       string
		perAccount int
		rows       []string
		want       []string
	}{
		{"one of each account", 1, []string{"a1", "a2", "b1", "c1", "b2"}, []string{"a1", "b1", "c1"}},
		{"two of each, in turn", 2, []string{"a1", "a2", "a3", "b1", "b2"}, []string{"a1", "b1", "a2", "b2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ls := newLanes(t, engine.Options{PerAccount: test.perAccount}, test.rows...)
			if ls.Waiting() != len(test.rows) {
				t.Errorf("%d wait, want %d", ls.Waiting(), len(test.rows))
			}
			ls.sends(test.want...)
			if left := len(test.rows) - len(test.want); ls.Waiting() != left {
				t.Errorf("%d wait, want %d", ls.Waiting(), left)
			}
		})
	}
}

func TestLanesNext(t *testing.T) {
	ls := newLanes(t, engine.Options{}, "a1", "a2", "b1", "c1")
	ls.sends("a1", "b1", "c1")
	ls.Placed(ls.items["a1"], true)
	ls.sends("a2")
	for _, name := range []string{"a2", "b1", "c1"} {
		ls.Placed(ls.items[name], true)
	}
	if ls.Accounts() != 0 || ls.Waiting() != 0 {
		t.Errorf("%d accounts and %d rows are left", ls.Accounts(), ls.Waiting())
	}
}

// While a trial has all the rows it may have, only those go out again.
func TestLanesTrial(t *testing.T) {
	ls := newLanes(t, engine.Options{}, "a1", "b1", "c1", "d1")
	ls.items["c1"].Trial()
	if got := ls.next(false); got != "c1" {
		t.Errorf("%q is sent, want c1", got)
	}
	if got := ls.next(false); got != "" {
		t.Errorf("%q is sent, which is not of the trial", got)
	}
	ls.sends("a1", "b1", "d1")
}

// A lane that was closed while it stood in the queue is passed over.
func TestLanesClosedInTheQueue(t *testing.T) {
	ls := newLanes(t, engine.Options{PerAccount: 2}, "a1", "a2", "b1")
	if got := ls.next(true); got != "a1" {
		t.Fatal(got)
	}
	if got := ls.next(true); got != "b1" {
		t.Fatal(got)
	}
	ls.items["c1"] = engine.NewItem(9, "c")
	ls.Enqueue(ls.items["c1"], false)
	ls.Park(ls.items["a1"], at(0))
	ls.sends("c1")
}

// A lane is kept while something waits in it or may come back to it.
func TestLanesForget(t *testing.T) {
	ls := newLanes(t, engine.Options{PerAccount: 2}, "a1", "a2", "a3")
	one := ls.items["a1"]
	for _, step := range []struct {
		name string
		do   func()
		want int // accounts that are known
	}{
		{"one on its way, others wait", func() { ls.Next(true) }, 1},
		{"two on their way, one waits", func() { ls.Next(true) }, 1},
		{"one waits", func() { ls.Placed(one, true); ls.Placed(one, true) }, 1},
		{"one on its way, none waits", func() { ls.Next(true); ls.Follow(one); ls.Unfollow(one, true) }, 1},
		{"an order is followed", func() { ls.Follow(one); ls.Placed(one, true) }, 1},
		{"nothing is left", func() { ls.Unfollow(one, true) }, 0},
		{"nor is there news of it", func() { ls.Unfollow(one, true) }, 0},
	} {
		if step.do(); ls.Accounts() != step.want {
			t.Fatalf("%s: %d accounts are known, want %d", step.name, ls.Accounts(), step.want)
		}
	}
}

// putOff is a row whose request has ended and is to be sent again.
func (ls *lanes) putOff(when time.Duration, names ...string) {
	for _, name := range names {
		ls.Later(ls.items[name], at(when))
		ls.Placed(ls.items[name], false)
	}
}

func TestLanesLater(t *testing.T) {
	clean := func(ls *lanes, n int) {
		for range n {
			ls.Placed(engine.NewItem(9, "z"), true)
		}
	}
	for _, test := range []struct {
		name     string
		before   func(*lanes)
		from, to time.Duration
	}{
		{"the first time", func(*lanes) {}, 20 * ms, 200 * ms},
		{"the eighth time", func(ls *lanes) {
			clean(ls, 100)
			for i := range 7 {
				ls.putOff(0, "a1")
				ls.Tick(at(time.Duration(i+1) * time.Minute))
				ls.Next(true)
			}
		}, second, 10 * second},
		{"with the last of the budget", func(ls *lanes) { ls.putOff(0, "b1", "c1", "d1") }, 20 * ms, 200 * ms},
		{"once the budget is spent", func(ls *lanes) { ls.putOff(0, "b1", "c1", "d1", "e1") }, 2 * second, 2 * second},
		{"and overdrawn", func(ls *lanes) { ls.putOff(0, "b1", "c1", "d1", "e1", "f1", "g1"); clean(ls, 11) }, 20 * ms, 200 * ms},
		{"nine clean answers are not enough for one more", func(ls *lanes) { ls.putOff(0, "b1", "c1", "d1", "e1"); clean(ls, 9) }, 2 * second, 2 * second},
		{"eleven are", func(ls *lanes) { ls.putOff(0, "b1", "c1", "d1", "e1"); clean(ls, 11) }, 20 * ms, 200 * ms},
	} {
		t.Run(test.name, func(t *testing.T) {
			ls := newLanes(t, engine.Options{Concurrency: 4}, "a1", "b1", "c1", "d1", "e1", "f1", "g1")
			ls.sends("a1", "b1", "c1", "d1", "e1", "f1", "g1")
			test.before(ls)
			ls.Tick(at(time.Hour))
			for ls.Next(true) != nil { // all that was put off before
			}
			ls.putOff(time.Hour, "a1")
			due := ls.Tick(at(time.Hour))
			if pause := due.Sub(at(time.Hour)); pause < test.from || pause > test.to || ls.Waiting() != 1 {
				t.Fatalf("%d wait, due %v later; want one, between %v and %v", ls.Waiting(), pause, test.from, test.to)
			}
			if ls.Tick(due.Add(-1)); ls.next(true) != "" {
				t.Error("sent before it was due")
			}
			if again := ls.Tick(due); !again.IsZero() || ls.Waiting() != 1 {
				t.Errorf("again at %v, %d wait", again, ls.Waiting())
			}
			ls.sends("a1")
			if ls.Waiting() != 0 {
				t.Errorf("%d wait", ls.Waiting())
			}
		})
	}
}

// What was put off goes before what is new.
func TestLanesReleased(t *testing.T) {
	ls := newLanes(t, engine.Options{}, "a1", "a2", "a3", "b1")
	ls.sends("a1", "b1")
	ls.putOff(time.Minute, "b1")
	ls.putOff(0, "a1")
	ls.sends("a2")
	if wake := ls.Tick(at(30 * second)); wake.Before(at(time.Minute)) {
		t.Errorf("the next is due at %v", wake)
	}
	ls.sends()
	ls.Placed(ls.items["a2"], true)
	ls.sends("a1")
	ls.Placed(ls.items["a1"], true)
	ls.sends("a3")
	ls.Tick(at(2 * time.Minute))
	ls.sends("b1")
}

func TestLanesPark(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*lanes) // after a1 has been parked at 0
		now  time.Duration
		open bool
	}{
		{name: "closed", do: func(*lanes) {}, now: 50 * ms},
		{name: "until the probe is due", do: func(*lanes) {}, now: second, open: true},
		{name: "or an order of the account has ended", do: func(ls *lanes) { ls.Unfollow(ls.items["a1"], true) }, open: true},
		{name: "not only given up", do: func(ls *lanes) { ls.Unfollow(ls.items["a1"], false) }},
		{name: "or another answer was clean", do: func(ls *lanes) { ls.Placed(ls.items["a1"], true) }, open: true},
		{name: "not one that was not", do: func(ls *lanes) { ls.Placed(ls.items["a1"], false) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			ls := newLanes(t, engine.Options{PerAccount: 2}, "a1", "a2", "a3")
			ls.Follow(ls.items["a1"])
			if got := ls.next(true); got != "a1" {
				t.Fatal(got)
			}
			ls.Park(ls.items["a1"], at(0))
			ls.Placed(ls.items["a1"], false)
			test.do(ls)
			wake := ls.Tick(at(test.now))
			if !test.open {
				if ls.sends(); wake.Before(at(100*ms)) || wake.After(at(second)) {
					t.Errorf("probe at %v", wake)
				}
				return
			}
			if got := ls.next(true); got != "a1" || !wake.IsZero() {
				t.Errorf("%q is sent, again at %v; want a1", got, wake)
			}
		})
	}
}

// Each lane has a probe of its own.
func TestLanesProbeEach(t *testing.T) {
	names := []string{"a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1", "i1", "j1", "k1", "l1"}
	ls := newLanes(t, engine.Options{}, names...)
	ls.sends(names...)
	for _, name := range names {
		closed := time.Hour
		if name == "g1" {
			closed = 0
		}
		ls.Park(ls.items[name], at(closed))
		ls.Placed(ls.items[name], false)
	}
	ls.Tick(at(time.Minute))
	ls.sends("g1")
}

func TestLanesParkAgain(t *testing.T) {
	park := func(ls *lanes, when time.Duration) csvimport.Status {
		ls.Park(ls.items["a1"], at(when))
		return ls.Ended(ls.items["a1"])
	}
	for _, test := range []struct {
		name    string
		options engine.Options
		do      func(*lanes) csvimport.Status
		want    csvimport.Status
	}{
		{"for ten minutes", engine.Options{Wait: time.Minute}, func(ls *lanes) csvimport.Status {
			park(ls, 0)
			return park(ls, 10*time.Minute)
		}, ""},
		{"for longer", engine.Options{Wait: time.Minute}, func(ls *lanes) csvimport.Status {
			park(ls, 0)
			return park(ls, 10*time.Minute+1)
		}, csvimport.Unsent},
		{"for longer than the patience", engine.Options{Patience: time.Minute}, func(ls *lanes) csvimport.Status {
			park(ls, 0)
			return park(ls, time.Minute+1)
		}, csvimport.Unsent},
		{"a clean answer between", engine.Options{Wait: time.Minute}, func(ls *lanes) csvimport.Status {
			park(ls, 0)
			ls.Placed(ls.items["a1"], true)
			return park(ls, time.Hour)
		}, ""},
		{"when nothing is placed any more", engine.Options{}, func(ls *lanes) csvimport.Status {
			ls.StopPlacing()
			return park(ls, 0)
		}, csvimport.Unsent},
	} {
		t.Run(test.name, func(t *testing.T) {
			ls := newLanes(t, test.options, "a1")
			ls.sends("a1")
			if got := test.do(ls); got != test.want {
				t.Errorf("ended as %q, want %q", got, test.want)
			}
		})
	}
}

// Nothing goes back to its lane once nothing is placed any more.
func TestLanesStopped(t *testing.T) {
	for _, test := range []struct {
		name    string
		stopped bool
		do      func(*lanes)
		want    csvimport.Status
		waiting int
	}{
		{"back", false, func(ls *lanes) { ls.Last(ls.items["a1"]) }, "", 1},
		{"later", false, func(ls *lanes) { ls.Later(ls.items["a1"], at(0)) }, "", 1},
		{"back, too late", true, func(ls *lanes) { ls.Last(ls.items["a1"]) }, csvimport.Unsent, 0},
		{"later, too late", true, func(ls *lanes) { ls.Later(ls.items["a1"], at(0)) }, csvimport.Unsent, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ls := newLanes(t, engine.Options{}, "a1")
			ls.sends("a1")
			if test.stopped {
				ls.StopPlacing()
			}
			test.do(ls)
			if got := ls.Ended(ls.items["a1"]); got != test.want || ls.Waiting() != test.waiting {
				t.Errorf("ended as %q, %d wait; want %q, %d", got, ls.Waiting(), test.want, test.waiting)
			}
		})
	}
}
