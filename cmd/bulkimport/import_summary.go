package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/notice"
)

// causesShown is how many groups of rows the summary tells; the results file has
// all.
const causesShown = 10

// troubles are the rows that need somebody's attention, by their reasons.
type troubles struct{ csvimport.Reasons }

func (t *troubles) note(r csvimport.Result) {
	if r.Status == csvimport.Completed && r.Error == "" || r.Status == csvimport.Existing {
		return
	}
	t.Add(&r, cmp.Or(r.Error, r.ErrorCode))
}

// summary sums the run up for a person.
func (c *conclusion) summary() {
	w, p := c.env.out, c.env.pen(c.env.out)
	fmt.Fprintf(w, "%s in %s\n", p.bold(count(c.Rows, "row")), span(time.Duration(c.Seconds*float64(time.Second))))
	for _, s := range csvimport.Statuses() {
		if n := c.Count[s]; n > 0 {
			fmt.Fprintf(w, "  %-10s %8s\n", s, number(n))
		}
	}
	groups := c.trouble.List()
	for i, g := range groups {
		if i == causesShown {
			fmt.Fprintf(w, "\nand %s more, in the results file\n", count(len(groups)-i, "cause"))
			break
		}
		words := causeWords(g)
		fmt.Fprintf(w, "\n%s %s: %s\n  %s %s\n", number(g.Rows), p.bold(string(g.Status)), words, plural(g.Rows, "row"), list(g.First, g.Rows, len(g.First)))
		if do, _ := nextStep(g.Status, g.OrderStatus); do != "" {
			fmt.Fprintf(w, "  %s\n", do)
		}
	}
	for _, d := range c.Doubles {
		fmt.Fprintf(w, "\n%s: subscription %s has a second order, %s (%s)\n", p.bold("double"), d.Sub, clean(cmp.Or(d.OrderNumber, d.OrderID)), clean(d.OrderStatus))
	}
	if !c.RetryFrom.IsZero() {
		fmt.Fprintf(w, "\nthe same command is worth another run from %s on\n", moment(c.RetryFrom))
	}
	if c.results == "" {
		return // not written: the error says why
	}
	fmt.Fprintf(w, "\nresults: %s\n", c.results)
	if next := c.next(); next != "" {
		fmt.Fprintf(w, "next: %s\n", next)
	}
}

// causeWords say why rows ended as they did.
func causeWords(g *csvimport.Reason) string {
	if g.Rest {
		return "other reasons"
	}
	return csvimport.Shorten(clean(g.Words), 300)
}

// summed is the run summed up for a program.
func (c *conclusion) summed() summaryEvent {
	s := importSummary(c.Rows, c.Count, c.Seconds, c.results)
	if stop, ok := errors.AsType[*notice.StopError](c.Stopped); ok {
		s["stopped"] = stop.Code.String()
	}
	if !c.RetryFrom.IsZero() {
		s["retry_from"] = csvimport.Instant(c.RetryFrom)
	}
	return s
}

// next is the command to run next.
func (c *conclusion) next() string {
	n := c.Count
	switch {
	case c.Interrupted || c.FirstOnly || c.Stopped != nil:
		return ""
	case n[csvimport.Unknown] > 0, n[csvimport.Submitted] > 0:
		return "bulkimport reconcile, then the same command again"
	case n[csvimport.Failed] > 0:
		return "bulkimport reconcile, when the orders were resubmitted in Billing"
	case n[csvimport.Invalid]+n[csvimport.Refused] > 0:
		mend := "mend" + tableKind(c.results)
		return "bulkimport report " + shellFile(c.results) + " --only invalid,refused -o " + mend + ", mend the rows there, then bulkimport import " + mend
	case n[csvimport.Unsent] > 0:
		return "the same command again"
	case n[csvimport.Completed] > 0:
		return "bulkimport audit " + shellFile(c.results)
	}
	return ""
}

// resume is the command line that goes on where this run stopped: the same, but
// that no further order is opened.
func (e *env) resume() string {
	words := []string{"bulkimport"}
	for i := 0; i < len(e.args); i++ {
		switch arg := e.args[i]; {
		case arg == "--again":
			i++
		case strings.HasPrefix(arg, "--again="):
		default:
			words = append(words, shell(arg))
		}
	}
	return strings.Join(words, " ")
}
