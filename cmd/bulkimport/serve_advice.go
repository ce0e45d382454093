package main

import (
	"errors"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/session"
)

// pageAdvised completes the hints of findings with what the page offers. Where it has
// no means of its own the words are those of the command line.
func pageAdvised(found []csvimport.Finding) []csvimport.Finding {
	all := make([]csvimport.Finding, len(found))
	for i, f := range found {
		words, ours := pageHint(&f)
		if ours {
			f.Hint, f.Next = words, 0
		}
		all[i] = advised(f)
	}
	return all
}

// pageHint is a hint in the words of the page, where it has any.
func pageHint(f *csvimport.Finding) (string, bool) {
	switch f.Next {
	case csvimport.ListPlans:
		return strings.TrimSuffix("choose the service plan from the list; "+f.Hint, "; "), true
	case csvimport.AllPlans:
		return f.Hint + " (the list of the cell has all)", true
	case csvimport.FindAccount:
		return f.Hint + " (the list of the cell finds accounts)", true
	case csvimport.KeepZeros:
		return "mend the cell if they are not meant", true
	case csvimport.ChooseSheet:
		return f.Hint + ": choose it above", true
	case csvimport.AllowContradiction:
		return f.Hint + " (if each is meant: say so in “Look before”)", true
	case csvimport.LookAgain:
		if why, again := strings.CutPrefix(f.Hint, "import the file again"); again {
			return "go on with the import" + why, true
		}
		return "go on with the import, then " + f.Hint, true
	case csvimport.OrderAgain:
		return f.Hint + "; what was cancelled is ordered again only in a terminal, by bulkimport import --again", true
	case csvimport.MapColumn:
		return f.Hint + "; or call the heading " + f.Column + " in the file", true
	case csvimport.DecideHidden:
		return f.Hint + ": say above whether they are taken or left out", true
	}
	return "", false
}

// pageRefusal is why a file is not imported as it is, in the words of the page.
func pageRefusal(run *importRun, err error) error {
	refusal, ok := errors.AsType[*session.Refusal](err)
	if !ok {
		return run.refusal(err)
	}
	words := run.refusal(err).Error()
	switch refusal.Reason {
	case session.PlansRefused:
		return &notNow{words, "mend the plan or the account in the panel, or leave these rows out"}
	case session.HasErrors:
		return &notNow{words, "mend them, or leave the rows with errors out"}
	}
	return &notNow{words, "mend the file"}
}

// lookNext is what to do once the first order was placed.
const lookNext = "look at the first order, then look before once more: there its number is asked for"

// lookThen is what to do about the rest when the first order is right.
const lookThen = "“Look before the rest” asks for the order's number"

// pageStep is what to do about rows that ended in one way, on the page; empty where
// their own reason says it.
func pageStep(status csvimport.Status, order string) string {
	switch status {
	case csvimport.Submitted:
		if waits, _ := csvimport.OrderStatusOf(order); waits.Waits != "" {
			return "a person has to act in Billing; then go on"
		}
		return "nothing to mend: go on later to see the end"
	case csvimport.Differs:
		return "an order exists and is not what the row asks for: correct one of the two"
	case csvimport.Failed:
		if order == csvimport.OrderFailed {
			return "mend the cause, resubmit the order in Billing, then go on"
		}
		return "mend the cause; an order that was cancelled is ordered again only by bulkimport import --again"
	case csvimport.Unknown:
		return "it may exist: do not order it by hand before it was looked for again"
	case csvimport.Unsent:
		return goOnNext
	}
	return ""
}

// pageSentence is the same as a sentence of the report, for each of its statuses.
func pageSentence(status csvimport.Status, order string) string {
	words := pageStep(status, order)
	switch {
	case status == csvimport.Invalid:
		words = "mend the rows, and import them again"
	case status == csvimport.Refused:
		words = "nothing was created: mend the cause, and import the rows again"
	case words == "":
		_, sentence := nextStep(status, order)
		return sentence
	}
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

// pageReason is a row's reason without the command that ends it for who has a terminal:
// the page says beside it what to do.
func pageReason(words string) string {
	for _, command := range []string{lookFirst, mayExist, seeLater, askStatus} {
		words = strings.TrimSuffix(words, command)
	}
	return words
}

// goOnNext is what to do about an import that was not brought to its end.
const goOnNext = "go on: what is done stays done"

// pageNext is all that is to be done next about an import, on the page.
func pageNext(c *conclusion) []string {
	next := []string{}
	if c.FirstOnly {
		return next
	}
	n := c.Count
	for _, step := range []struct {
		due   bool
		words string
	}{
		{n[csvimport.Unknown] > 0, "go on from the time that is told: the rows that are unknown are looked for again. Do not order them by hand"},
		{c.Interrupted || c.Stopped != nil || n[csvimport.Unsent] > 0, goOnNext},
		{n[csvimport.Submitted] > 0, "go on later: the orders that are not at their end are followed to it"},
		{n[csvimport.Failed] > 0, "mend the cause, resubmit the orders that failed in Billing, then go on"},
		{n[csvimport.Invalid]+n[csvimport.Refused]+n[csvimport.Differs] > 0, "mend the rows to mend, here or in a file that you download and give back"},
		{n[csvimport.Completed] > 0, "audit: has every row what it asked for?"},
	} {
		if step.due {
			next = append(next, step.words)
		}
	}
	return next
}

// pageStopHint says what to do about a run that stopped where the command line's words
// name a flag; empty where they do not.
func pageStopHint(stop *notice.StopError) string {
	switch stop.Code {
	case notice.StopCredentials:
		return "check consumer key and secret and this machine's clock: the lights of the first step tell"
	case notice.StopPermission, notice.StopNoService:
		return "the lights of the first step tell which right, or which service, is missing"
	case notice.StopOutage:
		return "go on when it answers again"
	case notice.StopForeign:
		return "let the other import finish, then go on. If it has other rows for certain, say so when you go on"
	case notice.StopUnseen:
		return "the order exists or is about to: look for it in Billing. Go on once it shows"
	case notice.StopUnseenAgain:
		return "look for it in Billing, and ask the vendor's support when orders show in listings; then go on"
	case notice.StopFirstInDoubt:
		return "nothing further was placed; go on later, which looks for them. Ask the platform's operator why orders get no answer"
	case notice.StopLost:
		return lossWords(stop.Loss) + "; say when anybody, you included, last imported here, when you go on"
	case notice.StopNotImported:
		return "the platform may have sold a new subscription instead of importing the old one: look at the order in Billing, and cancel it there if so"
	case notice.StopWrong:
		return "look at the errors in the results, mend the rows, and go on"
	case notice.StopCanary:
		return "look at them in Billing and in the results before going on"
	}
	return ""
}
