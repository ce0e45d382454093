package lockfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks the file's first byte, for one or shared, without waiting. It
// reports false if somebody else has it. The lock goes with the handle, and so
// with the process (LockFileEx).
func tryLock(f *os.File, shared bool) (bool, error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return false, nil
	}
	return false, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
}

// drop lets the lock go and removes the file: Windows does not remove what
// is open. If somebody else opened it meanwhile it stays, empty and unlocked.
func drop(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// isOpen reports whether a file may not have been replaced because somebody has it open:
// a rename over it is refused as a right that is missing.
func isOpen(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// SyncDir does nothing: Windows keeps names durable by itself (NTFS journal).
func SyncDir(string) error { return nil }
