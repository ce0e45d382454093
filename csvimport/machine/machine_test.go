package machine_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/machine"
)

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
