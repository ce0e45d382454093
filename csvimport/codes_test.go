package csvimport_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"bulkimport/csvimport"
)

// codeNames returns the name here of every code.
func codeNames(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		name := spec.Names[0].Name
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != "Code" {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if other := names[code]; other != "" {
			t.Errorf("%s and %s are both %s", name, other, code)
		}
		names[code] = name
		return true
	})
	if len(names) < 80 {
		t.Fatalf("found %d codes only", len(names))
	}
	return names
}

// TestCodes shows that every code begins with E or W, that its name here does
// too, and that no code is there twice.
func TestCodes(t *testing.T) {
	for code, name := range codeNames(t) {
		want := map[string]csvimport.Severity{"E_": csvimport.SeverityError, "W_": csvimport.SeverityWarning}[code[:2]]
		if got := csvimport.Code(code).Severity(); got != want || name[0] != code[0] {
			t.Errorf("%s is called %s and is of severity %q", code, name, got)
		}
	}
}
