package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
)

// lives knows which runs of a ledger go on: each has a file beside the ledger
// locked for as long. It is safe for concurrent use.
type lives struct {
	path string // of the ledger

	mu   sync.Mutex
	live map[int64]*life // the runs of this handle that go on
	dead map[int64]bool  // runs found dead: they stay so
}

// life is what a run of this handle has while it goes on.
type life struct {
	lock *os.File
	quit context.CancelFunc // ends what is done beside it; nil if nothing is
	done chan struct{}      // closed when that has ended
}

// rest ends what is done beside the run.
func (l *life) rest() {
	if l.quit != nil {
		l.quit()
		<-l.done
	}
}

func newLives(path string) *lives {
	return &lives{path: path, live: make(map[int64]*life), dead: make(map[int64]bool)}
}

func (l *lives) lockPath(run int64) string { return fmt.Sprintf("%s.run-%d.lock", l.path, run) }

// begin takes the lock of a run of this handle, which it reports false about if
// somebody has it.
func (l *lives) begin(run int64) (bool, error) {
	lock, err := takeLock(l.lockPath(run))
	if err != nil || lock == nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[run] = &life{lock: lock}
	return true, nil
}

// beside does something for as long as a run of this handle goes on.
func (l *lives) beside(run int64, do func(context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	life := l.live[run]
	if life == nil {
		return
	}
	ctx, quit := context.WithCancel(context.Background())
	life.quit, life.done = quit, make(chan struct{})
	go func() {
		defer close(life.done)
		do(ctx)
	}()
}

// rest ends what is done beside runs of this handle.
func (l *lives) rest() {
	l.mu.Lock()
	all := slices.Collect(maps.Values(l.live))
	l.mu.Unlock()
	for _, life := range all {
		life.rest()
	}
}

// goesOn reports whether a run of this handle has not ended.
func (l *lives) goesOn(run int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live[run] != nil
}

// alive reports whether a run goes on, in this process or another. A run that
// cannot be told dead is alive.
func (l *lives) alive(run int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live[run] != nil {
		return true
	}
	if l.dead[run] {
		return false
	}
	if lockHeld(l.lockPath(run)) {
		return true
	}
	l.dead[run] = true
	return false
}

// end lets the lock of a run of this handle go, if it has it still.
func (l *lives) end(run int64) {
	l.mu.Lock()
	life := l.live[run]
	l.mu.Unlock()
	if life == nil {
		return
	}
	life.rest()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.live[run] == life {
		dropLock(life.lock)
		delete(l.live, run)
	}
}

// close ends all runs of this handle.
func (l *lives) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for run, life := range l.live {
		dropLock(life.lock)
		delete(l.live, run)
	}
}

// takeLock creates and locks the file, or returns nil if somebody holds it. Who
// looks whether the run is dead locks the file for a moment too and may remove
// it: then the lock is on a file without a name, which is no lock.
func takeLock(path string) (*os.File, error) {
	for range 1000 {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		ok, err := tryLock(f, false)
		if err != nil || !ok {
			f.Close()
			return nil, err
		}
		if named(f, path) {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("%s disappears again and again", path)
}

// lockHeld reports whether somebody holds the lock, and removes the file if
// nobody does.
func lockHeld(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	// Shared, so that two who look at once do not take each other for the run.
	free, err := tryLock(f, true)
	if err != nil || !free {
		f.Close()
		return true
	}
	dropLock(f)
	return false
}

func named(f *os.File, path string) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	want, err := os.Stat(path)
	return err == nil && os.SameFile(have, want)
}
