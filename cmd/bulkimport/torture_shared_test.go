package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// shortLease is what a run's lease is in programs that share a ledger here: nobody
// waits a minute for the rows of each that was killed.
const shortLease = 5 * time.Second

// buildShared builds the program with that lease.
func buildShared(t *testing.T) string {
	return buildProgram(t, "-X", "main.ledgerLease="+shortLease.String())
}

// TestTortureShared is TestTorture with three programs at once, each with a state
// folder of its own, on one file or on three that overlap, and one ledger in a
// database: two of them are killed and begun again while the third goes on.
func TestTortureShared(t *testing.T) {
	if *tortureLedger != "postgres" {
		t.Skip("leases of seconds need a machine of their own: run by make torture LEDGER=postgres")
	}
	var cluster pgtest.Cluster
	cluster.Need(t)
	t.Cleanup(cluster.Close)
	kind := &tortureKind{binary: buildShared(t), shared: func(t *testing.T) string { return cluster.Fresh(t) }}
	tortured(t, *tortureCycles, 1, kind.job)
}

// share has three programs do the job at once, and kills two of them again and again.
func (j *tortureJob) share() {
	first := j.hands[0]
	j.hands = nil
	overlap := j.rng.IntN(2) == 0
	for i := range 3 {
		h := &hand{dir: filepath.Join(j.dir, fmt.Sprintf("machine-%d", i))}
		h.input = filepath.Join(h.dir, "accounts.csv")
		if err := os.Mkdir(h.dir, 0o700); err != nil {
			j.fail("%v", err)
			return
		}
		j.rewrite(first.input, h.input, func(rows [][]string) [][]string {
			if !overlap {
				return rows
			}
			from := i * len(rows) / 4
			return rows[from : from+len(rows)/2]
		})
		j.hands = append(j.hands, h)
	}
	moments := make([][]time.Duration, len(j.hands))
	for i := range moments[1:] {
		for range 1 + j.rng.IntN(3) {
			moments[i+1] = append(moments[i+1], j.moment())
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	killed := make(map[int64]time.Time) // by run, when its rows could be wanted again
	for i, h := range j.hands {
		all.Go(func() {
			var mine []int64
			for _, moment := range moments[i] {
				var run int64
				killed := j.killAt(h, func(pid int) bool { run = j.runOf(pid); return run != 0 }, moment)
				if !killed {
					continue
				}
				mu.Lock()
				j.kills++
				if run != 0 {
					j.countDoubts(run)
					mine = append(mine, run)
				}
				mu.Unlock()
			}
			began := time.Now()
			mu.Lock()
			for _, run := range mine {
				killed[run] = began
			}
			mu.Unlock()
			j.finish(h)
		})
	}
	all.Wait()
	j.timeTakeOvers(killed)
}

// runOf is the run that a process has begun, 0 if there is none.
func (j *tortureJob) runOf(pid int) (id int64) {
	err := j.reading(func(ctx context.Context, book tortureBook) error {
		runs, err := book.Runs(ctx, 0)
		for _, r := range runs {
			if r.PID == pid && r.Ended.IsZero() {
				id = r.ID
			}
		}
		return err
	})
	if err != nil {
		j.fail("runs: %v", err)
	}
	return id
}

// timeTakeOvers notes how long after kills the rows of the dead were another run's,
// which is to be their lease and five seconds at most.
func (j *tortureJob) timeTakeOvers(killed map[int64]time.Time) {
	entries, err := j.entries()
	if err != nil {
		j.fail("ledger: %v", err)
		return
	}
	err = j.reading(func(ctx context.Context, book tortureBook) error {
		for sub := range entries {
			_, events, err := book.Story(ctx, sub)
			if err != nil {
				return err
			}
			for _, e := range events {
				if of, ok := takenFrom(e); ok && !killed[of].IsZero() {
					j.taken++
					j.latest = max(j.latest, e.Time.Sub(killed[of]))
				}
			}
		}
		return nil
	})
	if err != nil {
		j.fail("stories: %v", err)
	}
	if *endure && j.latest > shortLease+5*time.Second {
		j.fail("rows were taken over %s after a kill", j.latest)
	}
}

// takenFrom is the run from which an event tells that a row was taken over.
func takenFrom(e ledger.Event) (run int64, ok bool) {
	_, words, ok := strings.Cut(e.Note, "taken over from run ")
	if ok {
		_, err := fmt.Sscan(strings.TrimSuffix(words, ", which has ended"), &run)
		ok = err == nil
	}
	return run, ok
}
