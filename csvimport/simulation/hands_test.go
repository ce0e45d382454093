package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

// handsPatience is for how long an import waits for its hands to end.
const handsPatience = 45 * time.Second

// lends has a machine lend a hand to an import of another one, once that has begun.
type lends struct {
	imports // what happens to it
	machine int
	hand    int
}

func (e lends) happen(p *process) error {
	for p.run.Load() == 0 {
		select {
		case <-p.done:
			return nil
		case <-p.killed:
			return nil
		case <-time.After(time.Second):
		}
	}
	if h := p.c.w.machines[e.machine].operator.lend(p, e); h != nil {
		return e.follow(h)
	}
	return nil
}

func (e lends) String() string {
	return fmt.Sprintf("machine-%d lends hand %d: %v", e.machine+1, e.hand, e.imports)
}

// lend starts a hand, unless the import wants none.
func (o *operator) lend(first *process, e lends) *process {
	first.mu.Lock()
	defer first.mu.Unlock()
	if first.alone || first.sum == 0 {
		return nil
	}
	i := first.asked
	i.resend, i.options.ResendDoubts = false, false // that was said for the first
	p := &process{command: fmt.Sprintf("hand %d at the import of %s", e.hand, first.name), asked: i, table: first.table, helps: first}
	first.hands = append(first.hands, p)
	return o.start(p, e.traps, func() error { return p.help(o.w.text(p.table), e.hand) })
}

// errEnough is a hand that its import does not need.
var errEnough = errors.New("no further hand is needed")

// help lends the hand.
func (p *process) help(text string, hand int) error {
	file, err := rows.Open(strings.NewReader(text), p.asked.file, rows.ReadOptions{Now: p.c.Now()})
	if err != nil {
		return err
	}
	defer file.Close()
	return p.atWork(func(client *apsclient.Client, orders *apsclient.Orders, l book) error {
		job := p.job(file, client, orders, l, p.asked)
		job.Hand = hand
		job.Confirm = func(_ context.Context, will *session.Preview) error {
			p.helps.mu.Lock()
			defer p.helps.mu.Unlock()
			if will.Rows != p.helps.sum {
				return errEnough
			}
			return nil
		}
		return session.Help(p.ctx, job)
	})
}

// endHands ends the hands of an import and waits for them, as the page's import does.
func (p *process) endHands() {
	if p.pass("alone", "") != nil {
		return
	}
	p.mu.Lock()
	p.alone = true
	hands := slices.Clone(p.hands)
	p.mu.Unlock()
	for _, h := range hands {
		h.cancel()
	}
	end := time.NewTimer(handsPatience)
	defer end.Stop()
	for _, h := range hands {
		select {
		case <-h.done:
		case <-h.killed:
		case <-end.C:
			return
		}
	}
}

// ofHand reports whether an order was placed by a hand of an import.
func (o *placed) ofHand(p *process) bool { return o.by != nil && o.by.helps == p }

// hands looks for hands that send orders after their import has ended, and were not told.
func (k *checker) hands() {
	for _, s := range k.w.gateway.sent {
		if s.by == nil || s.by.helps == nil {
			continue
		}
		first := s.by.helps
		if at := first.goneAt(); !first.dead.Load() && !at.IsZero() && s.at.After(at) && !first.alone && first.ending != nil {
			k.broken("%s: %s sent an order for %s after its end, and was not told", first.name, s.by.name, s.sub)
		}
	}
}

// drawHands has machines that share a ledger lend hands to imports of others. It is drawn
// apart from all else, so that a seed is what it was without.
func (p *plan) drawHands() {
	if p.lease == 0 || len(p.machines) < 2 {
		return
	}
	d := drawing{rand.New(rand.NewPCG(mix(p.seed), p.seed)), p}
	for i, list := range p.machines {
		for j := range list {
			a, ok := list[j].do.(imports)
			if !ok || !d.chance(0.6) {
				continue
			}
			a.shared, a.proved = true, true // on the first day nobody helps
			for n := range 1 + d.IntN(2) {
				e := lends{d.imports(a.file, true), (i + 1 + d.IntN(len(p.machines)-1)) % len(p.machines), n + 2}
				a.meanwhile = append(a.meanwhile, after(d.span(time.Second, pick(d, 10*time.Second, 2*time.Minute, 10*time.Minute)), e))
			}
			list[j].do = a
		}
	}
}
