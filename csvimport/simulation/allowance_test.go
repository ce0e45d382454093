package simulation_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport"
)

// allowances are rows of the README's table of what remains outside: what has to be
// so that an order may double. Each is counted, and what none of them covers breaks
// the promise.
var allowances = []struct {
	name   string
	covers func(k *checker, first, second placed) bool
}{
	{"created, denied, and hidden for longer than the look", func(k *checker, first, second placed) bool {
		return first.denied && k.w.plan.hidesDenied && k.hidden(first, second)
	}},
	{"an order that takes longer to show than ten minutes and four times the longest time seen", func(k *checker, first, second placed) bool {
		lag := first.Shows.Sub(first.at)
		return lag > turnUp && lag > 4*min(k.w.plan.lag.most, 5*time.Minute) && k.hidden(first, second)
	}},
	{"two ledgers begun within the time an order takes to show", func(k *checker, first, second placed) bool {
		return first.by.c != second.by.c && k.w.shared == nil && k.hidden(first, second) && k.standsFor(twin{first, second}, make(map[*process]bool))
	}},
	{"a process frozen between the last check and the wire", func(k *checker, first, second placed) bool {
		kept := first.by.c.keptLedger(first.by.c == second.by.c, first.by.began)
		return k.w.shared == nil && !kept && (first.by.wasLate(first.SubID) || second.by.wasLate(first.SubID))
	}},
	{"an order that tells neither its reference nor what it is for, and a ledger that does not know it", func(k *checker, first, second placed) bool {
		_, _, told := csvimport.ParseReference(first.Reference)
		known := k.w.shared != nil || second.by.c.keptLedger(first.by.c == second.by.c, first.at)
		return !known && !told && k.w.plan.faulty("no-products", second.at.Sub(k.w.began))
	}},
	{"an order that appears after a day, and was sent again by a person's word", func(k *checker, first, second placed) bool {
		return k.word(second.by, first.at, second.at) && second.at.Sub(first.at) > settle
	}},
}

const (
	turnUp = 10 * time.Minute
	settle = 24 * time.Hour
)

// twin is two orders for one row.
type twin struct{ first, second placed }

// standsFor reports whether there is a beginning for a double beside those for the others:
// one for each, be it that of the second order or that of the first one, whose first order
// it was.
func (k *checker) standsFor(d twin, asked map[*process]bool) bool {
	of := []*process{d.second.by}
	if k.begins(d.first) {
		of = append(of, d.first.by)
	}
	for _, p := range of {
		if asked[p] {
			continue
		}
		asked[p] = true
		if other, taken := k.begun[p]; !taken || k.standsFor(other, asked) {
			k.begun[p] = d
			return true
		}
	}
	return false
}

// begins reports whether an order is the first that its process placed.
func (k *checker) begins(o placed) bool {
	i := slices.IndexFunc(k.orders, func(other placed) bool { return other.by == o.by })
	return k.orders[i].ID == o.ID
}

// hidden reports whether the first order did not show to all yet when the second
// was sent.
func (k *checker) hidden(first, second placed) bool {
	const sent = 2 * time.Minute // a request may be on its way for so long
	c := &k.w.plan.platform
	return second.at.Before(first.Shows.Add(time.Duration(c.Nodes)*c.NodeLag + c.Stale + sent))
}

// allowance names what covers a second order, empty if nothing does.
func (k *checker) allowance(first, second placed) string {
	for _, a := range allowances {
		if a.covers(k, first, second) {
			return a.name
		}
	}
	return ""
}

// The README's table has a row for each allowance.
func TestAllowancesAreToldOf(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range allowances {
		if !strings.Contains(string(readme), "\n| "+a.name+" |") {
			t.Errorf("the README has no row for: %s", a.name)
		}
	}
}
