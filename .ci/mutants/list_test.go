package main

import (
	"os"
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
