package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate takes size bytes of the disk for a file.
func allocate(f *os.File, size int64) error {
	if size <= 0 {
		return nil
	}
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return writeZeros(f, size)
		default:
			return &os.PathError{Op: "allocate", Path: f.Name(), Err: err}
		}
	}
}
