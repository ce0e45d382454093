package realpath_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"bulkimport/csvimport/realpath"
)

// TestOf finds the name of a file before and after it is there, as the system does.
func TestOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege here")
	}
	for _, tt := range []struct{ name, path, want string }{
		{"no link", "a.db", "a.db"},
		{"a link", "to-new", "real/new.db"},
		{"a link to a link", "to-to-new", "real/new.db"},
		{"a folder on the way", "via/a.db", "real/deep/a.db"},
		{"above a folder that is a link", "via/../a.db", "real/a.db"},
		{"a link in the target of a link", "through", "real/deep/a.db"},
		{"above a link in the target of a link", "above", "real/a.db"},
		{"an absolute target", "absolute", "real/a.db"},
		{"a folder that is not there", "nosuch/a.db", "nosuch/a.db"},
		{"dots", "./real/./deep/../a.db", "real/a.db"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder, err := filepath.EvalSymlinks(t.TempDir())
			must(t, err)
			must(t, os.MkdirAll(filepath.Join(folder, "real", "deep"), 0o700))
			for link, target := range map[string]string{
				"via": "real/deep", "to-new": "real/new.db", "to-to-new": "to-new", "through": "via/a.db", "above": "via/../a.db",
				"absolute": folder + "/via/../a.db",
			} {
				must(t, os.Symlink(target, filepath.Join(folder, link)))
			}
			want := filepath.Join(folder, tt.want)
			path := folder + "/" + tt.path
			for _, when := range []string{"before", "after"} {
				got, err := realpath.Of(path)
				if err != nil || got != want {
					t.Fatalf("%s it is there: %s, error %v; want %s", when, got, err, want)
				}
				if os.WriteFile(path, nil, 0o600) != nil {
					return // its folder is not there
				}
				if _, err := os.Stat(want); err != nil {
					t.Fatalf("the system has put it elsewhere: %v", err)
				}
			}
			t.Chdir(folder)
			if got, err := realpath.Of(tt.path); err != nil || got != want {
				t.Errorf("from its folder: %s, error %v; want %s", got, err, want)
			}
		})
	}
}

// TestCircle gives up links that lead in a circle, or through too many.
func TestCircle(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege here")
	}
	folder := t.TempDir()
	must(t, os.Symlink("b", filepath.Join(folder, "a")))
	must(t, os.Symlink("a", filepath.Join(folder, "b")))
	must(t, os.Symlink("loop/x", filepath.Join(folder, "loop")))
	for i := range 50 {
		must(t, os.Symlink(fmt.Sprint(i+1), filepath.Join(folder, fmt.Sprint(i))))
	}
	for _, name := range []string{"a", "a/c.db", "loop", "0"} {
		if got, err := realpath.Of(filepath.Join(folder, name)); err == nil {
			t.Errorf("%s is %s, want an error", name, got)
		}
	}
	if got, err := realpath.Of(filepath.Join(folder, "20")); err != nil || filepath.Base(got) != "50" {
		t.Errorf("through 30 links: %s, error %v", got, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
