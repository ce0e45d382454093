package simulation_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"bulkimport/csvimport/machine/machinetest"
)

// computer is a machine with its clocks, disk and net.
type computer struct {
	*machinetest.Machine
	w      *world
	folder string // the ledger's, with all that is beside it
	marks  string // what runs leave outside of their ledger

	operator *operator
	texts    map[string]string // results, by name
	backup   string            // the folder of the last one, empty if there is none

	mu        sync.Mutex
	processes []*process
	sleep     standstill
	offline   bool
	off       time.Duration // the wall clock
	replaced  time.Time     // when the ledger last was lost, put back or taken from elsewhere
	unreached time.Time     // when it last asked for a connection and was off the net
}

func newComputer(w *world, host string) (*computer, error) {
	c := &computer{
		Machine: machinetest.New(host), w: w,
		folder: filepath.Join(w.dir, host, "state"), marks: filepath.Join(w.dir, host, "marks"),
		texts: make(map[string]string),
	}
	return c, errors.Join(os.MkdirAll(c.folder, 0o700), os.MkdirAll(c.marks, 0o700))
}

// setClock puts the wall clock forward, or back.
func (c *computer) setClock(by time.Duration) {
	c.mu.Lock()
	c.off += by
	c.mu.Unlock()
	c.Set(by)
}

func (c *computer) ledger() string { return filepath.Join(c.folder, "ledger.db") }

// keptLedger reports whether the machine has the ledger still that it had at a time.
func (c *computer) keptLedger(here bool, at time.Time) bool { return here && !c.replaced.After(at) }

// alive are the processes that go on.
func (c *computer) alive() (alive []*process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.processes {
		if p.goesOn() {
			alive = append(alive, p)
		}
	}
	return alive
}

// suspend lets the machine sleep for d, while others go on: whatever its processes
// try to do meanwhile they do when it wakes.
func (c *computer) suspend(d time.Duration) {
	c.sleep.last(d, c.w.over, func() {
		c.Doze()
		c.w.story.note("%s sleeps", c.Host())
	}, func() {
		c.Wake()
		c.w.story.note("%s wakes", c.Host())
	})
}

// awake waits until the machine is.
func (c *computer) awake() {
	for wake := c.sleep.now(); wake != nil; wake = c.sleep.now() {
		<-wake
	}
}

// looked is until when a process of the machine has looked at the platform, surely:
// now, or when it or its machine came to a standstill if that is only just over, or when it
// was answered for the last time if it has asked since. An order is asked for every 15 s at
// least.
func (c *computer) looked(p *process) time.Time {
	last := c.w.gateway.lastLook(p.name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !last.failed.IsZero() || c.unreached.After(last.answered) {
		return last.answered.Add(-15 * time.Second)
	}
	until := time.Now()
	for _, still := range []*standstill{&c.sleep, &p.frozen} {
		if from, just := still.justOver(); just && from.Before(until) {
			until = from.Add(-15 * time.Second)
		}
	}
	return until
}

// unplug takes the machine off the net for d: connections break, and none can be
// made.
func (c *computer) unplug(d time.Duration) {
	c.w.story.note("%s is off the net", c.Host())
	c.mu.Lock()
	c.offline = true
	c.mu.Unlock()
	for _, p := range c.alive() {
		p.hangUp()
	}
	time.Sleep(d)
	c.mu.Lock()
	c.offline = false
	c.mu.Unlock()
	c.w.story.note("%s is on the net", c.Host())
}

func (c *computer) dial(ctx context.Context) (net.Conn, error) {
	c.mu.Lock()
	offline := c.offline
	if offline {
		c.unreached = time.Now()
	}
	c.mu.Unlock()
	if offline {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	}
	return c.w.network.Dial(ctx, "tcp", address)
}

// crash is a power cut: all processes are gone at once.
func (c *computer) crash() {
	for _, p := range c.alive() {
		p.unpowered.Store(true)
		p.die()
	}
}
