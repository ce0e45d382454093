// Package walkthrough_test runs the walk-through with the program as it is.
package walkthrough_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestWalkthrough(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the walk-through is a shell script")
	}
	// The cache of test results sees what a test reads, not what go build does.
	for _, folder := range []string{"cmd", "csvimport", "apsclient"} {
		if err := filepath.WalkDir(filepath.Join("../..", folder), func(string, fs.DirEntry, error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "bulkimport"), "bulkimport/cmd/bulkimport")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("sh", "walkthrough.sh")
	cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "HOME="+bin)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
