package simulation_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"bulkimport/apsclient/apstest"
)

// world is one seed's platform, machines and story, in one bubble.
type world struct {
	seed      uint64
	dir       string // of all disks
	began     time.Time
	platform  *apstest.Server
	tenants   []apstest.Tenant
	plans     []apstest.Plan
	gateway   *gateway
	network   *apstest.Network
	server    *http.Server
	machines  []*computer
	operators []*operator
	story     *story

	mu     sync.Mutex
	tables map[string][]tableRow // the operators' files, by name
	wrong  []string              // what broke

	over chan struct{} // closed when all is checked: what was killed may unwind
	calm chan struct{} // held by who waits for the world to settle
}

const address = "127.0.0.1:80"

// newWorld builds a platform, and a disk and a net for each machine. It is called
// in a bubble, and closed there.
func newWorld(p *plan, dir string) (*world, error) {
	w := &world{seed: p.seed, dir: dir, began: time.Now(), tables: p.clone().tables, network: new(apstest.Network), over: make(chan struct{}), calm: make(chan struct{}, 1)}
	w.story = &story{began: w.began}
	config := p.platform
	config.Seed, config.Listen, config.Strict = mix(p.seed), address, true
	var err error
	if w.platform, err = apstest.New(config); err != nil {
		return nil, err
	}
	w.tenants, w.plans = slices.Collect(w.platform.Tenants()), w.platform.Plans()
	w.gateway = newGateway(w)
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
		w.operators = append(w.operators, &operator{computer: c})
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
func (w *world) draw(what ...any) float64 { return draw(w.seed, what...) }

// between draws a duration. No two are the same, so that no two events fall on one
// moment whose order nobody could tell.
func (w *world) between(least, most time.Duration, what ...any) time.Duration {
	return least + time.Duration(w.draw(what...)*float64(most-least))
}

// scratch makes a folder for the disks of one world, in memory where there is
// such a place: nothing here has to outlive the process.
func scratch() (string, error) {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp(memory, "simulation-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "simulation-")
}

// files lists the names in a folder, none if there is no such folder.
func files(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// replace puts copies in the place of all files of a folder, so that whoever has
// one open, or locked, has a file without a name. What leave names stays away.
func replace(dir string, leave func(name string) bool) error {
	old := dir + ".old"
	for n := 1; ; n++ {
		if _, err := os.Stat(fmt.Sprint(old, n)); errors.Is(err, os.ErrNotExist) {
			old = fmt.Sprint(old, n)
			break
		}
	}
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	return copyAll(old, dir, leave)
}

// copyAll copies the files of a folder.
func copyAll(from, to string, leave func(name string) bool) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range files(from) {
		if leave(name) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// standing reports whether an order in this status counts: it was not cancelled
// and did not fail.
func standing(status string) bool { return !slices.Contains([]string{"CL", "PF", "RB"}, status) }

// good reports whether it is a good end.
func good(status string) bool { return status == "CP" || status == "WZ" }
