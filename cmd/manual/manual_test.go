package main

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// TestPages runs the generator on a program that answers with a help text of
// testdata, and compares every page.
func TestPages(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program whose help is read is a shell script")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "tool")
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase $1 in\n--version) echo 'tool 1.2.3' ;;\n--help) cat '" + here + "/tool.txt' ;;\nhelp) cat '" + here + "'/\"$2.txt\" ;;\nesac\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if n, err := write(program, dir, "1790000000"); n != 3 || err != nil {
		t.Fatalf("%d pages, %v; want 3", n, err)
	}
	var got []string
	for _, page := range []string{"man1/tool.1", "man1/tool-copy.1", "man7/tool-colours.7"} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(text))
	}
	golden := filepath.Join("testdata", "pages.golden")
	all := strings.Join(got, "\n")
	if *update {
		if err := os.WriteFile(golden, []byte(all), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all); diff != "" {
		t.Errorf("pages differ (-want +got), -update writes them anew:\n%s", diff)
	}
}
