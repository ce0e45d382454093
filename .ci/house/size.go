package main

import (
	"fmt"
	"go/types"
)

// sizeBreaches finds rooms with too much in them, and types with too many methods.
func sizeBreaches(r *room) (found []breach) {
	files, lines := 0, 0
	for _, f := range r.files {
		if !f.test {
			files++
			lines += f.lines
		}
	}
	if files > mostFiles || lines > mostLines {
		found = append(found, breach{where: r.name, what: fmt.Sprintf("%d files with %d lines, more than %d or %d", files, lines, mostFiles, mostLines),
			mend: "find the second thing that this room is about, and give it a room"})
	}
	scope := r.typed.Types.Scope()
	for _, name := range scope.Names() {
		t, ok := scope.Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		if n := methods(t.Type()); n > mostMethods {
			found = append(found, breach{where: r.at(t.Pos()), what: fmt.Sprintf("%s has %d methods, more than %d", name, n, mostMethods),
				mend: "split it by who may touch which of its fields"})
		}
	}
	return found
}

// methods counts what is declared on a type itself or, for an interface, asked by it.
func methods(t types.Type) int {
	n := 0
	if named, ok := t.(*types.Named); ok {
		n = named.NumMethods()
	}
	if asked, ok := t.Underlying().(*types.Interface); ok {
		n += asked.NumMethods()
	}
	return n
}
