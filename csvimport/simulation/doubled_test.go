package simulation_test

import (
	"context"
	"slices"

	"bulkimport/csvimport/notice"
	outcomes "bulkimport/csvimport/outcome"
	"bulkimport/csvimport/session"
)

// doubled is that a process told, somewhere, that more than one order of a subscription
// stands.
type doubled struct {
	sub, where string
	stand      int // so many did
}

// doubled notes what the process told. As it was last seen is as good: an order may have
// come to a bad end since.
func (p *process) doubled(sub, where string) {
	stood := func(id string) bool {
		return slices.ContainsFunc(p.before, func(o placed) bool { return o.ID == id && standing(o.Status) }) || p.c.w.changed[id]
	}
	n := 0
	for _, o := range p.c.w.platform.Orders() {
		if o.SubID == sub && (standing(o.Status) || stood(o.ID)) {
			n++
		}
	}
	p.doubles = append(p.doubles, doubled{sub, where, n})
}

// hears notes what the process says meanwhile.
func (p *process) hears(n notice.Notice) {
	switch n.Code {
	case notice.Adopted:
		p.adopted += n.Orders
	case notice.Doubled:
		p.doubled(n.Sub, "while it went on")
	}
}

// tellsDoubles notes which doubles an import tells at its end, and which ones its ledger
// tells whoever asks.
func (p *process) tellsDoubles(l session.Book) error {
	if p.dead.Load() {
		return nil
	}
	if p.ending != nil && p.ending.Outcome != nil {
		for _, s := range p.ending.Doubles {
			p.doubled(s.Sub, "at its end")
		}
	}
	found, err := outcomes.Doubles(context.WithoutCancel(p.ctx), l)
	for _, d := range found {
		p.doubled(d.Ours.Sub, "by its ledger")
	}
	return err
}
