package simulation_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger/ledgertest"
)

// world is one seed's platform, machines and story, in one bubble.
type world struct {
	plan     *plan
	dir      string // of all disks
	began    time.Time
	platform *apstest.Server
	tenants  []apstest.Tenant
	plans    []apstest.Plan
	gateway  *gateway
	network  *apstest.Network
	server   *http.Server
	shared   *ledgertest.Shared // the ledger of all machines; nil: each has its own
	machines []*computer
	story    *story

	mu      sync.Mutex
	tables  map[string][]tableRow // the operators' files, by name
	wrong   []string              // what broke
	changed map[string]bool       // orders to which staff gave another status, by id
	ledgers map[string]string     // their names, by id

	over chan struct{} // closed when all is checked: what was killed may unwind
	calm chan struct{} // held by who waits for the world to settle
}

const address = "127.0.0.1:80"

// newWorld builds a platform, and a disk and a net for each machine. It is called
// in a bubble, and closed there.
func newWorld(p *plan, dir string) (*world, error) {
	w := &world{plan: p, dir: dir, began: time.Now(), tables: p.clone().tables, changed: make(map[string]bool), ledgers: make(map[string]string), network: new(apstest.Network), over: make(chan struct{}), calm: make(chan struct{}, 1)}
	w.story = &story{began: w.began}
	config := p.platform
	config.Seed, config.Listen, config.Strict = mix(p.seed), address, true
	config.Draw = func(fault, about string) float64 { return w.draw("fault", fault, about) }
	config.Node = func(r *http.Request) int { return w.gateway.node(r) }
	config.Lag = func(order int, sub string) time.Duration { return w.lag(order, sub) }
	var err error
	if w.platform, err = apstest.New(config); err != nil {
		return nil, err
	}
	w.tenants, w.plans = slices.Collect(w.platform.Tenants()), w.platform.Plans()
	w.gateway = newGateway(w)
	if p.lease > 0 {
		w.shared = &ledgertest.Shared{Lease: p.lease}
	}
	listener, err := w.network.Listen(address)
	if err != nil {
		return nil, err
	}
	w.server = &http.Server{Handler: w.gateway, ErrorLog: quiet}
	go w.server.Serve(listener)
	for i := range p.machines {
		c, err := newComputer(w, fmt.Sprintf("machine-%d", i+1))
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.machines = append(w.machines, c)
		c.operator = &operator{computer: c, options: p.options}
	}
	return w, nil
}

// close lets everything unwind that was killed, and ends the world.
func (w *world) close() error {
	w.story.close()
	close(w.over)
	for _, c := range w.machines {
		for _, p := range c.processes {
			p.cancel()
			p.hangUp()
			<-p.done
		}
	}
	err := errors.Join(w.server.Close(), w.platform.Close(), os.RemoveAll(w.dir))
	time.Sleep(time.Minute) // for connections to be put away
	return err
}

// lag is how long an order takes to show.
func (w *world) lag(order int, sub string) time.Duration {
	l := &w.plan.lag
	if w.draw("tail", order, sub) < l.tail {
		return w.between(l.most, l.longest, "lag", order, sub)
	}
	return w.between(l.most/2, l.most, "lag", order, sub)
}

// ledgerName names a ledger by when it was met first.
func (w *world) ledgerName(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ledgers[id] == "" {
		w.ledgers[id] = fmt.Sprintf("ledger %d", len(w.ledgers)+1)
	}
	return w.ledgers[id]
}

// settle waits until nothing goes on at this moment. Several may call it.
func (w *world) settle() {
	w.calm <- struct{}{}
	synctest.Wait()
	<-w.calm
}

// fail notes that something broke.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// since is how long the world has gone on.
func (w *world) since() time.Duration { return time.Since(w.began) }

// draw is a number from 0 to below 1 that depends on the seed and on what it is
// for, and on nothing that happened before.
func (w *world) draw(what ...any) float64 { return draw(w.plan.seed, what...) }

// between draws a duration. No two are the same, so that no two events fall on one
// moment whose order nobody could tell.
func (w *world) between(least, most time.Duration, what ...any) time.Duration {
	return least + time.Duration(w.draw(what...)*float64(most-least))
}

// standing reports whether an order in this status counts: it was not cancelled
// and did not fail.
func standing(status string) bool { return !slices.Contains([]string{"CL", "PF", "RB"}, status) }

// good reports whether it is a good end.
func good(status string) bool { return status == "CP" || status == "WZ" }

// bad reports whether it is a bad end.
func bad(status string) bool { return !standing(status) }
