package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
)

// checker holds what the platform has against what the processes were asked to do,
// and what they said.
type checker struct {
	w      *world
	orders []placed
	bySub  map[string][]placed
	wrong  []string

	allowed map[string]int    // doubles that an allowance covers, by its name
	begun   map[*process]twin // the double that each beginning stands for
}

// check returns what broke the promise, nothing if it was kept.
func (w *world) check() ([]string, map[string]int) {
	k := &checker{w: w, orders: w.gateway.orders(), bySub: make(map[string][]placed), wrong: w.wrong, allowed: make(map[string]int), begun: make(map[*process]twin)}
	for _, o := range k.orders {
		k.bySub[o.SubID] = append(k.bySub[o.SubID], o)
	}
	k.doubles()
	k.resent()
	k.hands()
	for _, c := range w.machines {
		for _, p := range c.processes {
			for _, d := range p.doubles {
				if d.stand < 2 {
					k.broken("%s: %s, it was told that two orders for %s stand, untrue; there are: %s", p.name, d.where, d.sub, k.told(k.bySub[d.sub]))
				}
			}
			if p.dead.Load() || p.ending == nil {
				continue
			}
			k.sums(p)
			for i := range p.results {
				if i < len(p.table) {
					k.result(p, p.table[i], &p.results[i])
				}
			}
		}
	}
	return k.wrong, k.allowed
}

func (k *checker) broken(format string, args ...any) {
	k.wrong = append(k.wrong, fmt.Sprintf(format, args...))
}

// doubles looks for subscriptions for which imports have placed more orders than
// was asked for.
func (k *checker) doubles() {
	for _, sub := range sortedKeys(k.bySub) {
		var ours []placed
		for _, o := range k.bySub[sub] {
			if o.by != nil && !o.again {
				ours = append(ours, o)
			}
		}
		for n := len(ours) - 1; n > k.asked(sub); n-- {
			if name := k.allowance(ours[n-1], ours[n]); name != "" {
				k.allowed[name]++
				continue
			}
			k.broken("%s: %d orders, and %d were asked for: %s", sub, len(ours), 1+k.asked(sub), k.told(ours))
		}
	}
}

// resent looks for orders in doubt that were sent again from the same ledger without
// a person's word, or before it may be said.
func (k *checker) resent() {
	open := make(map[string]sent)
	for _, s := range k.w.gateway.sent {
		if s.by == nil {
			continue
		}
		before, doubted := open[s.sub]
		switch {
		case slices.Contains(s.by.asked.again, s.sub):
			delete(open, s.sub) // the order before this one was at its end
		case !doubted, k.w.shared == nil && !before.by.c.keptLedger(before.by.c == s.by.c, before.at):
		case !k.word(s.by, before.at, s.at):
			k.broken("%s: in doubt since a request of %s, and sent again by %s without a person's word", s.sub, before.by.name, s.by.name)
		case s.at.Sub(before.at) < settle-clocks:
			k.broken("%s: in doubt since a request of %s, and sent again by %s after %v", s.sub, before.by.name, s.by.name, s.at.Sub(before.at))
		}
		if s.open() {
			open[s.sub] = s
		}
	}
}

// clocks is by how much the platform's may be off.
const clocks = 10 * time.Minute

// word reports whether a person had said, before a process sent an order, that it may
// be sent again where it was in doubt since a time: to the process itself, or to an
// earlier one of its ledger that began when it may be said, found no order, and ended
// before it had sent it.
func (k *checker) word(p *process, since, at time.Time) bool {
	return p.asked.resend || slices.ContainsFunc(k.w.machines, func(c *computer) bool {
		return (c == p.c || k.w.shared != nil) && slices.ContainsFunc(c.processes, func(q *process) bool {
			return q.asked.resend && q.began.Before(at) && !q.began.Before(since.Add(settle-clocks))
		})
	})
}

// asked is how often somebody has asked for a new order.
func (k *checker) asked(sub string) (n int) {
	for _, c := range k.w.machines {
		for _, p := range c.processes {
			if slices.Contains(p.asked.again, sub) {
				n++
			}
		}
	}
	return n
}

// whose is an order in words that is not the row's.
func (k *checker) whose(o *placed) string {
	if o == nil {
		return "none at all"
	}
	return fmt.Sprintf("%s, for %s, which shows after %v", o.Number, o.SubID, o.Shows.Sub(k.w.began).Round(time.Millisecond))
}

// told is orders in words.
func (k *checker) told(orders []placed) string {
	var words []string
	for _, o := range orders {
		by := "somebody else"
		if o.by != nil {
			by = o.by.name
		}
		words = append(words, fmt.Sprintf("%s of %s by %s, %s", o.Number, o.at.Sub(k.w.began).Round(time.Millisecond), by, o.Status))
	}
	return strings.Join(words, "; ")
}

// sums checks that every row has exactly one result, and no two have one order.
func (k *checker) sums(p *process) {
	count := make(map[csvimport.Status]int)
	whose := make(map[string]string)
	for _, r := range p.results {
		count[r.status]++
		id := strings.ToLower(r.orderID)
		if other, ok := whose[id]; ok && id != "" && other != r.sub {
			k.broken("%s: the rows of %s and %s have one order: %s", p.name, other, r.sub, r.orderID)
		}
		whose[id] = r.sub
	}
	if p.ending.Rows != len(p.table) || p.ending.Written && len(p.results) != len(p.table) {
		k.broken("%s: %d rows and %d results, the file has %d", p.name, p.ending.Rows, len(p.results), len(p.table))
	}
	if errors.Is(p.ending.Stopped, context.Canceled) {
		k.broken("%s: it says that it was stopped by %v, and was by a person", p.name, p.ending.Stopped)
	}
	sum := 0
	for _, s := range csvimport.Statuses() {
		sum += p.ending.Count[s]
		if p.ending.Written && count[s] != p.ending.Count[s] {
			k.broken("%s: %d results are %s, and %d were counted", p.name, count[s], s, p.ending.Count[s])
		}
	}
	if sum != p.ending.Rows {
		k.broken("%s: %d rows, and their statuses add up to %d", p.name, p.ending.Rows, sum)
	}
}

// result checks that what was said of a row was true at some time while the
// process went on.
func (k *checker) result(p *process, row tableRow, r *told) {
	sub := k.w.sub(row)
	if r.sub != sub {
		k.broken("%s: the result of %s is in the row of %s", p.name, r.sub, sub)
		return
	}
	if why := k.untrue(p, row, r); why != "" {
		k.broken("%s: %s is %q (%s), untrue: %s; there are: %s", p.name, sub, r.status, r.why(), why, k.told(k.bySub[sub]))
	}
}

// untrue says why a result is not true, empty if it is.
func (k *checker) untrue(p *process, row tableRow, r *told) string {
	named := p.order(r.orderID)
	if r.orderID != "" && (named == nil || named.SubID != r.sub) {
		if k.unchecked(p, r, named) {
			return ""
		}
		return "its order " + r.orderID + " is not an order for it, but " + k.whose(named)
	}
	switch r.status {
	case csvimport.Completed:
		switch {
		case named == nil:
			return "there is no order"
		case !k.was(p, named.ID, good):
			return "its order is not at its good end"
		case k.contradicts(row, named):
			return "its order is not what the row asks for"
		}
	case csvimport.Submitted, csvimport.Failed:
		switch {
		case named == nil:
			return "there is no order"
		case r.status == csvimport.Failed && !k.was(p, named.ID, bad):
			return "its order has not failed"
		}
	case csvimport.Existing:
		switch {
		case p.made(r.sub) > 0:
			return "this very run has ordered it"
		case named != nil && named.ofHand(p):
			return "a hand of this run has ordered it"
		case named != nil && !k.was(p, named.ID, good) && !(p.asksNothing() && k.changed(named.ID)):
			return "its order is not at its good end"
		case named == nil && !k.imported(p, r.sub):
			return "nothing has imported it"
		case named != nil && k.contradicts(row, named) && !k.untold(row, named, r):
			return "its order is not what the row asks for"
		}
	case csvimport.Differs:
		if named != nil && !k.contradicts(row, named) && p.importedBefore(r.sub) {
			return "its order is what the row asks for"
		}
	case csvimport.Refused, csvimport.Unsent:
		for _, o := range p.after {
			ours := o.by == p || o.ofHand(p) || o.by != nil && (o.by.c == p.c || k.w.shared != nil) && o.at.Before(p.began)
			switch {
			case o.SubID != r.sub || !standing(o.Status) || !ours:
			case o.denied && k.w.plan.hidesDenied && k.read(p, r).Before(o.Shows):
				k.allowed["told as if there were none: denied, and hidden for longer than the look"]++
			default:
				return "there is an order"
			}
		}
	case csvimport.Invalid:
		if p.made(r.sub) > 0 {
			return "it was ordered"
		}
	}
	return ""
}

// read is when a result was read, as it says itself if the platform's clocks are right,
// or when the process ended.
func (k *checker) read(p *process, r *told) time.Time {
	at, err := time.Parse(time.RFC3339, r.columns["finished_at"])
	if err != nil || k.w.plan.draws("clock") || k.w.plan.draws("clocks-apart") {
		return p.ended
	}
	return at
}

// unchecked reports whether a result names the order that the platform's answer
// named, which is another's, and could not know better: nothing has shown that
// order while it was followed. Once it should have shown, the result has to be unknown.
func (k *checker) unchecked(p *process, r *told, named *placed) bool {
	const shown = 25 * time.Minute
	c := &k.w.plan.platform
	late := time.Duration(c.Nodes) * c.NodeLag
	if k.w.plan.draws("list-stale") {
		late += c.Stale
	}
	followed := func(until time.Time) bool { return named != nil && !named.Shows.Add(late).After(until) }
	if r.status == csvimport.Unknown {
		once := p.asked.options.Wait < 0 // at the end
		return once && p.looked.Before(p.ended) || !followed(p.looked)
	}
	return r.status == csvimport.Submitted && slices.ContainsFunc(p.after, func(o placed) bool {
		if o.SubID != r.sub || o.by == nil {
			return false
		}
		until := p.looked
		if wait := p.asked.options.Wait; wait > 0 && o.by == p && o.at.Add(wait).Before(until) {
			until = o.at.Add(wait)
		}
		return !followed(until) && (o.by != p || p.ended.Sub(o.at) < shown)
	})
}

// was reports whether an order was at such an end when the process read it. A
// platform with a wrong clock shows the end a little early.
func (k *checker) was(p *process, id string, end func(status string) bool) bool {
	if o := p.order(id); o != nil && end(o.Status) {
		return true
	}
	c := &k.w.plan.platform
	i := slices.IndexFunc(k.orders, func(o placed) bool { return o.ID == id })
	return i >= 0 && (end(k.orders[i].Status) || k.changed(id)) && k.orders[i].at.Add(c.Provisioning-c.ClockSkew.Abs()-time.Duration(c.Nodes)*c.NodeSkew).Before(p.ended)
}

// untold reports whether a result says that the platform does not tell that of an
// order in which it is not what a row asks for.
func (k *checker) untold(row tableRow, o *placed, r *told) bool {
	_, names, told := strings.Cut(r.why(), "does not tell its ")
	plan, cutOff := o.PlanID == k.w.plans[row.plan].ID, o.CutOff == row.cutOff
	return told && o.AccountID == k.w.tenants[row.account].AccountID && len(k.w.plan.faults) > 0 &&
		(plan || strings.Contains(names, "service plan")) && (cutOff || strings.Contains(names, "cut-off date"))
}

// contradicts reports whether an order is not what a row asks for.
func (k *checker) contradicts(row tableRow, o *placed) bool {
	return o.AccountID != k.w.tenants[row.account].AccountID || o.PlanID != k.w.plans[row.plan].ID || o.CutOff != row.cutOff
}

// order finds an order as it was when the process ended.
func (p *process) order(id string) *placed {
	for i := range p.after {
		if strings.EqualFold(p.after[i].ID, id) { // a platform may write ids in capitals
			return &p.after[i]
		}
	}
	return nil
}

// made is how many orders the process has placed for a subscription.
func (p *process) made(sub string) (n int) {
	for _, o := range p.after {
		if o.SubID == sub && o.by == p {
			n++
		}
	}
	return n
}

// imported reports whether an order for a subscription had ended well when the
// process looked.
func (k *checker) imported(p *process, sub string) bool {
	return slices.ContainsFunc(p.after, func(o placed) bool { return o.SubID == sub && o.Imports && k.was(p, o.ID, good) })
}

// importedBefore reports whether one had when the process began.
func (p *process) importedBefore(sub string) bool {
	return slices.ContainsFunc(p.before, func(o placed) bool { return o.SubID == sub && o.Imports && good(o.Status) })
}

// asksNothing reports whether a process had nothing to do, so that it has only
// said how things stood when it looked last.
func (p *process) asksNothing() bool { return p.c.w.gateway.listed(p.name) == 0 }

// changed reports whether staff gave an order another status.
func (k *checker) changed(id string) bool { return k.w.changed[id] }
