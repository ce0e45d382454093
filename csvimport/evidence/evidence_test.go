package evidence_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/evidence"
)

const (
	sec  = time.Second
	min  = time.Minute
	hour = time.Hour
)

func TestRules(t *testing.T) {
	real := evidence.Rules{}.Filled()
	short := evidence.Rules{Settle: 3 * sec, Loopback: true}.Filled()
	here := evidence.Rules{Loopback: true}.Filled()
	for _, tc := range []struct {
		name      string
		got, want time.Duration
	}{
		{"turn up, no lag known", real.TurnUp(0), 10 * min},
		{"turn up, short lag", real.TurnUp(30 * sec), 10 * min},
		{"turn up, long lag", real.TurnUp(4 * min), 16 * min},
		{"turn up, a lag counts for 5 min at most", real.TurnUp(hour), 20 * min},
		{"turn up, short settle", short.TurnUp(4 * min), 3 * sec},
		{"turn up, on loopback", here.TurnUp(0), 10 * sec},
		{"turn up, on loopback, long lag", here.TurnUp(min), 4 * min},
		{"doubt, on loopback", here.Doubt(0), 2 * sec},
		{"denied, on loopback, asked to wait", here.Denied(0, min), min},
		{"doubt", real.Doubt(0), 2 * min},
		{"doubt, long lag", real.Doubt(min), 4 * min},
		{"doubt, short settle", short.Doubt(min), 3 * sec},
		{"denied", real.Denied(0, 0), 5 * sec},
		{"denied, asked to wait", real.Denied(sec, min), min},
		{"denied, lag", real.Denied(40*sec, min), 80 * sec},
		{"unseen", real.Unseen(0), 10 * min},
		{"unseen, long lag", real.Unseen(5 * min), 20 * min},
		{"horizon", real.Horizon(0), 10 * min},
		{"import due", real.ImportDue(38 * sec), 196 * sec},
		{"import due, on loopback", here.ImportDue(sec), 4 * sec},
		{"horizon, long lag", real.Horizon(6 * min), 10 * min},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, tc.got, tc.want)
		}
	}
}

// A row is not sent again while its request may arrive still.
func TestAgain(t *testing.T) {
	real := evidence.Rules{}.Filled()
	for _, tc := range []struct {
		name   string
		window time.Duration
		dated  bool
		want   time.Duration
	}{
		{"five minutes", 5 * min, true, 24 * hour},
		{"a day, and the clock of who sent it may have been a day ahead", 25 * hour, true, 50*hour + min},
		{"for ever", 0, true, evidence.Never},
		{"without a date", 5 * min, false, evidence.Never},
	} {
		if got := real.Again(evidence.MayArrive(tc.window, tc.dated)); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	if got := real.Again(0); got != 24*hour {
		t.Errorf("of a run that has ended: %v, want as long as an order may turn up", got)
	}
}

// The clock that says less is believed.
func TestPassed(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name          string
		heard, looked time.Time
		want          time.Duration
	}{
		{"both alike", noon, noon.Add(2 * hour), 2 * hour},
		{"the platform says less", noon, noon.Add(hour), hour},
		{"it says more", noon, noon.Add(3 * hour), 2 * hour},
		{"it goes backwards", noon, noon.Add(-hour), -hour},
		{"it said nothing before", time.Time{}, noon, hour},
		{"it says nothing now", noon, time.Time{}, hour},
	} {
		if got := evidence.Passed(2*hour, tc.heard, tc.looked); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestUntil(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		began time.Time
		wait  time.Duration
		want  time.Time
	}{
		{"an hour", noon, hour, noon.Add(hour)},
		{"for ever", noon, evidence.Never, time.Time{}},
		{"no time", noon, 0, time.Time{}},
		{"nobody knows since when", time.Time{}, hour, time.Time{}},
	} {
		if got := evidence.Until(tc.began, tc.wait); !got.Equal(tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestFreshness(t *testing.T) {
	start := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	at := func(wall, elapsed time.Duration) evidence.Moment {
		return evidence.Moment{Wall: start.Add(wall), Elapsed: elapsed}
	}
	for _, tc := range []struct {
		name          string
		now           evidence.Moment
		fresh, recent bool
	}{
		{"at once", at(0, 0), true, true},
		{"ten seconds", at(10*sec, 10*sec), true, true},
		{"eleven", at(11*sec, 11*sec), true, false},
		{"three minutes", at(3*min, 3*min), true, false},
		{"more", at(3*min+1, 3*min+1), false, false},
		{"asleep: the timers stood still", at(0, 3*min+1), false, false},
		{"the clock was put forward", at(4*min, sec), false, false},
		{"the clock was put back", at(-sec, sec), false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var f evidence.Freshness
			if f.Fresh(tc.now) {
				t.Error("fresh before any look")
			}
			f.Looked(at(0, 0))
			f.Looked(at(-hour, -hour)) // one that began earlier ends later
			if fresh, recent := f.Fresh(tc.now), f.Recent(tc.now); fresh != tc.fresh || recent != tc.recent {
				t.Errorf("fresh %v, recent %v, want %v, %v", fresh, recent, tc.fresh, tc.recent)
			}
		})
	}
}

// A look does not make fresh what two looks left open between them.
func TestFreshnessAfterAGap(t *testing.T) {
	start := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) evidence.Moment { return evidence.Moment{Wall: start.Add(d), Elapsed: d} }
	var f evidence.Freshness
	for _, look := range []time.Duration{0, 3 * min} {
		if f.Looked(at(look)); !f.Fresh(at(look)) || f.Gap() {
			t.Fatalf("the look at %v is not fresh", look)
		}
	}
	for _, look := range []time.Duration{6*min + 1, 7 * min} {
		if f.Looked(at(look)); f.Fresh(at(look)) || !f.Gap() {
			t.Fatalf("the look at %v is fresh, and there is a gap before it", look)
		}
	}
	if !f.Begun() {
		t.Error("looks were taken, and evidence has not begun")
	}
	if f.Anew(at(8 * min)); f.Fresh(at(7*min)) || f.Gap() || f.Begun() {
		t.Error("evidence began anew, and looks count still")
	}
	if f.Looked(at(8*min - 1)); f.Fresh(at(8*min)) || f.Begun() {
		t.Error("a look counts that was under way when evidence began anew")
	}
	if f.Looked(at(20 * min)); !f.Fresh(at(20*min)) || f.Gap() {
		t.Error("evidence began anew, and a look does not count")
	}
}

func TestUnshown(t *testing.T) {
	for _, tc := range []struct {
		name    string
		early   []time.Duration // misses before it was accepted
		sighted time.Duration   // before it was accepted
		misses  []time.Duration
		asked   time.Duration // by its id, in vain
		shown   time.Duration
		want    time.Duration
	}{
		{name: "at the first look", shown: 3 * sec, want: 3 * sec},
		{name: "at a late first look", shown: 5 * min, want: 15 * sec},
		{name: "missed once", misses: []time.Duration{20 * sec}, shown: 22 * sec, want: 22 * sec},
		{name: "missed, then asleep", misses: []time.Duration{20 * sec}, shown: hour, want: 35 * sec},
		{name: "missed twice", misses: []time.Duration{20 * sec, 50 * sec}, shown: 55 * sec, want: 55 * sec},
		{name: "missed while its answer was on the way", early: []time.Duration{sec, 60 * sec, 200 * sec}, shown: hour, want: 215 * sec},
		{name: "listed before its answer came", early: []time.Duration{sec, 60 * sec, 200 * sec}, sighted: 70 * sec, misses: []time.Duration{300 * sec}, shown: hour, want: 70 * sec},
		{name: "asked for by its id meanwhile", misses: []time.Duration{20 * sec}, asked: 50 * sec, shown: 80 * sec, want: 65 * sec},
		{name: "a look from before it was asked for tells nothing", early: []time.Duration{0}, shown: hour, want: 15 * sec},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var u evidence.Unshown
			for _, m := range tc.early {
				u.Missed(m)
			}
			if tc.sighted > 0 {
				u.Sighted("a", tc.sighted)
			}
			u.Accepted("a", "sub", 0)
			for _, m := range tc.misses {
				u.Missed(m)
			}
			u.NotListed("a", tc.asked)
			if _, others := u.Listed("a", "other sub", tc.shown); others {
				t.Error("the order of another row shows as this one's")
			}
			got, ok := u.Listed("a", "sub", tc.shown)
			if !ok || got != tc.want {
				t.Errorf("%v %v, want %v", got, ok, tc.want)
			}
			if _, again := u.Listed("a", "", tc.shown); again || u.Waits("a") {
				t.Error("it shows for the first time twice")
			}
		})
	}
}

func TestLookEnd(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	type order struct {
		id  string
		age time.Duration // negative: not told
	}
	many := func(n int, o order) (list []order) {
		for range n {
			list = append(list, o)
		}
		return list
	}
	for _, tc := range []struct {
		name   string
		newest string
		since  time.Duration
		list   []order
		want   int // how many are read
	}{
		{"down to what is old", "c", sec, []order{{"c", 0}, {"b", 5 * min}, {"a", 11 * min}, {"z", hour}}, 3},
		{"a known order does not end it", "b", sec, []order{{"c", 0}, {"b", 5 * min}, {"a", 11 * min}, {"z", hour}}, 3},
		{"old, and newer than the last look", "a", 2 * hour, []order{{"c", hour}, {"b", 2 * hour}, {"a", 3 * hour}, {"z", 4 * hour}}, 3},
		{"young at the last look, and listed below its newest since", "b", 6 * hour, []order{{"c", hour}, {"b", 6*hour + sec}, {"a", 6*hour + 2*sec}, {"z", 7 * hour}}, 4},
		{"there was none at the last look, nine hours ago", "", 9 * hour, []order{{"c", 6 * hour}, {"b", 8 * hour}, {"a", 9 * hour}, {"z", 34 * hour}, {"y", 35 * hour}}, 4},
		{"there was none at the last look, three days ago", "", 72 * hour, []order{{"c", 6 * hour}, {"b", 48 * hour}, {"a", 71 * hour}}, 3},
		{"the newest of the last look is gone", "gone", min, []order{{"c", hour}, {"b", 24 * hour}, {"a", 25 * hour}, {"z", 26 * hour}}, 3},
		{"ages that are not told", "x", sec, append([]order{{"y", -1}, {"x", -1}}, many(600, order{"o", -1})...), 502},
		{"none told, and the newest is gone", "gone", sec, many(6000, order{"o", -1}), 5001},
	} {
		end := evidence.LookEnd{Horizon: 10 * min, Now: now, Newest: tc.newest, Since: tc.since}
		read := 0
		for _, o := range tc.list {
			date := now.Add(-o.age)
			if o.age < 0 {
				date = time.Time{}
			}
			if read++; end.Reached(o.id, date) {
				break
			}
		}
		if read != tc.want {
			t.Errorf("%s: read %d, want %d", tc.name, read, tc.want)
		}
	}
}

func TestCompareNumbers(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"SO000001", "SO000002", -1}, {"SO000010", "SO000009", 1}, {"SO999999", "SO1000000", -1},
		{"SO000001", "SO000001", 0}, {"", "SO000001", 1}, {"SO0", "SO1", -1}, {"9-A", "10-A", -1},
	} {
		if got := evidence.CompareNumbers(tc.a, tc.b); got != tc.want {
			t.Errorf("%q, %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := evidence.CompareNumbers(tc.b, tc.a); got != -tc.want {
			t.Errorf("%q, %q: %d, want %d", tc.b, tc.a, got, -tc.want)
		}
	}
}

// none and only are what a look shows.
func none(string) bool { return false }

func only(id string) func(string) bool { return func(s string) bool { return s == id } }

// admits fails the test unless so many may be placed.
func admits(t *testing.T, f *evidence.First, now time.Duration, want evidence.Admission) {
	t.Helper()
	if got := f.Admits(now, true, 0); got != want {
		t.Errorf("at %v %d may be placed, want %d", now, got, want)
	}
}

func TestFirstOrder(t *testing.T) {
	newFirst := func(t *testing.T) *evidence.First {
		f := evidence.NewFirst(evidence.Rules{}.Filled(), "", 0)
		admits(t, f, 0, evidence.None) // nothing has been looked at
		f.Listed(sec, 2*sec, none, true)
		admits(t, f, 2*sec, evidence.Alone)
		if got := f.Admits(2*sec, false, 0); got != evidence.None {
			t.Error("placed on an old look")
		}
		if got := f.Admits(2*sec, true, 1); got != evidence.None {
			t.Error("placed while another is on its way")
		}
		return f
	}
	accepted := func(t *testing.T) *evidence.First {
		f := newFirst(t)
		f.Sent(2 * sec)
		admits(t, f, 2*sec, evidence.None)
		f.Accepted("a", 3*sec)
		admits(t, f, 3*sec, evidence.None)
		return f
	}
	t.Run("shows", func(t *testing.T) {
		f := accepted(t)
		f.Listed(10*sec, 11*sec, only("a"), true)
		admits(t, f, 11*sec, evidence.None) // too young
		f.Listed(62*sec, 63*sec, only("a"), true)
		admits(t, f, 63*sec, evidence.None) // it was when that look began
		f.Listed(63*sec, 64*sec, only("a"), true)
		admits(t, f, 64*sec, evidence.All)
	})
	t.Run("its answer named the order of another row", func(t *testing.T) {
		f := accepted(t)
		f.Misnamed(4*sec, 2*min)
		f.Listed(63*sec, 64*sec, only("a"), true)
		admits(t, f, 64*sec, evidence.None)
		admits(t, f, 4*sec+2*min, evidence.Alone)
	})
	t.Run("shows, and something foreign", func(t *testing.T) {
		f := accepted(t)
		f.Listed(63*sec, 64*sec, only("a"), false)
		admits(t, f, 64*sec, evidence.None)
	})
	t.Run("on loopback one look is enough", func(t *testing.T) {
		f := evidence.NewFirst(evidence.Rules{Loopback: true}.Filled(), "", 0)
		f.Listed(0, 0, none, true)
		f.Sent(0)
		f.Accepted("a", sec)
		f.Listed(sec, sec, only("a"), true)
		admits(t, f, sec, evidence.All)
	})
	t.Run("denied: the next row is first", func(t *testing.T) {
		f := newFirst(t)
		f.Sent(2 * sec)
		f.Not()
		admits(t, f, 3*sec, evidence.Alone)
	})
	t.Run("in doubt: after a while the next row is first", func(t *testing.T) {
		f := newFirst(t)
		for i := range time.Duration(3) {
			at := i * 10 * min
			f.Listed(at, at, none, true)
			admits(t, f, at, evidence.Alone)
			f.Sent(at)
			f.Doubted(at, 2*min)
			admits(t, f, at+2*min-1, evidence.None)
			if f.Judge(at+2*min-1) != evidence.Undecided {
				t.Error("given up while one is in doubt")
			}
			f.Listed(at+2*min, at+2*min, none, true)
			f.Admits(at+2*min, true, 0)
		}
		if f.Judge(30*min) != evidence.TooManyDoubts {
			t.Error("three in a row were in doubt")
		}
	})
	t.Run("accepted, and not shown", func(t *testing.T) {
		f := accepted(t)
		f.Listed(9*min, 9*min, none, true)
		if f.Judge(10*min) != evidence.Undecided {
			t.Error("given up too early")
		}
		if got := f.Judge(10*min + 3*sec); got != evidence.Unseen {
			t.Errorf("verdict %d", got)
		}
	})
	t.Run("one of an earlier run has to show, and then one of its own", func(t *testing.T) {
		f := evidence.NewFirst(evidence.Rules{}.Filled(), "old", 0)
		f.Listed(sec, sec, none, true)
		admits(t, f, sec, evidence.None)
		if got := f.Judge(10 * min); got != evidence.UnseenAgain {
			t.Errorf("verdict %d", got)
		}
		f.Listed(2*sec, 2*sec, only("old"), true)
		admits(t, f, 2*sec, evidence.Alone)
	})
	t.Run("one that shows after evidence began anew does not count", func(t *testing.T) {
		f := accepted(t)
		f.Anew(hour)
		f.Listed(hour+sec, hour+sec, none, true)
		admits(t, f, hour+sec, evidence.None) // and nothing goes before it shows
		f.Listed(hour+2*sec, hour+2*sec, only("a"), true)
		admits(t, f, hour+2*sec, evidence.Alone)
	})
	t.Run("a look from before evidence began anew does not count", func(t *testing.T) {
		f := evidence.NewFirst(evidence.Rules{}.Filled(), "", 0)
		f.Anew(hour)
		f.Listed(hour-sec, hour+sec, none, true)
		admits(t, f, hour+sec, evidence.None)
	})
	t.Run("nothing placed for five minutes", func(t *testing.T) {
		f := accepted(t)
		f.Listed(63*sec, 64*sec, only("a"), true)
		f.Sent(70 * sec)
		admits(t, f, 70*sec+5*min, evidence.All)
		admits(t, f, 71*sec+5*min, evidence.None)
		if f.Idle(70*sec+5*min) || !f.Idle(71*sec+5*min) {
			t.Error("it is not after five minutes that evidence has to begin anew")
		}
		if got := f.Admits(71*sec+5*min, true, 1); got != evidence.All {
			t.Error("nothing goes while an order is on its way")
		}
		f.Anew(71*sec + 5*min)
		f.Listed(72*sec+5*min, 72*sec+5*min, none, true)
		admits(t, f, 72*sec+5*min, evidence.Alone)
	})
	t.Run("spared by another run on the ledger", func(t *testing.T) {
		f := evidence.NewFirst(evidence.Rules{}.Filled(), "", 0)
		f.Spare(0)
		admits(t, f, 0, evidence.All)
		if f.Placed() {
			t.Error("it has no first order of its own to compare")
		}
	})
}

func TestForeign(t *testing.T) {
	const turnUp = 10 * min
	for _, tc := range []struct {
		name    string
		numbers []string // seen at 1 s, 2 s, …
		looked  time.Duration
		own     string
		placed  bool
		want    evidence.Step
		until   time.Duration
	}{
		{"none", nil, 0, "SO5", true, evidence.GoOn, 0},
		{"no look since", []string{"SO3"}, 0, "SO5", true, evidence.Look, 0},
		{"own number not known", []string{"SO3"}, 2 * sec, "", true, evidence.Look, 0},
		{"the other began earlier", []string{"SO3"}, 2 * sec, "SO5", true, evidence.End, 0},
		{"this one did", []string{"SO7"}, 2 * sec, "SO5", true, evidence.Pause, sec + turnUp},
		{"the lowest counts", []string{"SO7", "SO4", "SO9"}, 9 * sec, "SO5", true, evidence.End, 0},
		{"the youngest moves the wait", []string{"SO7", "SO8"}, 9 * sec, "SO5", true, evidence.Pause, 2*sec + turnUp},
		{"nothing placed yet", []string{"SO3"}, 0, "", false, evidence.Pause, sec + turnUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var f evidence.Foreign
			for i, n := range tc.numbers {
				f.Saw(n, time.Duration(i+1)*sec)
			}
			f.Looked(tc.looked)
			if got := f.Step(tc.own, tc.placed, turnUp); got != tc.want {
				t.Errorf("step %d, want %d", got, tc.want)
			}
			if until, _ := f.Held(0); until != tc.until {
				t.Errorf("held until %v, want %v", until, tc.until)
			}
		})
	}
}
