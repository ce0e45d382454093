//go:build unix

package realpath

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// isDevice reports whether a name is kept for a device, which does not happen here.
func isDevice(string) bool { return false }

// trusted reports whether a link may be followed, by the rule of the kernels that
// protect links: in a folder where everybody may make them, those of this user and
// of the folder's owner.
func trusted(link string) bool {
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return true
	}
	folder, err := os.Stat(filepath.Dir(link))
	if err != nil || folder.Mode()&fs.ModeSticky == 0 || folder.Mode().Perm()&0o002 == 0 {
		return true
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	in, alike := folder.Sys().(*syscall.Stat_t)
	return !ok || !alike || int(of.Uid) == os.Geteuid() || of.Uid == in.Uid
}
