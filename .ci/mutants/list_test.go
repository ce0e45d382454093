package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each text that a mutant replaces is in its file, once.
func TestTextsMatch(t *testing.T) {
	for _, m := range mutants {
		text, err := os.ReadFile("../../" + m.file)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if n := strings.Count(string(text), m.from); n != 1 {
			t.Errorf("%s: the text is %d times in %s", m.name, n, m.file)
		}
	}
}

// The scenario, or the test, that is to find a mutant is there.
func TestFindersAreThere(t *testing.T) {
	for _, m := range mutants {
		kind, what, _ := strings.Cut(m.finds, " ")
		dir, words := room, `{name: "`+what
		switch kind {
		case "scenario":
		case "test":
			var name string
			dir, name, _ = strings.Cut(what, " ")
			words = "func " + name + "(t *testing.T)"
		default:
			continue
		}
		files, err := filepath.Glob("../../" + dir + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), words)
		}
		if !found {
			t.Errorf("%s: there is no %s", m.name, m.finds)
		}
	}
}
