package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"bulkimport/csvimport"
)

const (
	maxCauses    = 100     // groups told apart, before the rest goes to one group for each outcome
	maxCauseText = 2 << 10 // bytes of a reason that are looked at
	firstRows    = 6       // lines named for each group
)

// cause is a group of rows that share a reason, as the page shows it.
type cause struct {
	ID      int // the group's number in the page's data
	Outcome outcome
	Code    string // the platform's error code, or the order's state
	Text    string // the reason; where the rows' reasons differ, "…" stands for what differs
	Rows    int
	First   []int  // of them
	Advice  string // the next step

	outcome int
}

// More is how many rows are not named in First.
func (c *cause) More() int { return c.Rows - len(c.First) }

// causes groups the rows that are not done.
type causes struct {
	reasons csvimport.Reasons
	codes   []string // of each reason, by its index
}

func newCauses() causes {
	return causes{reasons: csvimport.Reasons{Most: maxCauses, Named: firstRows}}
}

// add puts a row into its group and returns the group's number.
func (cs *causes) add(o int, r *csvimport.Result) int {
	row := csvimport.Result{Row: r.Row, Status: csvimport.Status(outcomes[o].Name), OrderStatus: shorten(r.OrderStatus, 20)}
	code := shorten(r.ErrorCode, 100)
	if o == otherOutcome {
		code = shorten(string(r.Status), 100)
	}
	text := strings.TrimSpace(shorten(r.Error, maxCauseText))
	reason := cs.reasons.Add(&row, text, code, strconv.Itoa(r.HTTPStatus))
	if reason.Index == len(cs.codes) {
		if reason.Rest {
			code = "various"
		}
		cs.codes = append(cs.codes, cmp.Or(code, row.OrderStatus))
	}
	return reason.Index
}

// list returns the groups, those with most rows first.
func (cs *causes) list(advice func(status csvimport.Status, orderStatus string) string) []*cause {
	var list []*cause
	for _, r := range cs.reasons.List() {
		o := outcomeOf(r.Status)
		c := &cause{ID: r.Index, Outcome: outcomes[o], outcome: o, Code: cs.codes[r.Index], Rows: r.Rows, First: r.First}
		switch {
		case r.Rest:
			c.Text = "various other reasons, each in its row below"
		case !r.Differ && r.Words != "":
			c.Text = r.Words
		case r.Pattern != "":
			c.Text = r.Pattern
		default:
			status, _ := csvimport.OrderStatusOf(c.Code)
			c.Text = cmp.Or(status.Words, c.Outcome.Meaning)
		}
		if advice != nil {
			c.Advice = advice(r.Status, r.OrderStatus)
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b *cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.outcome, b.outcome))
	})
	return list
}
