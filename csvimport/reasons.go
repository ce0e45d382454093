package csvimport

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Reasons puts results into groups that share a reason, where reasons that
// differ only in a name or a number are the same one. Its size does not grow with
// the number of results.
type Reasons struct {
	Most  int // groups told apart, default 500; the rest goes into one group for each status
	Named int // rows named of each group, default 5

	list []*Reason
	by   map[string]*Reason
}

// Reason is a group of results.
type Reason struct {
	Index       int // of the group, as they came
	Status      Status
	OrderStatus string // of the first
	Words       string // the first's reason
	Pattern     string // the same with "…" for all in which others may differ
	Differ      bool   // the words of others do differ from the first's
	Rest        bool   // holds the reasons that were too many to be told apart; it has no words
	Rows        int
	First       []int // of them, as a spreadsheet numbers them
}

// particular matches what makes two reasons differ although the cause is one:
// identifiers, addresses, host names, quoted names, and words with digits.
var particular = regexp.MustCompile(`"[^"]*"|“[^”]*”|«[^»]*»|[^\s<>()]+@[^\s<>()]+|[\pL\pN_-]+(?:\.[\pL\pN_-]+)+|[\pL\pN_-]*\pN[\pL\pN_:-]*`)

// Add puts a result into its group by its reason in words and returns the group.
// Groups are told apart by status, by order status and by what apart names.
func (rs *Reasons) Add(r *Result, words string, apart ...string) *Reason {
	pattern := particular.ReplaceAllString(words, "…")
	key := strings.Join(append([]string{string(r.Status), r.OrderStatus, pattern}, apart...), "\x00")
	group := rs.by[key]
	full := len(rs.list) >= cmp.Or(rs.Most, 500)
	if group == nil && full {
		key = string(r.Status)
		group = rs.by[key]
	}
	if group == nil {
		group = &Reason{Index: len(rs.list), Status: r.Status, OrderStatus: r.OrderStatus, Rest: full}
		if !full {
			group.Words, group.Pattern = words, pattern
		}
		if rs.by == nil {
			rs.by = make(map[string]*Reason)
		}
		rs.by[key] = group
		rs.list = append(rs.list, group)
	}
	group.Rows++
	group.Differ = group.Differ || words != group.Words && !group.Rest
	if len(group.First) < cmp.Or(rs.Named, 5) {
		group.First = append(group.First, r.Row)
	}
	return group
}

// List returns the groups, those with most results first.
func (rs *Reasons) List() []*Reason {
	return slices.SortedStableFunc(slices.Values(rs.list), func(a, b *Reason) int { return b.Rows - a.Rows })
}
