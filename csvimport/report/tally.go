package report

import (
	"slices"
	"time"
)

// outcome is one way a row can end, as in the status column of a results file.
type outcome struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	kind    kind
}

// kind sorts outcomes by what they ask of a person.
type kind uint8

const (
	done kind = iota // nothing to do
	open             // accepted, not at its end
	look             // somebody has to look at it
)

// outcomes lists all outcomes in the order summaries show them. The last
// takes every text that is no status.
var outcomes = [...]outcome{
	{"completed", "the order reached its good end", done},
	{"existing", "was imported already, nothing was sent", done},
	{"submitted", "accepted, not at its end yet", open},
	{"differs", "exists already, with another account, plan or cut-off", look},
	{"invalid", "the row has errors, nothing was sent", look},
	{"refused", "the platform said no, nothing was created", look},
	{"failed", "an order was created and ended badly", look},
	{"unknown", "an order may or may not have been created", look},
	{"not-sent", "the run stopped before this row", look},
	{"other", "the status column holds another word", look},
}

const otherOutcome = len(outcomes) - 1

// outcomeOf returns the place of a status in outcomes.
func outcomeOf(status string) int {
	i := slices.IndexFunc(outcomes[:otherOutcome], func(o outcome) bool { return o.Name == status })
	if i < 0 {
		return otherOutcome
	}
	return i
}

// orderStates are the platform's codes of an order's status in words.
var orderStates = map[string]string{
	"CP": "completed",
	"PF": "provisioning failed",
	"CL": "cancelled",
	"LO": "provisioning",
	"NP": "no payment method",
	"WP": "waiting for payment",
	"WZ": "waiting for payment",
	"HL": "on hold",
	"PD": "to be processed",
}

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
