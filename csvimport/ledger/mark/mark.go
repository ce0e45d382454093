// Package mark is what a machine remembers of the ledgers that runs on it were at
// work with: by it a ledger is known that was lost, copied or put back.
//
// A mark and its ledger have the same word, a random one, which a run changes when
// it begins, every half minute, and when it ends, in three steps, each durable
// before the next: the mark says that a word is to follow another, the ledger
// takes it, the mark says that this is done. At whatever step a run is killed the
// two agree, and an older state of the ledger, or one that went on elsewhere, does
// not.
package mark

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
	"bulkimport/csvimport/visible"
)

// Mark is what a machine remembers of a ledger's part of one platform.
type Mark struct {
	Platform string
	Ledger   string // its id
	Path     string // of its file
	Machine  string // a hash of the machine's id: a mark that came with a copied folder is none
	Word     string // that the ledger has
	Next     string `json:",omitempty"` // that it has or has not taken yet, empty if none is to follow

	// Runs are those that have not ended, and until when each may send, by the
	// machine's wall clock.
	Runs map[int64]time.Time `json:",omitempty"`
}

// Agrees reports whether a ledger with this word is as the mark has it.
func (m *Mark) Agrees(word string) bool { return word == m.Word || m.Next != "" && word == m.Next }

// Word returns a fresh word.
func Word() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Place is where the mark of a ledger's part of one platform is kept on a machine:
// a file in a folder, beside those of other ledgers. It may be used by several at
// once, who hold its lock while they write.
type Place struct {
	Folder   string
	Machine  string // the machine's id
	Platform string
	Ledger   string
	Path     string
}

func (p Place) prefix() string { return hash(p.Platform) + "-" }

func (p Place) file(end string) string { return filepath.Join(p.Folder, p.prefix()+p.Ledger+end) }

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// Enter says that a run of this process begins: the lock is held until it ends. It
// fails with ErrElsewhere if a run on the platform goes on with another ledger. It
// is nil where the folder cannot be written.
func (p Place) Enter(pid int) (*lockfile.Lock, error) {
	if os.MkdirAll(p.Folder, 0o700) != nil {
		return nil, nil
	}
	found, _ := filepath.Glob(filepath.Join(p.Folder, p.prefix()+"*.run"))
	for _, path := range found {
		ours := strings.HasPrefix(filepath.Base(path), p.prefix()+p.Ledger+"-")
		if lockfile.Held(path) && !ours { // looked for anyway: what the dead left goes
			return nil, &ledger.Error{Where: path, Err: ledger.ErrElsewhere, Hint: "let one import at a time, or share one ledger"}
		}
	}
	own, err := lockfile.Take(p.file(fmt.Sprintf("-%d-%s.run", pid, Word())))
	if err != nil {
		return nil, nil
	}
	return own, nil
}

// lockPause is how long to wait before the lock is asked for again.
const lockPause = 2 * time.Millisecond

// Lock waits for the mark's lock, which is held while it is compared with the
// ledger and both are changed.
func (p Place) Lock(ctx context.Context) (unlock func(), err error) {
	for {
		lock, err := lockfile.Take(p.file(".lock"))
		if err != nil {
			return nil, fail(p.file(".lock"), err)
		}
		if lock != nil {
			return lock.Drop, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// Read returns the mark, nil if this machine has none that can be read.
func (p Place) Read() *Mark { return p.read(p.file(".mark")) }

func (p Place) read(path string) *Mark {
	if m := read(path, p.Machine); m != nil && m.Platform == p.Platform {
		return m
	}
	return nil
}

func read(path, machine string) *Mark {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	m := new(Mark)
	if json.Unmarshal(text, m) != nil || m.Machine != hash(machine) {
		return nil
	}
	return m
}

// Kept reports whether runs on the machine with this id, whose marks are in folder,
// were at work with a ledger at path, be it there still or not.
func Kept(folder, machine, path string) bool {
	found, _ := filepath.Glob(filepath.Join(folder, "*.mark"))
	return slices.ContainsFunc(found, func(file string) bool {
		m := read(file, machine)
		return m != nil && m.Path == path
	})
}

// Write makes the mark durable, for the ledger as it is named here.
func (p Place) Write(m Mark) error {
	m.Platform, m.Ledger, m.Path, m.Machine = p.Platform, p.Ledger, p.Path, hash(p.Machine)
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	path := p.file(".mark")
	if err := durable(path, []byte(visible.Lines(string(text)))); err != nil {
		return fail(path, err)
	}
	return nil
}

// durable writes a file in one step.
func durable(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return lockfile.Replace(path+".new", path)
}

func fail(path string, err error) error {
	return &ledger.Error{Where: path, Err: errors.New("the mark of the ledger cannot be written"), Hint: "check the rights on the folder and its free space", Cause: err}
}

// others are the marks of other ledgers on the platform, by their files.
func (p Place) others() map[string]Mark {
	all := make(map[string]Mark)
	found, _ := filepath.Glob(filepath.Join(p.Folder, p.prefix()+"*.mark"))
	for _, path := range found {
		if m := p.read(path); m != nil && m.Ledger != p.Ledger {
			all[path] = *m
		}
	}
	return all
}

// File is what is seen of a ledger.
type File struct {
	Word string
	Used bool // it has had a word, or orders were sent from it
	Torn bool // the end of its log is torn off, as a power cut leaves it
	Cut  bool // the same, and the machine has not started again since: something that was confirmed may be gone

	// Holds reports whether a file is the ledger with this id. It fails if that
	// cannot be told.
	Holds func(path, ledger string) (bool, error)
}

// Judge compares the mark with the ledger, and looks for lost ones.
func (p Place) Judge(f File) ledger.Loss {
	m := p.Read()
	switch {
	case m == nil && f.Used:
		return ledger.LossUnknown
	case m != nil && (f.Cut || f.Torn && !m.Agrees(f.Word)):
		return ledger.LossTail
	case m != nil && (!m.Agrees(f.Word) || p.twice(m, f)):
		return ledger.LossCopied
	case len(p.lost(f)) > 0:
		return ledger.LossMissing
	}
	return ledger.Sound
}

// twice reports whether the ledger is still where the mark has it, and here too.
func (p Place) twice(m *Mark, f File) bool {
	if same(m.Path, p.Path) {
		return false
	}
	there, err := f.Holds(m.Path, p.Ledger)
	return err == nil && there
}

// lost are the files of the marks whose ledgers are not where they were.
func (p Place) lost(f File) (files []string) {
	for file, m := range p.others() {
		if !same(m.Path, p.Path) {
			if there, err := f.Holds(m.Path, m.Ledger); err != nil || there {
				continue
			}
		}
		files = append(files, file)
	}
	return files
}

// same reports whether two names are of one file.
func same(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// Found takes the marks of lost ledgers away: their orders have been looked for.
func (p Place) Found(f File) {
	for _, file := range p.lost(f) {
		os.Remove(file)
	}
}

// Forget takes the mark away: the ledger is kept elsewhere from now on.
func (p Place) Forget() error {
	err := os.Remove(p.file(".mark"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Turn changes the word in its three steps; word is the ledger's, and take gives it
// the next. The caller holds the lock. anew is for a mark that does not agree, or
// is not there, and is to from now on; without it that fails with ErrReplaced.
func (p Place) Turn(word string, anew bool, take func(next string) error, runs func(map[int64]time.Time)) error {
	m := p.Read()
	if m != nil && !m.Agrees(word) && !anew {
		return &ledger.Error{Where: p.Path, Err: ledger.ErrReplaced, Hint: "keep one ledger in one place, and start again"}
	}
	now := Mark{Word: word, Next: Word(), Runs: make(map[int64]time.Time)}
	if m != nil && m.Agrees(word) {
		maps.Copy(now.Runs, m.Runs)
	}
	if err := p.Write(now); err != nil {
		return err
	}
	if err := take(now.Next); err != nil {
		return err
	}
	now.Word, now.Next = now.Next, ""
	runs(now.Runs)
	return p.Write(now)
}
