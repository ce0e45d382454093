package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"bulkimport/csvimport/ledger/lockfile"
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
	lock *lockfile.Lock
	quit context.CancelFunc // ends what is done beside it; nil if nothing is
	done chan struct{}      // closed when that has ended
	left func()             // called once it counts as dead
}

// drop makes the run count as dead.
func (l *life) drop() {
	l.lock.Drop()
	if l.left != nil {
		l.left()
	}
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
	lock, err := lockfile.Take(l.lockPath(run))
	if err != nil || lock == nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[run] = &life{lock: lock}
	return true, nil
}

// beside does something for as long as a run of this handle goes on, and something
// else when it has ended.
func (l *lives) beside(run int64, do func(context.Context), left func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	life := l.live[run]
	if life == nil {
		left()
		return
	}
	ctx, quit := context.WithCancel(context.Background())
	life.quit, life.done, life.left = quit, make(chan struct{}), left
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

// named reports whether others still find the lock of a run of this handle.
func (l *lives) named(run int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live[run] != nil && l.live[run].lock.Named()
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
	if lockfile.Held(l.lockPath(run)) {
		return true
	}
	l.dead[run] = true
	return false
}

// of is those of some runs that go on, or those that do not.
func (l *lives) of(runs []int64, on bool) []int64 {
	return slices.DeleteFunc(runs, func(run int64) bool { return l.alive(run) != on })
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
		life.drop()
		delete(l.live, run)
	}
}

// close ends all runs of this handle.
func (l *lives) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for run, life := range l.live {
		life.drop()
		delete(l.live, run)
	}
}
