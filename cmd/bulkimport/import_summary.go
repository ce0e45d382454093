package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
)

const (
	causesShown = 10
	causeRows   = 5   // rows named for each
	causesKept  = 500 // told apart
)

// trouble is a group of rows that share a reason.
type trouble struct {
	status csvimport.Status
	words  string // of the first
	order  string // order status
	n      int
	lines  []int
}

// particular matches what makes two reasons differ although the cause is one:
// quoted names, e-mail addresses, and words with digits.
var particular = regexp.MustCompile(`"[^"]*"|\S+@\S+|\S*\d\S*`)

// troubles are the rows that need somebody's attention, in groups.
type troubles struct {
	groups map[string]*trouble
	list   []*trouble
}

func (t *troubles) note(r csvimport.Result) {
	if r.Status == csvimport.Completed && r.Error == "" || r.Status == csvimport.Existing {
		return
	}
	words := cmp.Or(r.Error, r.ErrorCode)
	key := string(r.Status) + "\x00" + r.OrderStatus + "\x00" + particular.ReplaceAllString(words, "…")
	g := t.groups[key]
	if g == nil && len(t.list) >= causesKept {
		key, words = string(r.Status), "other reasons"
		g = t.groups[key]
	}
	if g == nil {
		if t.groups == nil {
			t.groups = make(map[string]*trouble)
		}
		g = &trouble{status: r.Status, words: words, order: r.OrderStatus}
		t.groups[key] = g
		t.list = append(t.list, g)
	}
	g.add(r)
}

func (t *trouble) add(r csvimport.Result) {
	t.n++
	if len(t.lines) < causeRows {
		t.lines = append(t.lines, r.Line)
	}
}

// summary sums the run up for a person.
func (c *conclusion) summary() {
	w, p := c.env.out, c.env.pen(c.env.out)
	fmt.Fprintf(w, "%s in %s\n", p.bold(count(c.Rows, "row")), span(time.Duration(c.Seconds*float64(time.Second))))
	for _, s := range statusOrder {
		if n := c.Count[s]; n > 0 {
			fmt.Fprintf(w, "  %-10s %8s\n", s, number(n))
		}
	}
	groups := c.trouble.list
	slices.SortStableFunc(groups, func(a, b *trouble) int { return b.n - a.n })
	for i, g := range groups {
		if i == causesShown {
			fmt.Fprintf(w, "\nand %s more, in the results file\n", count(len(groups)-i, "cause"))
			break
		}
		fmt.Fprintf(w, "\n%s %s: %s\n  %s %s\n", number(g.n), p.bold(string(g.status)), short(clean(g.words), 300), plural(g.n, "line"), list(g.lines, g.n, causeRows))
		if do := remedy(g); do != "" {
			fmt.Fprintf(w, "  %s\n", do)
		}
	}
	if c.results == "" {
		return // not written: the error says why
	}
	fmt.Fprintf(w, "\nresults: %s\n", c.results)
	if next := c.next(); next != "" {
		fmt.Fprintf(w, "next: %s\n", next)
	}
}

// remedy says what to do about a group, where the group's own words do not.
func remedy(t *trouble) string {
	switch t.status {
	case csvimport.Submitted:
		if status, _ := csvimport.OrderStatusOf(t.order); status.Waits != "" {
			return "a person has to act in Billing; then bulkimport reconcile"
		}
	case csvimport.Failed:
		if t.order == "PF" {
			return "mend the cause, resubmit the order in Billing, then bulkimport reconcile"
		}
		return "if it is to be ordered again: --again SUB_ID"
	case csvimport.Differs:
		return "an order exists and is not what the row asks for: correct one of the two (bulkimport help runbook)"
	case csvimport.Unknown:
		return "do not import these by hand before bulkimport reconcile has looked again"
	}
	return ""
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
		return "bulkimport report " + shell(c.results) + " --only invalid,refused -o mend.csv, mend the rows there, then bulkimport import mend.csv"
	case n[csvimport.Unsent] > 0:
		return "the same command again"
	case n[csvimport.Completed] > 0:
		return "bulkimport audit " + shell(c.results)
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
