package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// below is the rooms that a room imports, tests apart.
func (r *room) below() map[string]bool {
	to := map[string]bool{}
	for _, f := range r.files {
		for _, i := range f.imports {
			if i.room != "" && !f.test {
				to[i.room] = true
			}
		}
	}
	return to
}

// arrows is one line of the house as it is: a room and what it imports.
func (r *room) arrows() string { return strings.TrimSpace(r.name + " → " + listed(r.below())) }

// arrowBreaches finds the imports that are not drawn.
func arrowBreaches(r *room) (found []breach) {
	if plan.line(r.name) < 0 {
		return []breach{{where: r.name, what: "this room is not in the plan", mend: "draw it first, in .ci/house/plan.go"}}
	}
	below := r.below()
	for _, to := range plan.from(r.name) {
		if to != "..." && !below[to] {
			found = append(found, breach{where: r.name, what: fmt.Sprintf("the plan draws an arrow to %s that nobody goes", to), mend: "take it out of .ci/house/plan.go"})
		}
	}
	for _, f := range r.files {
		for _, i := range f.imports {
			switch {
			case i.room == "" || plan.allows(r.name, i.room, f.test):
			case f.test:
				found = append(found, breach{where: r.at(i.pos), what: fmt.Sprintf("a test of %s imports %s, which is not below it", r.name, i.room),
					mend: "move the test to the higher room, or build by hand what it needs"})
			default:
				found = append(found, breach{where: r.at(i.pos), what: fmt.Sprintf("%s imports %s, an arrow that is not drawn", r.name, i.room),
					mend: "let the caller hand over what is needed, or move it to where both may import it"})
			}
		}
	}
	return found
}

// doorBreaches finds modules that come in by more than one package.
func doorBreaches(rooms []*room) (found []breach) {
	for _, module := range doors {
		in := map[string]bool{}
		for _, r := range rooms {
			for _, f := range r.files {
				for _, i := range f.imports {
					if !f.test && (i.path == module || strings.HasPrefix(i.path, module+"/")) {
						in[r.name] = true
					}
				}
			}
		}
		delete(in, besides[module])
		if len(in) > 1 {
			found = append(found, breach{where: module, what: fmt.Sprintf("has %d doors: %s", len(in), listed(in)),
				mend: "import it in one package, and let the others ask that one"})
		}
	}
	return found
}

// listed is a set in words.
func listed(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
}
