package sqlite

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bulkimport/csvimport/ledger"
)

// marks are what a run leaves outside of its ledger: a file in a folder, locked
// while the run goes on, removed when it ends, and left behind when it is
// killed. A ledger that is lost after its run was killed is noticed by it.
type marks struct {
	own   *os.File
	stale []string // of killed runs whose ledger is not ours
}

// newMarks leaves a mark in folder for a run on the platform, of the ledger self
// and of this process. It fails only with ErrElsewhere: a folder that cannot be
// written makes no difference to an import that goes well.
func newMarks(folder, platform, self string, pid int) (*marks, error) {
	if folder == "" || os.MkdirAll(folder, 0o700) != nil {
		return &marks{}, nil
	}
	sum := sha256.Sum256([]byte(platform))
	prefix := hex.EncodeToString(sum[:8]) + "-"
	m := new(marks)
	found, _ := filepath.Glob(filepath.Join(folder, prefix+"*.run"))
	for _, path := range found {
		ours := strings.HasPrefix(filepath.Base(path), prefix+self+"-")
		lock, err := takeLock(path)
		switch {
		case err != nil:
		case lock == nil && !ours:
			return nil, &ledger.Error{Where: path, Err: ledger.ErrElsewhere, Hint: hintElsewhere}
		case lock == nil:
		case ours:
			dropLock(lock)
		default:
			lock.Close()
			m.stale = append(m.stale, path)
		}
	}
	m.own, _ = takeLock(filepath.Join(folder, prefix+self+fmt.Sprintf("-%d-%s.run", pid, randomID())))
	return m, nil
}

// lost reports whether a run on the platform was killed and its ledger is not
// the one at hand.
func (m *marks) lost() bool { return len(m.stale) > 0 }

// remove takes the run's own mark away: it has ended, or never began.
func (m *marks) remove() {
	if m.own != nil {
		dropLock(m.own)
		m.own = nil
	}
}

// forget takes the marks of the lost away: their orders have been looked for.
func (m *marks) forget() {
	for _, path := range m.stale {
		os.Remove(path)
	}
}

func randomID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
