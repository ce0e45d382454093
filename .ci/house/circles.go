package main

import (
	"cmp"
	"fmt"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// graph is which file needs which, with the names that make it so.
type graph map[edge]map[string]bool

type edge struct{ from, to string }

// circleBreaches finds files that need each other, too many to be read apart.
func circleBreaches(r *room) (found []breach) {
	g := references(r)
	for _, circle := range circles(g) {
		if len(circle) > mostCircle {
			found = append(found, breach{where: r.name,
				what:   fmt.Sprintf("a circle of %d files, more than %d: %s", len(circle), mostCircle, strings.Join(circle, " ")),
				mend:   "break it where the fewest names make an arrow",
				detail: g.within(circle)})
		}
	}
	return found
}

// references has an edge for each use of a declaration in another file of the
// room: at package level, a method, or a field.
func references(r *room) graph {
	g := graph{}
	fset, pkg := r.typed.Fset, r.typed.Types
	for ident, obj := range r.typed.TypesInfo.Uses {
		if obj.Pkg() != pkg || local(obj) {
			continue
		}
		e := edge{filepath.Base(fset.Position(ident.Pos()).Filename), filepath.Base(fset.Position(obj.Pos()).Filename)}
		if e.from == e.to {
			continue
		}
		if g[e] == nil {
			g[e] = map[string]bool{}
		}
		g[e][title(obj)] = true
	}
	return g
}

// local tells what is declared within a function.
func local(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return false
	case *types.Var:
		return !obj.IsField() && obj.Parent() != obj.Pkg().Scope()
	}
	return obj.Parent() != obj.Pkg().Scope()
}

// circles are the largest sets of files each of which leads to all others of its
// set, sorted. A file on no circle is in none.
func circles(g graph) (found [][]string) {
	reach := map[string]map[string]bool{}
	for e := range g {
		if reach[e.from] == nil {
			reach[e.from] = g.reach(e.from)
		}
	}
	placed := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(reach)) {
		if placed[file] || !reach[file][file] {
			continue
		}
		var circle []string
		for _, other := range slices.Sorted(maps.Keys(reach[file])) {
			if reach[other][file] {
				circle = append(circle, other)
				placed[other] = true
			}
		}
		found = append(found, circle)
	}
	return found
}

// reach is every file that a file leads to, itself only in a circle.
func (g graph) reach(file string) map[string]bool {
	met := map[string]bool{}
	for todo := []string{file}; len(todo) > 0; todo = todo[1:] {
		for e := range g {
			if e.from == todo[0] && !met[e.to] {
				met[e.to] = true
				todo = append(todo, e.to)
			}
		}
	}
	return met
}

// within describes the edges between some files, those made by the fewest names first.
func (g graph) within(files []string) (lines []string) {
	edges := slices.SortedFunc(maps.Keys(g), func(a, b edge) int {
		return cmp.Or(len(g[a])-len(g[b]), strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
	})
	for _, e := range edges {
		if !slices.Contains(files, e.from) || !slices.Contains(files, e.to) {
			continue
		}
		line := fmt.Sprintf("%s → %s: %s", e.from, e.to, slices.Min(slices.Collect(maps.Keys(g[e]))))
		if more := len(g[e]) - 1; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, line)
	}
	return lines
}
