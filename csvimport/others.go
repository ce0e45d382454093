package csvimport

import (
	"time"

	"bulkimport/csvimport/ledger"
)

// others are rows that another run of the same ledger is working on: they are
// waited for and reported with the end it brings about, or taken over once it
// is dead.
type others struct {
	items  map[string]other // by subscription
	asking bool
	next   time.Time
	moved  time.Time // when one of them last ended or began to be waited for
}

type other struct {
	it   *item
	want ledger.Entry // as its row asks for
}

func (o *others) len() int { return len(o.items) }

// found takes an entry that was there when the row was looked at or its intent
// was to be written: an order, a doubt, or another run at work.
func (im *importer) found(it *item, e ledger.Entry) {
	now := time.Now()
	want := it.entry
	it.entry = e
	if hasOrder(&e) {
		it.differs = difference(&want, &e)
	}
	mine := e.Run == im.job.Run.ID()
	switch {
	case e.State == ledger.Completed:
		it.earlier = true
		im.endOrder(it)
	case e.State == ledger.Failed: // staff may have resubmitted it: asked again
		it.earlier = true
		im.follow(it, now, time.Minute)
	case mine && inDoubt(&e):
		im.resumeDoubt(it, now)
	case mine && e.State == ledger.Accepted:
		im.accepted(it, now)
	case e.State == ledger.NotSent:
		want.Gen, want.Sends, want.Doubted = e.Gen, e.Sends, e.Doubted
		it.entry = want
		im.retryOrEnd(it, now, 0)
	default:
		im.others.items[e.Sub] = other{it, want}
		im.others.moved = now
	}
}

// askOthers looks at what the other runs have done, once a second.
func (im *importer) askOthers(now time.Time, wake *alarm) {
	o := &im.others
	if o.asking || o.len() == 0 {
		return
	}
	if now.Before(o.next) {
		wake.at(o.next)
		return
	}
	o.asking = true
	subs := make([]string, 0, o.len())
	for sub := range o.items {
		subs = append(subs, sub)
	}
	im.background(func() func() {
		entries, taken, err := im.readOthers(subs)
		return func() {
			o.asking = false
			o.next = time.Now().Add(time.Second)
			if err != nil {
				im.ledgerFailed(err)
				return
			}
			before := im.others.len()
			for sub, e := range entries {
				im.otherMoved(sub, e, taken[sub])
			}
			im.othersStuck(before)
		}
	})
}

// readOthers reads the entries and takes over those whose run is dead.
func (im *importer) readOthers(subs []string) (entries map[string]ledger.Entry, taken map[string]bool, err error) {
	entries, err = im.job.Book.Find(im.readCtx, subs)
	if err != nil {
		return nil, nil, err
	}
	taken = make(map[string]bool)
	for sub, e := range entries {
		if !inDoubt(&e) && e.State != ledger.Accepted {
			continue
		}
		got, ok, err := im.job.Run.Take(im.readCtx, sub, im.job.Orders.Now())
		if err != nil {
			return nil, nil, err
		}
		if ok {
			entries[sub], taken[sub] = got, true
		}
	}
	return entries, taken, nil
}

func (im *importer) otherMoved(sub string, e ledger.Entry, taken bool) {
	o, ok := im.others.items[sub]
	if !ok {
		return
	}
	switch e.State {
	case ledger.Intended, ledger.Doubt, ledger.Accepted:
		if taken {
			delete(im.others.items, sub)
			o.it.entry = o.want
			im.found(o.it, e)
		}
	case ledger.NotSent:
		delete(im.others.items, sub)
		o.it.entry = o.want
		im.found(o.it, e)
	default:
		delete(im.others.items, sub)
		o.it.entry = e
		o.it.differs = difference(&o.want, &e)
		im.endOrder(o.it)
	}
}

// othersStuck ends the waiting for a run that lives but does not get on, as one
// that was stopped in its terminal.
func (im *importer) othersStuck(before int) {
	o, now := &im.others, time.Now()
	if o.len() < before {
		o.moved = now
	}
	if now.Sub(o.moved) < max(im.opt.Wait, 0)+im.opt.Settle+im.opt.Patience {
		return
	}
	im.say("another run has not got on with %s for %s: they are reported as they stand", plural(o.len(), "row", "rows"), now.Sub(o.moved).Round(time.Second))
	for sub, other := range o.items {
		delete(o.items, sub)
		im.endOrder(other.it)
	}
}
