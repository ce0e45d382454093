//go:build unix

package realpath_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"bulkimport/csvimport/realpath"
)

// TestForeignLink follows no link that another user has made where everybody may.
func TestForeignLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a link of another user")
	}
	const somebody, nobody = 1001, 65534
	folder := filepath.Join(t.TempDir(), "open")
	for _, tt := range []struct {
		name  string
		mode  fs.FileMode
		owner int // of the link
		at    string
		want  error
	}{
		{"another user's", 0o777 | fs.ModeSticky, nobody, "r.csv", realpath.ErrForeign},
		{"another user's, on the way", 0o777 | fs.ModeSticky, nobody, "r.csv/below", realpath.ErrForeign},
		{"one's own", 0o777 | fs.ModeSticky, 0, "r.csv", nil},
		{"the folder's owner's", 0o777 | fs.ModeSticky, somebody, "r.csv", nil},
		{"in a private folder", 0o755, nobody, "r.csv", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			os.RemoveAll(folder)
			must(t, os.Mkdir(folder, 0o700))
			must(t, os.Chmod(folder, tt.mode))
			must(t, os.Chown(folder, somebody, somebody))
			link := filepath.Join(folder, "r.csv")
			must(t, os.Symlink(t.TempDir(), link))
			must(t, os.Lchown(link, tt.owner, tt.owner))
			if _, err := realpath.Of(filepath.Join(folder, tt.at)); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}
