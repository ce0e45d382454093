package report

import (
	"time"
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

func newTally(advice func(status, orderStatus string) string) *tally {
	return &tally{causes: newCauses(advice)}
}

// add counts a row and returns the number of its cause, -1 if it needs none.
func (t *tally) add(row *Row) int {
	t.rows++
	o := outcomeOf(row.Status)
	t.counts[o]++
	submitted, hasSubmitted := instant(row.SubmittedAt)
	finished, hasFinished := instant(row.FinishedAt)
	if hasSubmitted {
		t.placed = append(t.placed, placement{submitted, uint8(o)})
	}
	if hasFinished {
		t.ended = max(t.ended, finished)
	}
	if hasSubmitted && hasFinished && finished >= submitted && (row.Status == "completed" || row.Status == "failed") {
		t.times = append(t.times, finished-submitted)
	}
	if outcomes[o].kind == done {
		return -1
	}
	return t.causes.add(o, row)
}

func (t *tally) of(k kind) (n int) {
	for i, o := range outcomes {
		if o.kind == k {
			n += t.counts[i]
		}
	}
	return n
}

// instant reads a time of a results file as Unix ms. Years that no run can
// have are damage, and would flatten every chart.
func instant(text string) (ms int64, ok bool) {
	if text == "" {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 2000 || at.Year() > 2199 {
		return 0, false
	}
	return at.UnixMilli(), true
}
