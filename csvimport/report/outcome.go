package report

import (
	"cmp"
	"slices"

	"bulkimport/csvimport"
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

var meanings = map[csvimport.Status]outcome{
	csvimport.Completed: {Meaning: "the order reached its good end", kind: done},
	csvimport.Existing:  {Meaning: "was imported already, nothing was sent", kind: done},
	csvimport.Submitted: {Meaning: "accepted, not at its end yet", kind: open},
	csvimport.Differs:   {Meaning: "exists already, with another account, plan or cut-off", kind: look},
	csvimport.Invalid:   {Meaning: "the row has errors, nothing was sent", kind: look},
	csvimport.Refused:   {Meaning: "the platform said no, nothing was created", kind: look},
	csvimport.Failed:    {Meaning: "an order was created and ended badly", kind: look},
	csvimport.Unknown:   {Meaning: "an order may or may not have been created", kind: look},
	csvimport.Unsent:    {Meaning: "the run stopped before this row", kind: look},
}

// outcomes are the statuses in their order, but those done first and those to
// look at last. Behind them is what takes every text that is no status.
var outcomes = func() (list [10]outcome) {
	last := len(list) - 1
	for i, status := range csvimport.Statuses() {
		list[i] = meanings[status]
		list[i].Name = string(status)
	}
	list[last] = outcome{"other", "the status column holds another word", look}
	slices.SortStableFunc(list[:last], func(a, b outcome) int { return cmp.Compare(a.kind, b.kind) })
	return list
}()

const otherOutcome = len(outcomes) - 1

// outcomeOf returns the place of a status in outcomes.
func outcomeOf(status csvimport.Status) int {
	i := slices.IndexFunc(outcomes[:otherOutcome], func(o outcome) bool { return o.Name == string(status) })
	if i < 0 {
		return otherOutcome
	}
	return i
}

// Class is the outcome's class in the style sheet.
func (o outcome) Class() string { return "s-" + o.Name }
