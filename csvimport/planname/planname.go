// Package planname finds service plans by the names that people write into cells.
package planname

import (
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/similar"
)

// shown is how many plans are named one by one.
const shown = 10

// nearest is how many plans are told that may be meant.
const nearest = 3

// Index is the plans of a platform by their names. It does not change.
type Index struct {
	plans []csvimport.Plan
	named map[string][]int
	ids   map[string]int
}

// New returns an index of the plans.
func New(plans []csvimport.Plan) *Index {
	x := &Index{plans: plans, named: make(map[string][]int, len(plans)), ids: make(map[string]int, len(plans))}
	for i, p := range plans {
		x.ids[strings.ToLower(p.APSID)] = i
		if k := normal.NameKey(p.Name); k != "" {
			x.named[k] = append(x.named[k], i)
		}
	}
	return x
}

// Named returns the plans of a name: one is meant if there is one.
func (x *Index) Named(name string) (found []csvimport.Plan) {
	for _, i := range x.named[normal.NameKey(name)] {
		found = append(found, x.plans[i])
	}
	return found
}

// leastBegun is the shortest beginning of an id by which a plan is told.
const leastBegun = 8

// Begun returns the plans whose ids begin so: a cell may have lost the rest.
func (x *Index) Begun(id string) (found []csvimport.Plan) {
	if len(id) < leastBegun {
		return nil
	}
	for _, p := range x.plans {
		if strings.HasPrefix(strings.ToLower(p.APSID), strings.ToLower(id)) {
			found = append(found, p)
		}
	}
	return found
}

// Near returns the plans whose names are most like one that none has.
func (x *Index) Near(name string) []csvimport.Plan {
	near := similar.To[csvimport.Plan](normal.NameKey(name), nearest)
	for _, p := range x.plans {
		if normal.NameKey(p.Name) == "" {
			continue
		}
		near.Try(normal.NameKey(p.Name), func() csvimport.Plan { return p })
	}
	return near.Found()
}

// Is reports whether a plan that is known is called so. Of a plan that is not
// known nothing is said: it is.
func (x *Index) Is(id, name string) (called string, is bool) {
	i, ok := x.ids[id]
	if !ok {
		return "", true
	}
	return x.plans[i].Name, normal.NameKey(x.plans[i].Name) == normal.NameKey(name)
}

// Words names plans by id and name.
func Words(plans []csvimport.Plan) string {
	words := make([]string, 0, shown+1)
	for _, p := range plans[:min(len(plans), shown)] {
		words = append(words, p.APSID+" ("+csvimport.Quoted(p.Name)+")")
	}
	if more := len(plans) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}
