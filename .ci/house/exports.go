package main

import (
	"go/ast"
	"go/types"
	"maps"
)

// deadExports finds exported names in csvimport that no other room and no test
// uses. Names in files that cannot know the room do not count, except for
// methods, which an interface may call, or package errors.
func deadExports(rooms []*room) (found []breach) {
	for _, r := range rooms {
		if !r.wanted || !r.on("csvimport") {
			continue
		}
		used, called := map[string]bool{}, map[string]bool{"Error": true, "Is": true, "As": true, "Unwrap": true}
		for _, other := range rooms {
			for _, f := range other.files {
				switch {
				case other == r && !f.test:
					continue
				case other == r || f.knows(r):
					maps.Copy(used, f.names())
				}
				maps.Copy(called, f.names())
			}
			for _, value := range other.typed.TypesInfo.Types {
				if t := named(value.Type); t != nil && t.Obj().Pkg() == r.typed.Types && other != r {
					used[t.Obj().Name()] = true // in others' hands, though they do not name it
				}
			}
		}
		look := func(obj types.Object, used map[string]bool) {
			if obj.Exported() && !used[obj.Name()] {
				found = append(found, breach{where: r.at(obj.Pos()), what: "no other room and no test uses " + title(obj), mend: "unexport or delete it"})
			}
		}
		scope := r.typed.Types.Scope()
		for _, name := range scope.Names() {
			obj := scope.Lookup(name)
			look(obj, used)
			if t := named(obj.Type()); t != nil && t.Obj() == obj && obj.Exported() {
				for m := range t.Methods() {
					look(m, called)
				}
			}
		}
	}
	return found
}

// knows tells whether a file imports a room.
func (f file) knows(r *room) bool {
	for _, i := range f.imports {
		if i.path == r.typed.PkgPath {
			return true
		}
	}
	return false
}

// names are all identifiers in a file.
func (f file) names() map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f.File, func(n ast.Node) bool {
		if ident, ok := n.(*ast.Ident); ok {
			names[ident.Name] = true
		}
		return true
	})
	return names
}
