package simulation_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/notice"
)

// patience is after how long a person takes a command for one that never ends.
const patience = 4 * 24 * time.Hour

// operator is the person at a machine.
type operator struct {
	*computer
	options engine.Options
	asked   bool // the last import said that somebody has to say when anybody last imported here
}

// importFile starts an import of a file as it is now. Where the last one ended
// because nobody had said when anybody last imported here, that is said now.
func (o *operator) importFile(i importing, traps ...trap) *process {
	i.options = o.options
	i.options.Again, i.options.Proved, i.options.ResendDoubts = i.again, i.proved, i.resend
	w := o.w
	p := &process{command: i.String(), asked: i, table: w.table(i.file)}
	if o.asked {
		i.options.LastImport = o.lastImport(nil)
	}
	return o.start(p, traps, func() error {
		err := p.importFile(w.text(p.table), i)
		if p.ending != nil && !p.dead.Load() {
			stop, _ := errors.AsType[*notice.StopError](p.ending.Stopped)
			o.asked = stop != nil && stop.Code == notice.StopLost
		}
		return err
	})
}

// table is a file as it is now.
func (w *world) table(name string) []tableRow {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.tables[name])
}

// save replaces a file.
func (w *world) save(name string, table []tableRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tables[name] = table
}

// run lets everything in the plan happen, and then lets the operators finish in
// a world in which nothing goes wrong any more.
func (w *world) run(p *plan) error {
	var stop []*time.Timer
	for _, f := range p.faults {
		stop = append(stop, time.AfterFunc(f.from, func() { w.fault(f.kind, f.rate) }), time.AfterFunc(f.to, func() { w.fault(f.kind, 0) }))
	}
	errs := make([]error, len(p.machines))
	var all sync.WaitGroup
	for i, steps := range p.machines {
		all.Go(func() { errs[i] = w.machines[i].operator.work(steps) })
	}
	all.Wait()
	for _, t := range stop {
		t.Stop()
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	w.story.note("nothing goes wrong any more")
	w.platform.ClearFaults()
	for i, c := range w.machines {
		c.setClock(-c.off)
		w.release()
		if i == 0 && w.shared != nil { // else what a run had in doubt whose machine does nothing more is so for ever
			c.awake()
			if err := (measures{}).do(c.operator); err != nil {
				return err
			}
		}
		if err := c.operator.finish(sortedKeys(p.tables)); err != nil {
			return err
		}
	}
	return nil
}

// release is what staff do in Billing about orders that wait for it.
func (w *world) release() {
	for _, o := range w.platform.Orders() {
		if o.Status == csvimport.OrderUnpaid {
			w.platform.SetOrderStatus(o.ID, "CP")
		}
	}
}

func (w *world) fault(kind string, rate float64) {
	w.story.note("fault %s at %.3f", kind, rate)
	w.platform.SetFault(kind, rate)
}

// work does one thing after the other.
func (o *operator) work(list steps) error {
	for _, s := range list {
		time.Sleep(s.after)
		if err := s.do.do(o); err != nil {
			return fmt.Errorf("%s: %v: %w", o.Host(), s.do, err)
		}
	}
	return nil
}

// mostFinishing is how often a person starts the same import again before they
// give up.
const mostFinishing = 12

// finish runs the imports of all files until nothing is left to do.
func (o *operator) finish(names []string) error {
	for _, name := range names {
		if err := o.finishFile(name); err != nil {
			return err
		}
	}
	return nil
}

func (o *operator) finishFile(name string) error {
	pause := 10 * time.Minute
	var left string
	o.options.MaxErrors.Off = true
	for n := range mostFinishing {
		p := o.importFile(importing{file: name, proved: true, resend: true, think: o.w.between(time.Second, time.Minute, "finish", o.Host(), name, n)})
		if err := p.await(patience); err != nil {
			return err
		}
		if left = p.left(); left == "" {
			return nil
		}
		time.Sleep(o.w.between(pause, 2*pause, "pause", o.Host(), name, n))
		pause = min(3*pause, 30*time.Hour)
	}
	return fmt.Errorf("%s: %s does not come to its end, the last time it said: %s", o.Host(), name, left)
}

// left is what an import has left to be done, empty if that is nothing.
func (p *process) left() string {
	if p.err != nil || p.ending == nil {
		return p.said()
	}
	n := p.ending.Count
	done := n[csvimport.Completed] + n[csvimport.Existing] + n[csvimport.Differs] + n[csvimport.Failed] + n[csvimport.Invalid]
	if done < p.ending.Rows {
		return p.said()
	}
	return ""
}
