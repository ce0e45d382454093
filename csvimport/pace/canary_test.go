package pace_test

import (
	"testing"

	"bulkimport/csvimport/pace"
)

func TestCanary(t *testing.T) {
	type end struct{ well, refused bool }
	three, firstDay := pace.NewCanary(3, false), pace.NewCanary(3, true)
	completed, failed, refused := end{well: true}, end{}, end{refused: true}
	for _, test := range []struct {
		name   string
		canary pace.Canary
		begun  int   // rows sent for the first time, as long as they are admitted
		ended  []end // of the first of them
		last   bool  // no further row comes
		want   pace.Verdict
		admits bool // after that
	}{
		{"no trial", pace.NewCanary(0, false), 9, []end{failed}, true, pace.Undecided, true},
		{"room for more", three, 2, nil, false, pace.Undecided, true},
		{"no room", three, 9, nil, false, pace.Undecided, false},
		{"some have not ended", three, 9, []end{completed, completed}, false, pace.Undecided, false},
		{"all ended well", three, 9, []end{completed, completed, completed}, false, pace.Passed, true},
		{"one did not", three, 9, []end{completed, failed, completed}, false, pace.Failed, false},
		{"one in the middle did not", three, 9, []end{completed, failed, completed}, false, pace.Failed, false},
		{"fewer, and more may come", three, 2, []end{completed, completed}, false, pace.Undecided, true},
		{"fewer, and they are all", three, 2, []end{completed, completed}, true, pace.Passed, true},
		{"none at all", three, 0, nil, true, pace.Undecided, true},
		{"the first day is of one row", firstDay, 9, nil, false, pace.Undecided, false},
		{"after which a person looks", firstDay, 9, []end{completed}, false, pace.Passed, false},
		{"or another one goes for a refused one", firstDay, 1, []end{refused}, false, pace.Undecided, true},
		{"or finds it failed", firstDay, 9, []end{failed}, false, pace.Failed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := test.canary
			for range test.begun {
				if !c.Admits() {
					break
				}
				c.Begin()
			}
			for _, e := range test.ended {
				c.End(e.well, e.refused)
			}
			if got := c.Judge(test.last, false, false); got != test.want {
				t.Errorf("verdict %v, want %v", got, test.want)
			}
			if got := c.Admits(); got != test.admits {
				t.Errorf("admits %v, want %v", got, test.admits)
			}
		})
	}
}

// Where the platform can be asked what it shows as imported it is, once.
func TestCanaryShown(t *testing.T) {
	c := pace.NewCanary(1, false)
	c.Begin()
	c.End(true, false)
	for _, step := range []struct {
		name   string
		asking bool
		want   pace.Verdict
	}{
		{"something else is being asked", true, pace.Undecided},
		{"to be asked", false, pace.Suspected},
		{"being asked", true, pace.Undecided},
		{"asked", false, pace.Passed},
		{"over", false, pace.Undecided},
	} {
		if got := c.Judge(false, true, step.asking); got != step.want {
			t.Fatalf("%s: verdict %v, want %v", step.name, got, step.want)
		}
	}
	if c.Begin() {
		t.Error("a row after it is one of its own")
	}
	c.End(false, false)
	if got := c.Judge(true, true, false); got != pace.Undecided || !c.Admits() {
		t.Errorf("after it: verdict %v, admits %v", got, c.Admits())
	}
}
