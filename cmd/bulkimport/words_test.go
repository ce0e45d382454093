package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notSaid are the words that people do not read, each with what they read in its place.
var notSaid = map[string]string{
	`(?i)in\s+doubt`:      "may exist, or unknown",
	`Azure plans?\b`:      "service plan",
	`\blanes?\b`:          "account",
	`\bcanar(y|ies)\b`:    "the first N",
	`\bprobes?\b`:         "the first order",
	`\bintents?\b`:        "an order that may exist",
	`\bGUIDs?\b`:          "id",
	`(?i)service account`: "account",
}

// TestOneWordForOneThing shows that one thing has one word, in whatever people read: messages, help
// and the page.
func TestOneWordForOneThing(t *testing.T) {
	rules := map[*regexp.Regexp]string{}
	for word, better := range notSaid {
		rules[regexp.MustCompile(word)] = better
	}
	texts := 0
	judge := func(where, text string) {
		texts++
		for rule, better := range rules {
			if text == `"in doubt"` {
				continue // of which status --json makes a name that scripts read
			}
			if found := rule.FindString(text); found != "" {
				t.Errorf("%s: %q: say %s: %s", where, found, better, text)
			}
		}
	}
	for _, root := range []string{".", "../../csvimport"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "simulation" || d.Name() == "ledger" || d.Name() == "browsertest" || d.Name() == "jobs"):
				return fs.SkipDir
			case strings.HasSuffix(path, "_test.go") || d.IsDir():
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch filepath.Ext(path) {
			case ".go":
				for at, words := range messages(t, path, text) {
					judge(at, words)
				}
			case ".txt", ".html":
				for line := range strings.Lines(string(text)) {
					judge(path, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if texts < 3000 {
		t.Errorf("read %d texts only", texts)
	}
}

// messages are the texts of a file of Go that have words, by where they stand.
func messages(t *testing.T, path string, source []byte) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // a tag is no message
			_, field := n.(*ast.Field)
			return field && n.(*ast.Field).Tag == nil
		case *ast.BasicLit:
			if n.Kind == token.STRING && strings.Contains(n.Value, " ") {
				found[files.Position(n.Pos()).String()] = n.Value
			}
		}
		return true
	})
	return found
}
