package report

import (
	"slices"
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

// Class is the outcome's class in the style sheet.
func (o outcome) Class() string { return "s-" + o.Name }
