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

// Several goroutines read the clock, each of which it must not go back for.
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

// Another process on this machine sees the same start and name.
func TestOneMachineForAllProcesses(t *testing.T) {
	m := machine.Local()
	seen := fmt.Sprintf("%q %q %q\n", m.Boot(), m.ID(), m.Host())
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
}

func TestLocal(t *testing.T) {
	m := machine.Local()
	wall, before := time.Now(), m.Elapsed()
	time.Sleep(60 * time.Millisecond)
	if now := m.Now(); now.Before(wall) || now.Sub(wall) > time.Minute {
		t.Errorf("it is %v, and was %v", now, wall)
	}
	last := before
	for range 1000 {
		now := m.Elapsed()
		if now < last {
			t.Fatalf("elapsed time went back from %v to %v", last, now)
		}
		last = now
	}
	// A system may count in steps of 16 ms.
	if grown := last - before; grown < 40*time.Millisecond || grown > time.Minute {
		t.Errorf("%v elapsed in 60 ms", grown)
	}
	if m.Boot() != machine.Local().Boot() {
		t.Errorf("one start has two names: %q, %q", m.Boot(), machine.Local().Boot())
	}
	if m.Host() == "" {
		t.Error("the machine has no name")
	}
}
