package machine

import (
	"errors"
	"slices"
)

// DiskFull reports whether an error of the system is that a disk has no room, or a
// person no more of it.
func DiskFull(err error) bool { return isAny(err, full) }

// DiskReadOnly reports whether it is that a disk cannot be written.
func DiskReadOnly(err error) bool { return isAny(err, readOnly) }

// NobodyReads reports whether it is that the other end of a pipe is closed.
func NobodyReads(err error) bool { return isAny(err, pipe) }

func isAny(err error, of []error) bool {
	return slices.ContainsFunc(of, func(e error) bool { return errors.Is(err, e) })
}
