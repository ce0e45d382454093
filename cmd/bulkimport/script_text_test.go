package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// What scripts do to text files, on every system.

// takeHead makes a file of the first lines of another: head N FROM TO.
func takeHead(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(lines[:n], "")), 0o600))
}

// dropLines copies a file without some of its lines, from 1: without FIRST LAST FILE FILE.
func dropLines(ts *testscript.TestScript, _ bool, args []string) {
	first, err := strconv.Atoi(args[0])
	ts.Check(err)
	last, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[2]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.Join(slices.Delete(lines, first-1, last), "")), 0o600))
}

// editLine changes what a pattern matches in one line of a file, from 1: edit FILE LINE PATTERN WITH.
func editLine(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	pattern, err := regexp.Compile(args[2])
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	edited := pattern.ReplaceAllString(lines[n-1], args[3])
	if edited == lines[n-1] {
		ts.Fatalf("line %d of %s has nothing like %s: %s", n, args[0], args[2], edited)
	}
	lines[n-1] = edited
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

// writeLines makes a file of lines: lines FILE LINE...
func writeLines(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], "\n")+"\n"), 0o600))
}
