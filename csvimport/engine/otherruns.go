package engine

import (
	"time"

	"bulkimport/csvimport/ledger"
)

// otherRuns are rows that another run of the same ledger is working on: they are
// waited for and reported with the end it brings about, or taken over once it
// is dead.
type otherRuns struct {
	items  map[string]other // by subscription
	asking bool
	next   time.Time
}

type other struct {
	it    *item
	want  ledger.Entry // as its row asks for
	until time.Time    // when it is reported as it stands
}

func (o *otherRuns) len() int { return len(o.items) }

// found takes an entry that was there when the row was looked at or its intent
// was to be written: an order, a doubt, or another run at work.
func (im *importer) found(it *item, e ledger.Entry) {
	now := time.Now()
	want := it.entry
	it.entry, it.want = e, &want
	it.compare()
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
		it.mend()
		im.retryOrEnd(it, now)
	default:
		im.wait(it, want, now)
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
				if im.phase != ending {
					im.ledgerFailed(err)
				}
				return
			}
			for sub, e := range entries {
				im.otherMoved(sub, e, taken[sub])
			}
			im.endWaits(time.Now())
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
			break
		}
		if e.State != o.it.entry.State {
			o.it.entry = e
			o.it.compare()
			im.wait(o.it, o.want, time.Now())
		}
	case ledger.NotSent:
		delete(im.others.items, sub)
		o.it.entry = o.want
		im.found(o.it, e)
	default:
		delete(im.others.items, sub)
		o.it.entry = e
		o.it.compare()
		im.endOrder(o.it)
	}
}

// wait waits for what another run does with a row: for an order it has placed no
// longer than for one of our own, since two runs may each wait for rows that the
// other has already ended as they stood.
func (im *importer) wait(it *item, want ledger.Entry, now time.Time) {
	limit := max(im.opt.Wait, 0)
	if inDoubt(&it.entry) {
		limit += im.opt.Settle + im.opt.Patience
	}
	im.others.items[it.entry.Sub] = other{it, want, now.Add(limit)}
}

// endWaits reports the rows that have been waited for long enough as they stand.
func (im *importer) endWaits(now time.Time) {
	for sub, o := range im.others.items {
		if !now.Before(o.until) {
			delete(im.others.items, sub)
			im.endOrder(o.it)
		}
	}
}
