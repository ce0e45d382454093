package engine_test

import (
	"testing"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

func TestCanary(t *testing.T) {
	three, firstDay := engine.Options{Canary: 3}, engine.Options{Canary: 3, FirstOnly: true}
	completed, failed := csvimport.Completed, csvimport.Failed
	for _, test := range []struct {
		name    string
		options engine.Options
		begun   int                // rows sent for the first time, as long as they are admitted
		ended   []csvimport.Status // of the first of them
		last    bool               // no further row comes
		want    engine.Verdict
		admits  bool // after that
	}{
		{"no trial", engine.Options{}, 9, []csvimport.Status{failed}, true, engine.Undecided, true},
		{"room for more", three, 2, nil, false, engine.Undecided, true},
		{"no room", three, 9, nil, false, engine.Undecided, false},
		{"some have not ended", three, 9, []csvimport.Status{completed, completed}, false, engine.Undecided, false},
		{"all ended well", three, 9, []csvimport.Status{completed, completed, completed}, false, engine.Passed, true},
		{"one did not", three, 9, []csvimport.Status{completed, failed, completed}, false, engine.Failed, false},
		{"one was there already", three, 9, []csvimport.Status{completed, csvimport.Existing, completed}, false, engine.Failed, false},
		{"fewer, and more may come", three, 2, []csvimport.Status{completed, completed}, false, engine.Undecided, true},
		{"fewer, and they are all", three, 2, []csvimport.Status{completed, completed}, true, engine.Passed, true},
		{"none at all", three, 0, nil, true, engine.Undecided, true},
		{"the first day is of one row", firstDay, 9, nil, false, engine.Undecided, false},
		{"after which a person looks", firstDay, 9, []csvimport.Status{completed}, false, engine.Passed, false},
		{"or finds it failed", firstDay, 9, []csvimport.Status{failed}, false, engine.Failed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := engine.NewCanary(test.options)
			var trial []*engine.Item
			for i := range test.begun {
				if !c.Admits() {
					break
				}
				it := engine.NewItem(i, "a")
				c.Begin(it)
				c.Begin(it) // tried again
				trial = append(trial, it)
			}
			c.End(engine.NewItem(99, "a"), failed) // not of the trial
			for i, s := range test.ended {
				c.End(trial[i], s)
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
	c := engine.NewCanary(engine.Options{Canary: 1})
	it := engine.NewItem(0, "a")
	c.Begin(it)
	c.End(it, csvimport.Completed)
	for _, step := range []struct {
		name   string
		asking bool
		want   engine.Verdict
	}{
		{"something else is being asked", true, engine.Undecided},
		{"to be asked", false, engine.Suspected},
		{"being asked", true, engine.Undecided},
		{"asked", false, engine.Passed},
		{"over", false, engine.Undecided},
	} {
		if got := c.Judge(false, true, step.asking); got != step.want {
			t.Fatalf("%s: verdict %v, want %v", step.name, got, step.want)
		}
	}
	next := engine.NewItem(1, "a")
	c.Begin(next)
	c.End(it, csvimport.Failed)
	if got := c.Judge(true, true, false); got != engine.Undecided || !c.Admits() {
		t.Errorf("after it: verdict %v, admits %v", got, c.Admits())
	}
}
