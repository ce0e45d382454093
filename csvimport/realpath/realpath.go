// Package realpath follows the links of a file's name to the end, also where the file
// is not there yet.
package realpath

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// mostLinks is how many symbolic links may lead from one to the next.
const mostLinks = 40

// ErrForeign is a link of another user in a folder like /tmp: it leads where that user
// wants.
var ErrForeign = errors.New("it is a link that another user has made in a folder open to all")

// Of returns the one absolute name of a file that need not be there yet: two who reach
// it by different names, or through a link that leads nowhere still, find the same. The
// error is that of the system, or says that links lead in a circle, or that another
// user has put one where everybody may ([ErrForeign]).
func Of(path string) (string, error) {
	abs, err := filepath.Abs(path)
	for range mostLinks {
		if err != nil {
			return path, err
		}
		for link := abs; ; link = filepath.Dir(link) {
			if !trusted(link) {
				return path, &fs.PathError{Op: "follow", Path: link, Err: ErrForeign}
			}
			if link == filepath.Dir(link) {
				break
			}
		}
		if real, err := filepath.EvalSymlinks(abs); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return cmp.Or(real, abs), nil
		}
		dir := filepath.Dir(abs)
		if dir == abs {
			return abs, nil
		}
		if dir, err = Of(dir); err != nil {
			return path, err
		}
		target, linked := os.Readlink(abs)
		switch {
		case linked != nil:
			return filepath.Join(dir, filepath.Base(abs)), nil
		case filepath.IsAbs(target):
			abs = target
		default:
			abs = filepath.Join(dir, target)
		}
	}
	return path, errors.New("the links of its name lead in a circle")
}
