package simulation_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// scratch makes a folder for the disks of one world, in memory where there is
// such a place: nothing here has to outlive the process.
func scratch() (string, error) {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp(memory, "simulation-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "simulation-")
}

// files lists the names in a folder, none if there is no such folder.
func files(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// aside is a name for a folder that is moved out of the way.
func aside(dir string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s.%d", dir, n)
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return name
		}
	}
}

// replace puts copies in the place of all files of a folder that are kept, so that
// whoever has one open, or locked, has a file without a name.
func replace(dir string, keep func(name string) bool) error {
	old := aside(dir)
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	return copyAll(old, dir, keep)
}

// copyAll copies the files of a folder that are kept.
func copyAll(from, to string, keep func(name string) bool) error {
	errs := []error{os.MkdirAll(to, 0o700)}
	for _, name := range files(from) {
		if !keep(name) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		errs = append(errs, err, os.WriteFile(filepath.Join(to, name), b, 0o600))
	}
	return errors.Join(errs...)
}

// What is kept of the files beside a ledger. The index of its log is none: who
// opens the ledger first makes it anew.
func isFile(name string) bool   { return !strings.HasSuffix(name, "-shm") }
func isLedger(name string) bool { return name == "ledger.db" || name == "ledger.db-wal" }

// putBack gives the machine copies of its files, so that what dead processes hold
// open or locked is not theirs any more.
func (c *computer) putBack() error {
	return errors.Join(replace(c.folder, isFile), replace(c.marks, isFile))
}

// lose deletes the ledger, whoever uses it.
func (c *computer) lose() error {
	c.w.story.note("%s: the ledger is deleted", c.Host())
	c.mu.Lock()
	c.replaced = time.Now()
	c.mu.Unlock()
	return replace(c.folder, func(name string) bool { return !strings.HasPrefix(name, "ledger.db") })
}

// backUp copies the ledger.
func (c *computer) backUp() error {
	c.w.story.note("%s: the ledger is backed up", c.Host())
	c.w.settle()
	c.backup = aside(c.folder + ".backup")
	return copyAll(c.folder, c.backup, isLedger)
}

// restore puts the backup back, if there is one.
func (c *computer) restore() error {
	if c.backup == "" {
		return nil
	}
	c.w.story.note("%s: the ledger is put back", c.Host())
	return errors.Join(c.lose(), copyAll(c.backup, c.folder, isLedger))
}

// copyFrom takes a copy of another machine's ledger.
func (c *computer) copyFrom(other *computer) error {
	c.w.story.note("%s: takes a copy of the ledger of %s", c.Host(), other.Host())
	c.w.settle()
	return errors.Join(c.lose(), copyAll(other.folder, c.folder, isLedger))
}
