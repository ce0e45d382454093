package lockfile

import (
	"os"
	"path/filepath"
	"time"
)

// Replace gives a whole and durable file the name of another, whose place it takes,
// and makes that durable too. Windows does not replace what somebody has open: a virus
// scanner, or who reads it, has it for a moment, for which it waits.
func Replace(from, to string) error {
	err := os.Rename(from, to)
	for pause := time.Millisecond; isOpen(err) && pause < time.Second; pause *= 2 {
		time.Sleep(pause)
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}
