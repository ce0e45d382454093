package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// room is one package of this module.
type room struct {
	name   string // its path below the module's: csvimport/rows
	files  []file // all there are, whatever system they are built for
	wanted bool   // named on the command line

	typed *packages.Package // what is built for this system, tests apart
}

type file struct {
	*ast.File
	test    bool
	lines   int
	imports []imported
}

type imported struct {
	path string
	room string // empty for what is not of this module
	pos  token.Pos
}

// load reads all of the module in the working folder, roof first. Rooms outside
// the patterns are read too, but not wanted: what they import and use still counts.
func load(patterns []string) ([]*room, error) {
	wanted := map[string]bool{}
	if len(patterns) > 0 {
		matched, err := packages.Load(&packages.Config{Mode: packages.NeedName}, patterns...)
		if err != nil {
			return nil, err
		}
		if packages.PrintErrors(matched) > 0 || len(matched) == 0 {
			return nil, errors.New("no such packages")
		}
		for _, p := range matched {
			wanted[p.PkgPath] = true
		}
	}
	// Without NeedDeps ours is typed from source, the rest from export data.
	all, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax | packages.NeedModule}, "./...")
	if err != nil {
		return nil, err
	}
	if packages.PrintErrors(all) > 0 {
		return nil, errors.New("the plan can be checked once everything builds")
	}
	var rooms []*room
	for _, p := range all {
		r := &room{name: strings.TrimPrefix(p.PkgPath, p.Module.Path+"/"), wanted: len(patterns) == 0 || wanted[p.PkgPath], typed: p}
		if r.files, err = parse(p); err != nil {
			return nil, err
		}
		rooms = append(rooms, r)
	}
	slices.SortFunc(rooms, func(a, b *room) int {
		return cmp.Or(plan.line(a.name)-plan.line(b.name), strings.Compare(a.name, b.name))
	})
	return rooms, nil
}

// parse reads every Go file of a package's folder.
func parse(p *packages.Package) ([]file, error) {
	paths, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, path := range paths {
		syntax, err := parser.ParseFile(p.Fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		f := file{File: syntax, test: strings.HasSuffix(path, "_test.go"), lines: p.Fset.File(syntax.FileStart).LineCount()}
		for _, spec := range syntax.Imports {
			path := strings.Trim(spec.Path.Value, "\"`")
			name, own := strings.CutPrefix(path, p.Module.Path+"/")
			if !own {
				name = ""
			}
			f.imports = append(f.imports, imported{path, name, spec.Pos()})
		}
		files = append(files, f)
	}
	return files, nil
}

// on tells whether a room is on a floor or is that floor itself.
func (r *room) on(floor string) bool {
	return r.name == floor || strings.HasPrefix(r.name, floor+"/")
}

// at is where a person finds a position: a path from the module's folder, and a line.
func (r *room) at(pos token.Pos) string {
	p := r.typed.Fset.Position(pos)
	return fmt.Sprintf("%s/%s:%d", r.name, filepath.Base(p.Filename), p.Line)
}

// title names an object of a package for people, a method with its type.
func title(obj types.Object) string {
	if f, ok := obj.(*types.Func); ok && f.Signature().Recv() != nil {
		if t := named(f.Signature().Recv().Type()); t != nil {
			return t.Obj().Name() + "." + f.Name()
		}
	}
	return obj.Name()
}

// named is the named type that a type is or points to, nil if there is none.
func named(t types.Type) *types.Named {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := t.(*types.Named)
	return n
}
