package machine_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"bulkimport/csvimport/machine"
)

func TestElapsedNeverGoesBack(t *testing.T) {
	m := machine.Local()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			last := m.Elapsed()
			for range 20_000 {
				now := m.Elapsed()
				if now < last {
					t.Errorf("%v after %v", now, last)
					return
				}
				last = now
			}
		})
	}
	readers.Wait()
}

func TestElapsedGrowsWithTime(t *testing.T) {
	const step = 20 * time.Millisecond // in which a clock may move
	m := machine.Local()
	begun := m.Elapsed()
	start := time.Now()
	time.Sleep(5 * step)
	took := time.Since(start)
	if grown := m.Elapsed() - begun; grown < took-step {
		t.Errorf("grew by %v in %v", grown, took)
	}
}

func TestNowIsWallTime(t *testing.T) {
	before := time.Now().Round(0)
	now := machine.Local().Now()
	if now.Before(before) || now.Sub(before) > time.Hour {
		t.Errorf("%v, and the clock said %v", now, before)
	}
	if now != now.Round(0) {
		t.Errorf("%v has a monotonic reading", now)
	}
}

// Another process on this machine sees the same start and name.
func TestOneMachineForAllProcesses(t *testing.T) {
	m := machine.Local()
	seen := fmt.Sprintf("%q %q\n", m.Boot(), m.Host())
	if os.Getenv("MACHINE_TEST_CHILD") != "" {
		fmt.Print(seen)
		os.Exit(0)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOneMachineForAllProcesses$")
	child.Env = append(os.Environ(), "MACHINE_TEST_CHILD=1")
	out, err := child.CombinedOutput()
	if err != nil || string(out) != seen {
		t.Errorf("the other process saw %q (%v), this one %q", out, err, seen)
	}
	told := runtime.GOOS == "linux" || runtime.GOOS == "darwin"
	if told != (m.Boot() != "") {
		t.Errorf("start %q on %s", m.Boot(), runtime.GOOS)
	}
	if m.Host() == "" {
		t.Error("the machine has no name")
	}
}

func BenchmarkElapsed(b *testing.B) {
	m := machine.Local()
	for b.Loop() {
		m.Elapsed()
	}
}
