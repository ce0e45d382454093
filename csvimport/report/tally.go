package report

import (
	"time"

	"bulkimport/csvimport"
)

// tally is what a page keeps of its rows.
type tally struct {
	rows   int
	counts [len(outcomes)]int
	causes causes
	placed []placement
	times  []int64 // from order to end of orders at their end, ms
	ended  int64   // newest end, Unix ms, 0 = none
}

// placement is one order placed: when, in Unix ms, and how it ended.
type placement struct {
	at      int64
	outcome uint8
}

func newTally() *tally { return &tally{causes: newCauses()} }

// add counts a row and returns the number of its cause, -1 if it needs none.
func (t *tally) add(r *csvimport.Result) int {
	t.rows++
	o := outcomeOf(r.Status)
	t.counts[o]++
	submitted, hasSubmitted := instant(r.SubmittedAt)
	finished, hasFinished := instant(r.FinishedAt)
	if hasSubmitted {
		t.placed = append(t.placed, placement{submitted, uint8(o)})
	}
	if hasFinished {
		t.ended = max(t.ended, finished)
	}
	if hasSubmitted && hasFinished && finished >= submitted && (r.Status == csvimport.Completed || r.Status == csvimport.Failed) {
		t.times = append(t.times, finished-submitted)
	}
	if outcomes[o].kind == done {
		return -1
	}
	return t.causes.add(o, r)
}

func (t *tally) of(k kind) (n int) {
	for i, o := range outcomes {
		if o.kind == k {
			n += t.counts[i]
		}
	}
	return n
}

// instant is a time as Unix ms. Years that no run can have are damage, and would
// flatten every chart.
func instant(at time.Time) (ms int64, ok bool) {
	if at.Year() < 2000 || at.Year() > 2199 {
		return 0, false
	}
	return at.UnixMilli(), true
}
