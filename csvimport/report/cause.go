package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"bulkimport/csvimport"
)

const (
	maxCauses    = 100     // groups told apart, before the rest goes to one group for each outcome
	maxCauseText = 2 << 10 // bytes of a reason that are looked at
	firstLines   = 6       // lines named for each group
)

// cause is a group of rows that share a reason.
type cause struct {
	ID      int // the group's number in the page's data
	Outcome outcome
	Code    string // the platform's error code, or the order's state
	Text    string // the reason; where the rows' reasons differ, "…" stands for what differs
	Rows    int
	Lines   []string // the first of them
	Advice  string   // the next step

	first   string // the reason of the first row
	outcome int
	varied  bool
}

// More is how many rows are not named in Lines.
func (c *cause) More() int { return c.Rows - len(c.Lines) }

type causeKey struct {
	outcome                   int
	code, state, http, reason string
}

type causes struct {
	list   []*cause
	index  map[causeKey]*cause
	advice func(status, orderStatus string) string // nil: none
}

func newCauses(advice func(status, orderStatus string) string) causes {
	return causes{index: make(map[causeKey]*cause), advice: advice}
}

// particular matches what makes two reasons differ although the cause is one:
// identifiers, addresses, host names, quoted names, and words with digits.
var particular = regexp.MustCompile(`"[^"]*"|“[^”]*”|«[^»]*»|[^\s<>()]+@[^\s<>()]+|[\pL\pN_-]+(?:\.[\pL\pN_-]+)+|[\pL\pN_-]*\pN[\pL\pN_:-]*`)

// add puts a row into its group and returns the group's number.
func (cs *causes) add(o int, row *Row) int {
	text := strings.TrimSpace(shorten(row.Error, maxCauseText))
	pattern := particular.ReplaceAllString(text, "…")
	key := causeKey{o, shorten(row.ErrorCode, 100), shorten(row.OrderStatus, 20), shorten(row.HTTPStatus, 20), pattern}
	if o == otherOutcome {
		key.code = shorten(row.Status, 100)
	}
	group := cs.index[key]
	if group == nil && len(cs.list) >= maxCauses {
		key = causeKey{outcome: o, code: "various"}
		group, text, pattern = cs.index[key], "", ""
	}
	if group == nil {
		group = &cause{
			ID: len(cs.list), Outcome: outcomes[o], outcome: o, first: text, Text: pattern,
			Code: key.code,
		}
		if cs.advice != nil {
			group.Advice = cs.advice(outcomes[o].Name, row.OrderStatus)
		}
		if group.Code == "" {
			group.Code = key.state
		}
		cs.list = append(cs.list, group)
		cs.index[key] = group
	}
	group.Rows++
	group.varied = group.varied || text != group.first
	if len(group.Lines) < firstLines {
		group.Lines = append(group.Lines, cmp.Or(shorten(row.Line, 20), "?"))
	}
	return group.ID
}

// sorted returns the groups, those with most rows first.
func (cs *causes) sorted() []*cause {
	for _, c := range cs.list {
		switch {
		case !c.varied && c.first != "":
			c.Text = c.first
		case c.Text != "":
		case c.Code == "various":
			c.Text = "various other reasons, each in its row below"
		default:
			c.Text = c.Outcome.Meaning
			if status, ok := csvimport.OrderStatusOf(c.Code); ok {
				c.Text = status.Words
			}
		}
	}
	return slices.SortedStableFunc(slices.Values(cs.list), func(a, b *cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.outcome, b.outcome))
	})
}
