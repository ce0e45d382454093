package engine

import (
	"errors"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/outcome"
)

// watcher reads the newest orders, from the newest down to where the last look
// began, and on through all that are young: an order may turn up late, below
// those that came after it. One look at a time is under way; what a watcher knows
// is that look's alone.
type watcher struct {
	asker
	seen    map[string]time.Duration // when an order was first listed
	newest  string                   // the id of the newest in the last complete look, the survey at first
	looked  time.Duration            // when that began, elapsed
	tenants evidence.Moment          // when reading them began
	read    evidence.Moment          // and ended
}

// view is what one look at the newest orders showed.
type view struct {
	listing
	took  time.Duration
	shown map[string]apsclient.Order // of those that were asked for, by id
	lags  []time.Duration            // of orders of this run that showed for the first time
	ours  bool                       // one of them is among those listed
}

const watchPage = 200

// outdated reports whether evidence is about to begin, so long after the tenants were read
// that somebody may have imported meanwhile, by orders that do not tell what they are for.
func (w *watcher) outdated() bool {
	return w.job.Imported != nil && !w.fresh.Begun() && !w.tenants.Stands(w.moment())
}

// readTenants reads them again where they are outdated, before the look: however long
// that takes, the look is young. What they show of some subscriptions is not ordered.
func (w *watcher) readTenants(of joined.SubSet) error {
	if !w.outdated() {
		return nil
	}
	began, slept := w.moment(), w.slept()
	if err := w.overtaken.Read(w.job.Imported(w.readCtx), of); err != nil {
		return err
	}
	if w.slept()-slept >= time.Second {
		return errStale
	}
	w.tenants, w.read = began, w.moment()
	return nil
}

// look looks once, over a connection of its own if apart. ids are the orders to be
// told of, back to what is as old as reach at least. What is seen before an error is
// true all the same: the view has it.
func (w *watcher) look(ids []string, reach time.Duration, apart bool) (view, error) {
	began := w.moment()
	v := view{listing: listing{began: began}, shown: make(map[string]apsclient.Order)}
	q := apsclient.OrderQuery{Fresh: apart, PageSize: watchPage, Whole: true}
	var strange []apsclient.Order
	end := evidence.LookEnd{Horizon: max(w.horizon(), reach), Now: w.job.Orders.Now(), Newest: w.newest, Since: began.Elapsed - w.looked}
	newest := ""
	var broken error
	for o, err := range w.job.Orders.List(w.readCtx, q) {
		if err != nil {
			broken = err
			break
		}
		if newest == "" {
			newest = o.ID
		}
		w.take(&v, &o, ids, &strange)
		if end.Reached(o.ID, o.Date) {
			break
		}
	}
	if err := w.compareAll(&v, strange); err != nil || broken != nil {
		return v, errors.Join(broken, err)
	}
	w.newest, w.looked = newest, began.Elapsed
	w.unshown.Missed(began.Elapsed)
	w.forget()
	v.took = w.elapsed() - began.Elapsed
	return v, nil
}

// take takes one order that was listed.
func (w *watcher) take(v *view, o *apsclient.Order, ids []string, strange *[]apsclient.Order) {
	now := w.elapsed()
	for _, id := range ids {
		if o.ID == id {
			v.shown[id] = *o
		}
	}
	if lag, ok := w.unshown.Listed(o.ID, outcome.Subscription(o), now); ok {
		v.lags = append(v.lags, lag)
		v.ours = true
		w.seen[o.ID] = now
		return
	}
	if _, known := w.seen[o.ID]; !known {
		if outcome.ConcernsUs(o) {
			*strange = append(*strange, *o)
		}
		w.seen[o.ID] = now
	}
}

// compareAll has the ledger look at orders seen for the first time. Those that
// cannot be judged yet, or not at all, are seen for the first time again.
func (w *watcher) compareAll(v *view, strange []apsclient.Order) error {
	for len(strange) > 0 {
		part := strange[:min(joined.Chunk, len(strange))]
		if err := w.compare(w.readCtx, &v.listing, part); err != nil {
			for i := range strange {
				delete(w.seen, strange[i].ID)
			}
			return err
		}
		strange = strange[len(part):]
	}
	for _, id := range v.held {
		w.unshown.Sighted(id, w.seen[id])
		delete(w.seen, id)
	}
	return nil
}

// horizon is the age beyond which a look need not read.
func (w *watcher) horizon() time.Duration {
	lag, _ := w.measured()
	return w.rules.Horizon(lag)
}

// forget drops what has been seen for so long that no look reads down to it.
func (w *watcher) forget() {
	now, most := w.elapsed(), 2*w.horizon()
	for id, at := range w.seen {
		if now-at > most {
			delete(w.seen, id)
		}
	}
}
