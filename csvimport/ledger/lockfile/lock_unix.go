//go:build !windows

package lockfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks the whole file, for one or shared, without waiting. It reports
// false if somebody else has it. The lock goes with the file's last descriptor,
// and so with the process (flock(2)).
func tryLock(f *os.File, shared bool) (bool, error) {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		default:
			return false, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
		}
	}
}

// drop removes the file and lets the lock go, in this order: whoever opens
// the name afterwards finds another file. What has taken its place meanwhile stays.
func drop(f *os.File) {
	if info, err := f.Stat(); err == nil && !Moved(info, f.Name()) {
		os.Remove(f.Name())
	}
	f.Close()
}

// isOpen is of Windows: what is open can be replaced here.
func isOpen(error) bool { return false }

// SyncDir makes a file's name durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
