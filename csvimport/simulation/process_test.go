package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

// process is one command that a person started on a machine.
type process struct {
	*doors
	pid    int
	ctx    context.Context
	cancel context.CancelFunc // as a Ctrl-C
	done   chan struct{}

	unpowered atomic.Bool // it died with its machine
	cleared   bool        // after its death; under the machine's lock

	mu    sync.Mutex
	conns []net.Conn

	// What it was asked to do, and what it said; of account once it has ended.
	command      string
	asked        importing
	table        []tableRow
	began, ended time.Time
	looked       time.Time       // until when it has looked at the platform
	before       []placed        // the platform's orders when it began
	after        []placed        // and when it ended
	ending       *session.Ending // of an import
	err          error
	results      []told // one for each row of the table
	doubles      []doubled
	adopted      int // orders that it has taken for those of other ledgers

	helps *process   // the import to which it lends a hand; nil: none
	sum   uint64     // of the rows that it was confirmed for; this and what follows under mu
	hands []*process // that others lend it
	alone bool       // it has ended them
}

// start starts a command on a machine.
func (c *computer) start(p *process, traps []trap, do func() error) *process {
	p.done, p.began = make(chan struct{}), time.Now()
	p.ctx, p.cancel = context.WithCancel(context.Background())
	c.mu.Lock()
	c.processes = append(c.processes, p)
	p.pid = len(c.processes)
	p.doors = newDoors(c, fmt.Sprintf("%s/%d", c.Host(), p.pid), traps)
	c.mu.Unlock()
	c.w.story.note("%s: %s", p.name, p.command)
	p.before = c.w.gateway.orders()
	go func() {
		defer close(p.done)
		p.err = do()
		p.ended, p.looked, p.after = time.Now(), c.looked(p), c.w.gateway.orders()
		if p.dead.Load() {
			return
		}
		c.w.story.note("%s: %s", p.name, strings.ReplaceAll(p.said(), c.w.dir, "…"))
	}()
	return p
}

// errEndless is a command that does not come to its end.
var errEndless = errors.New("it does not end")

// await waits for a command to end or to be killed, and puts a machine in order on
// which it was.
func (p *process) await(limit time.Duration) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-p.done:
		return nil
	case <-p.killed:
		return p.bury()
	case <-t.C:
		return fmt.Errorf("%s: %s: %w in %s", p.name, p.command, errEndless, limit)
	}
}

// bury does what the system does when a process was killed: its connections are
// closed, its locks let go. Where the power was cut the connections stay, as far
// as the platform can tell, and the disk has what was synced.
func (p *process) bury() error {
	p.c.w.settle()
	if p.unpowered.Load() {
		p.c.w.story.note("%s: lost its power", p.name)
	} else {
		p.c.w.story.note("%s: killed", p.name)
		p.hangUp()
	}
	return p.c.clear(p)
}

// clear puts the files of a machine in order after the death of a process.
func (c *computer) clear(p *process) error {
	alive := c.alive()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case p.cleared:
		return nil
	case len(alive) > 0:
		p.cleared = true
		lock := fmt.Sprintf("%s.run-%d.lock", c.ledger(), p.run.Load())
		return errors.Join(anew(lock), p.anewMarks())
	}
	for _, p := range c.processes {
		p.cleared = true
	}
	if p.unpowered.Load() {
		c.Reboot()
	}
	return c.putBack()
}

// anewMarks lets go of the marks of a killed run.
func (p *process) anewMarks() error {
	var errs []error
	for _, name := range files(p.c.marks) {
		if strings.Contains(name, fmt.Sprintf("-%d-", p.pid)) {
			errs = append(errs, anew(p.c.marks+"/"+name))
		}
	}
	return errors.Join(errs...)
}

// anew puts a copy in the place of a file, if there is one.
func anew(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return errors.Join(os.WriteFile(path+".new", b, 0o600), os.Rename(path+".new", path))
}

// goesOn reports whether the process has neither ended nor been killed.
func (p *process) goesOn() bool {
	select {
	case <-p.done:
		return false
	default:
		return !p.dead.Load()
	}
}

// hangUp breaks all connections.
func (p *process) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
}

// importing is what an import is asked to do.
type importing struct {
	file     string
	again    []string
	proved   bool
	options  engine.Options
	loopback bool
	resend   bool          // a person says that doubts are sent again once they are old enough
	think    time.Duration // a person looks at the preview for so long
	shared   bool          // others may lend a hand
}

// importFile imports a file, as the command does.
func (p *process) importFile(text string, i importing) error {
	file, err := rows.Open(strings.NewReader(text), i.file, rows.ReadOptions{Now: p.c.Now()})
	if err != nil {
		return err
	}
	defer file.Close()
	return p.atWork(func(client *apsclient.Client, orders *apsclient.Orders, l book) error {
		job := p.job(file, client, orders, l, i)
		job.LastImport = func(context.Context, ledger.Loss) (time.Time, error) { return p.c.lastImport(p), nil }
		job.Resend = func(context.Context, session.Doubts) (bool, error) { return i.resend, nil }
		job.Results = func(int64) (session.Results, error) { return &resultsFile{p: p, name: i.file + ".results"}, nil }
		job.Confirm = func(ctx context.Context, will *session.Preview) error {
			time.Sleep(i.think)
			p.mu.Lock()
			p.sum = will.Rows
			p.mu.Unlock()
			return p.pass("confirmed", "")
		}
		if i.shared {
			job.Hand, job.Alone = 1, p.endHands
		}
		p.ending, err = session.Run(p.ctx, job)
		return errors.Join(err, p.tellsDoubles(l.Book))
	})
}

// job is what all hands at an import are asked to do.
func (p *process) job(file *rows.File, client *apsclient.Client, orders *apsclient.Orders, l book, i importing) session.Job {
	return session.Job{
		File: file, Platform: client, Orders: orders, Book: l, Loopback: i.loopback,
		Run:         ledger.RunInfo{Marks: p.c.marks, PID: p.pid, Version: "simulated"},
		SkipInvalid: true,
		Options:     i.options,
		Login:       "staff",
		Machine:     p.c.Machine,
		Random:      p.random,
		Events:      session.Events{Say: p.hears},
	}
}

// lastImport is a person's word when anybody last imported here, and true. The
// import that asks does not count.
func (c *computer) lastImport(asks *process) (last time.Time) {
	last = c.w.began
	for _, other := range c.w.machines {
		other.mu.Lock()
		for _, p := range other.processes {
			switch at := p.goneAt(); {
			case p.table == nil || p == asks:
			case at.IsZero():
				last = time.Now()
			case at.After(last):
				last = at
			}
		}
		other.mu.Unlock()
	}
	return last
}

// goneAt is when the process ended or was killed, zero if it goes on.
func (p *process) goneAt() time.Time {
	switch {
	case p.dead.Load():
		return p.died
	case p.goesOn():
		return time.Time{}
	}
	return p.ended
}

// reconcile reads the platform back, as the command does.
func (p *process) reconcile(o engine.Options) error {
	return p.atWork(func(_ *apsclient.Client, orders *apsclient.Orders, l book) error {
		r, err := l.Begin(p.ctx, ledger.RunInfo{Marks: p.c.marks, PID: p.pid, Version: "simulated"})
		if err != nil {
			return err
		}
		_, err = engine.Reconcile(p.ctx, engine.Job{Orders: orders, Book: l, Run: r, Options: o, Login: "staff", Machine: p.c.Machine, Random: p.random, Say: p.hears}, nil)
		return errors.Join(err, r.End(context.WithoutCancel(p.ctx), "reconciled"), p.tellsDoubles(l.Book))
	})
}

// measure tries how old a signature may be, in steps of two minutes at least, as doctor
// does.
func (p *process) measure() error {
	return p.atWork(func(client *apsclient.Client, _ *apsclient.Orders, l book) error {
		for age := time.Minute; age < 2*patience; age += max(2*time.Minute, age/20) {
			err := client.Stamped(p.ctx, age)
			if err == nil {
				continue
			}
			if apsclient.KindOf(err) != apsclient.Credentials {
				return err
			}
			_, err = l.Amend(p.ctx, func(e *ledger.Evidence) { e.Measured.Window = age })
			return err
		}
		return nil
	})
}

// atWork is what every command with a platform and a ledger begins and ends with.
func (p *process) atWork(do func(*apsclient.Client, *apsclient.Orders, book) error) error {
	w := p.c.w
	client, err := apsclient.New(apsclient.Config{
		URL: w.platform.URL(), OAuth1: &apsclient.OAuth1{Key: w.platform.Key(), Secret: w.platform.Secret()},
		UserAgent: p.name, Clock: p.c.Now, Random: p.random, Dial: p.dial,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.Check(p.ctx); err != nil {
		return err
	}
	orders, err := client.Orders(p.ctx)
	if err != nil {
		return err
	}
	b, end, err := p.openLedger(orders.ID)
	if err != nil {
		return err
	}
	defer end()
	return do(client, orders, book{b, p.doors})
}

// openLedger opens the machine's ledger, or the one that machines share.
func (p *process) openLedger(platform string) (b session.Book, end func() error, err error) {
	url := p.c.w.platform.URL()
	if shared := p.c.w.shared; shared != nil {
		l := shared.Open(ledgertest.Host{Elapsed: p.c.Elapsed, Reach: func() error { return p.pass("renewal", "") }, Gone: p.c.gone})
		found, err := l.Platform(p.ctx, platform, url)
		if err != nil {
			return nil, nil, err
		}
		return found.(session.Book), l.Close, nil
	}
	l, err := call(p.doors, "open", func() (*sqlite.Ledger, error) {
		return sqlite.Open(p.ctx, p.c.ledger(), sqlite.Options{Machine: p.c.Machine})
	})
	if err != nil {
		return nil, nil, err
	}
	found, err := call(p.doors, "platform", func() (*sqlite.Book, error) { return l.Platform(p.ctx, platform, url) })
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return found, l.Close, nil
}

// gone reports whether the process of a run is known on the machine to be gone.
func (c *computer) gone(run int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.processes, func(p *process) bool { return p.run.Load() == run && p.dead.Load() })
}

// random draws how long the process waits between attempts: at one moment it is
// the same for everything, so that it does not matter who asks first.
func (p *process) random() float64 { return p.c.w.draw("wait", p.name, p.c.w.since()) }

// said is what came of a command.
func (p *process) said() string {
	switch {
	case p.ending != nil && p.ending.Outcome != nil:
		words := csvimport.CountWords(p.ending.Count)
		if p.ending.Stopped != nil {
			words += "; " + p.ending.Stopped.Error()
		}
		if p.ending.Interrupted {
			words += "; interrupted"
		}
		if p.err != nil {
			words += "; " + p.err.Error()
		}
		return words
	case p.err != nil:
		return p.err.Error()
	}
	return "done"
}

// process finds the process with a name.
func (w *world) process(name string) *process {
	for _, c := range w.machines {
		c.mu.Lock()
		for _, p := range c.processes {
			if p.name == name {
				c.mu.Unlock()
				return p
			}
		}
		c.mu.Unlock()
	}
	return nil
}
