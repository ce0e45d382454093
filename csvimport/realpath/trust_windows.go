package realpath

import "path/filepath"

// isDevice reports whether a name is kept for a device: no local path ends in one.
func isDevice(path string) bool {
	base := filepath.Base(path)
	return base != ".." && base != `\` && !filepath.IsLocal(base)
}

// trusted reports whether a link may be followed: making one takes a right here.
func trusted(string) bool { return true }
