package simulation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// doors are what a process goes through to reach anything outside of itself: twice
// for each call, on its way out and on its way back. Whoever comes to a door of a
// process that was killed waits there until the world is over.
type doors struct {
	c *computer

	name string // of the process, which its requests carry

	mu    sync.Mutex
	came  map[string]int  // by door
	late  map[string]bool // subscriptions of which the request was held back right before the wire
	traps []trap

	frozen standstill
	dead   atomic.Bool
	killed chan struct{} // closed with dead
	died   time.Time     // when
	run    atomic.Int64  // the number of its run in the ledger, 0 if it has begun none
}

// atTheWire is the door of a request for an order that has had its last look and is about to
// be written: nothing but a trap keeps it there.
const atTheWire = "wire"

// trap kills the process when somebody comes to a door for the nth time, or lets its
// machine fall asleep there, or the process alone freeze, or keeps that one there while the
// rest goes on.
type trap struct {
	door   string // empty: none
	n      int
	asleep time.Duration
	frozen time.Duration
	stuck  time.Duration
}

func (t trap) String() string {
	what := "killed"
	switch {
	case t.asleep > 0:
		what = "asleep for " + t.asleep.Round(time.Second).String()
	case t.frozen > 0:
		what = "frozen for " + t.frozen.Round(time.Second).String()
	case t.stuck > 0:
		what = "stuck for " + t.stuck.Round(time.Second).String()
	}
	return fmt.Sprintf("%s at door %q, time %d", what, t.door, t.n)
}

var errGone = errors.New("the process is gone")

func newDoors(c *computer, name string, traps []trap) *doors {
	return &doors{c: c, name: name, came: make(map[string]int), late: make(map[string]bool), traps: traps, killed: make(chan struct{})}
}

// die shuts the doors for good.
func (d *doors) die() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.dead.Load() {
		d.died = time.Now()
		d.dead.Store(true)
		close(d.killed)
	}
}

// pass returns once the door is open, or errGone when it never will be. It takes a
// moment of its own for each door and what it is passed for: who comes first must
// not depend on how goroutines take turns.
func (d *doors) pass(door, what string) error {
	moment := func() { time.Sleep(d.c.w.between(time.Microsecond, time.Millisecond, "door", d.name, door, what)) }
	if door != "dial out" && door != "dial back" { // a connection is nobody's yet
		moment()
	}
	d.mu.Lock()
	d.came[door]++
	var sprung []trap
	for _, t := range d.traps {
		if t.door == door && t.n == d.came[door] {
			sprung = append(sprung, t)
		}
	}
	d.mu.Unlock()
	for _, t := range sprung {
		switch {
		case t.asleep > 0, t.frozen > 0:
			d.stop(t)
		case t.stuck > 0:
			time.Sleep(t.stuck)
		default:
			d.die()
		}
	}
	for {
		if err := d.shut(); err != nil {
			return err
		}
		wake := d.stopped()
		if wake == nil {
			return nil
		}
		select {
		case <-wake:
			moment()
		case <-d.killed:
		case <-d.c.w.over:
			return errGone
		}
	}
}

// stop lets the machine fall asleep, or the process alone freeze.
func (d *doors) stop(t trap) {
	if t.asleep > 0 {
		go d.c.suspend(t.asleep)
	} else {
		go d.frozen.last(t.frozen, d.c.w.over, func() { d.c.w.story.note("%s: frozen", d.name) }, func() { d.c.w.story.note("%s: goes on", d.name) })
	}
	time.Sleep(time.Nanosecond) // until it does
}

// stopped is closed once the machine may be awake and the process go on, nil while they do.
func (d *doors) stopped() <-chan struct{} {
	if asleep := d.c.sleep.now(); asleep != nil {
		return asleep
	}
	return d.frozen.now()
}

// hold keeps the request for an order back that comes to a trap right before it is written,
// and reports whether it did.
func (d *doors) hold(sub string) bool {
	d.mu.Lock()
	d.came[atTheWire]++
	n := d.came[atTheWire]
	d.mu.Unlock()
	for _, t := range d.traps {
		if t.door == atTheWire && t.n == n {
			d.mu.Lock()
			d.late[sub] = true
			d.mu.Unlock()
			d.stop(t)
			for wake := d.stopped(); wake != nil; wake = d.stopped() {
				<-wake
			}
			return true
		}
	}
	return false
}

// wasLate reports whether a request for an order was held back right before the wire.
func (d *doors) wasLate(sub string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.late[sub]
}

// shut is nil while the process is alive. After that it returns errGone once the
// world is over.
func (d *doors) shut() error {
	if !d.dead.Load() {
		return nil
	}
	<-d.c.w.over
	return errGone
}

// call makes a call through a door.
func call[T any](d *doors, door string, do func() (T, error)) (T, error) {
	var none T
	if err := d.pass(door+" out", ""); err != nil {
		return none, err
	}
	v, err := do()
	if gone := d.pass(door+" back", ""); gone != nil {
		return none, gone
	}
	return v, err
}

// do is call for what returns nothing but an error.
func (d *doors) do(door string, do func() error) error {
	_, err := call(d, door, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// dial is the client's way to the platform.
func (p *process) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return call(p.doors, "dial", func() (net.Conn, error) {
		conn, err := p.c.dial(ctx)
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.conns = append(p.conns, conn)
		return &wire{Conn: conn, d: p.doors}, nil
	})
}

// wire is a connection through a door. What is written goes out at once, even
// while the machine falls asleep: between the last look at a request and the wire
// there is no door.
type wire struct {
	net.Conn
	d *doors

	mu    sync.Mutex
	asked string // what was written last
	order bool   // that is an order
	reads int    // since then
	held  bool   // it is about to be written: who gives it up meanwhile does so in vain
}

func (c *wire) Write(b []byte) (int, error) {
	if err := c.d.shut(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	get, post := bytes.HasPrefix(b, []byte("GET ")), bytes.HasPrefix(b, []byte("POST "))
	if line, _, _ := bytes.Cut(b, []byte(" HTTP")); get || post {
		c.asked, c.order, c.reads = c.d.c.w.gateway.plainly(string(line))+subscriptionIn(b), post && bytes.HasSuffix(line, []byte("/orders")), 0
	}
	c.held = c.order
	c.mu.Unlock()
	late := c.order && c.d.hold(subscriptionIn(b))
	if late {
		if gone := c.d.shut(); gone != nil { // it was killed meanwhile
			return 0, gone
		}
		c.d.c.w.story.note("%s: an order is written that was held back", c.d.name)
	}
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	c.held = false
	c.mu.Unlock()
	if late {
		return n, errors.Join(err, c.Conn.Close())
	}
	if gone := c.pass("asked", "ordered"); gone != nil {
		return n, gone
	}
	return n, err
}

// Close does nothing while a request is held back: what a machine is asleep over it can
// neither give up.
func (c *wire) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		return nil
	}
	return c.Conn.Close()
}

func (c *wire) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n == 0 {
		return 0, errors.Join(err, c.d.shut())
	}
	if gone := c.pass("told", "answered"); gone != nil {
		return 0, gone
	}
	return n, err
}

// pass goes through one door, or for orders through another.
func (c *wire) pass(door, order string) error {
	c.mu.Lock()
	what := fmt.Sprint(c.asked, c.reads)
	c.reads++
	if c.order {
		door = order
	}
	c.mu.Unlock()
	return c.d.pass(door, what)
}
