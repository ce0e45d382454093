package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// doubt is a request without a clear answer, to be looked up and never
// repeated before its order is proved absent.
type doubt struct {
	settles time.Time // from then on a look that finds nothing is the last one
	next    time.Time // when to look
	looks   int
	verdict error // a refusal or busy answer, to be believed once a look finds nothing
}

// doubts are the items in doubt.
type doubts struct {
	items    map[*item]struct{}
	next     time.Time // no item is due before
	looking  bool
	failures readFailures
}

func (d *doubts) len() int { return len(d.items) }

func (d *doubts) lastSettle() time.Time {
	var last time.Time
	for it := range d.items {
		if it.doubt.settles.After(last) {
			last = it.doubt.settles
		}
	}
	return last
}

// addDoubt takes a request that ended at now without a clear answer, or with
// one that may be an echo.
func (im *importer) addDoubt(it *item, now time.Time, verdict error) {
	it.doubt = &doubt{settles: now.Add(im.opt.Settle), next: now, verdict: verdict}
	im.doubts.items[it] = struct{}{}
	im.doubts.next = time.Time{}
}

// resumeDoubt takes an item whose doubt began in an earlier run, by the
// platform's clock.
func (im *importer) resumeDoubt(it *item, now time.Time) {
	past := max(im.job.Orders.Now().Sub(it.entry.DoubtSince), 0)
	im.addDoubt(it, now, nil)
	it.doubt.settles = now.Add(max(im.opt.Settle-past, 0))
}

func (im *importer) dropDoubt(it *item) {
	delete(im.doubts.items, it)
	it.doubt = nil
}

// lookResult is what one look found.
type lookResult struct {
	orders     map[*item]apsclient.Order
	controlled bool // an order known to exist was found the same way
	kept       ledger.Kept
	began      time.Time
}

// lookUp looks for all doubts that are due, in one batch.
func (im *importer) lookUp(now time.Time, wake *alarm) {
	if im.doubts.looking || im.doubts.len() == 0 {
		return
	}
	if now.Before(im.doubts.next) {
		wake.at(im.doubts.next)
		return
	}
	var due []*item
	var next alarm
	for it := range im.doubts.items {
		if now.Before(it.doubt.next) {
			next.at(it.doubt.next)
		} else if len(due) < chunk {
			due = append(due, it)
		}
	}
	if len(due) == 0 {
		im.doubts.next = time.Time(next)
		wake.at(im.doubts.next)
		return
	}
	entries := make([]ledger.Entry, len(due))
	for i, it := range due {
		entries[i] = it.entry
	}
	control, kept := im.control, im.kept
	im.doubts.looking = true
	final := slices.ContainsFunc(due, func(it *item) bool { return !now.Before(it.doubt.settles) })
	im.background(func() func() {
		s, err := im.look(due, entries, control, kept, final)
		return func() {
			im.doubts.looking = false
			im.doubts.next = time.Time{}
			im.looked(due, s, err)
		}
	})
}

// look asks the platform for the orders of entries: by reference, and by
// account and content where references may not be kept, and always before an
// absence counts. An order known to exist is asked for in the same way: only
// where it shows is absence proof.
func (im *importer) look(items []*item, entries []ledger.Entry, control *ledger.Entry, kept ledger.Kept, final bool) (lookResult, error) {
	s := lookResult{orders: make(map[*item]apsclient.Order), kept: kept, began: time.Now()}
	byReference := make(map[string]int, len(entries))
	q := apsclient.OrderQuery{}
	for i := range entries {
		ref := csvimport.Reference(entries[i].Sub, entries[i].Gen)
		byReference[ref] = i
		q.References = append(q.References, ref)
	}
	if control != nil {
		q.References = append(q.References, csvimport.Reference(control.Sub, control.Gen))
	}
	for o, err := range im.job.Orders.List(im.readCtx, q) {
		if err != nil {
			return s, err
		}
		if i, ok := byReference[o.Reference]; ok {
			s.add(items[i], o)
		}
		if control != nil && o.ID == control.OrderID && o.Reference == csvimport.Reference(control.Sub, control.Gen) {
			s.controlled = true
			s.kept = max(s.kept, ledger.KeptYes)
		}
	}
	if s.kept == ledger.KeptYes && (!final || len(s.orders) == len(entries)) {
		return s, nil
	}
	controlled, err := im.lookByContent(&s, items, entries, control)
	if s.kept != ledger.KeptYes {
		s.controlled = controlled
	}
	return s, err
}

// lookByContent lists the accounts' orders and compares account, plan and
// subscription as the intents had them. Orders with a reference of ours, and
// orders bound to an entry already, are somebody else's. It reports whether the
// order known to exist was among them.
func (im *importer) lookByContent(s *lookResult, items []*item, entries []ledger.Entry, control *ledger.Entry) (controlled bool, err error) {
	type content struct{ account, plan, sub string }
	byContent := make(map[content]int, len(entries))
	accounts := make(map[string]bool)
	q := apsclient.OrderQuery{Since: entries[0].SubmittedAt}
	include := func(e *ledger.Entry) {
		if !accounts[e.AccountID] {
			accounts[e.AccountID] = true
			q.AccountIDs = append(q.AccountIDs, e.AccountID)
		}
		if e.SubmittedAt.Before(q.Since) {
			q.Since = e.SubmittedAt
		}
	}
	for i := range entries {
		e := &entries[i]
		byContent[content{e.AccountID, e.PlanID, e.Sub}] = i
		include(e)
	}
	if control != nil {
		include(control)
	}
	if !q.Since.IsZero() {
		q.Since = q.Since.Add(-10 * time.Minute)
	}
	for o, err := range im.job.Orders.List(im.readCtx, q) {
		if err != nil {
			return false, err
		}
		if control != nil && o.ID == control.OrderID && o.Subscription == control.Sub && o.PlanID == control.PlanID && o.AccountID == control.AccountID {
			controlled = true
		}
		i, ok := byContent[content{o.AccountID, o.PlanID, o.Subscription}]
		if !ok {
			continue
		}
		if _, _, ours := csvimport.ParseReference(o.Reference); ours && o.Reference != csvimport.Reference(entries[i].Sub, entries[i].Gen) {
			continue
		}
		known, err := im.knownFor(im.readCtx, []apsclient.Order{o})
		if err != nil {
			return false, err
		}
		if e, ok := known.orders[o.ID]; ok && (e.Sub != entries[i].Sub || e.Gen != entries[i].Gen) {
			continue
		}
		s.add(items[i], o)
	}
	return controlled, nil
}

// add keeps o as the order of it; of several, one that has not ended badly.
func (s *lookResult) add(it *item, o apsclient.Order) {
	if have, ok := s.orders[it]; ok && (have.Phase() != apsclient.Bad || o.Phase() == apsclient.Bad) {
		return
	}
	s.orders[it] = o
}

// looked takes what a look found, on the loop.
func (im *importer) looked(batch []*item, s lookResult, err error) {
	now := time.Now()
	if err != nil {
		im.lookFailed(batch, err, now)
		return
	}
	im.doubts.failures.over()
	im.learnKept(s.kept)
	var adopted, absent []*item
	for _, it := range batch {
		d := it.doubt
		if o, ok := s.orders[it]; ok {
			take(&it.entry, &o)
			it.compare()
			adopted = append(adopted, it)
			continue
		}
		d.looks++
		settled := !s.began.Before(d.settles)
		switch {
		case d.verdict != nil:
			im.dropDoubt(it)
			im.believe(it, d.verdict, now)
		case settled && s.controlled:
			absent = append(absent, it)
		case settled && (im.noControlToCome() || now.Sub(d.settles) > im.opt.Patience):
			im.giveUp(it, "no order known to exist could be read back, so a missing one proves nothing")
		case settled:
			d.next = now.Add(backoff(d.looks, time.Second, 15*time.Second))
		default:
			d.next = earliest(now.Add(backoff(d.looks, time.Second, max(im.opt.Settle/8, time.Second))), d.settles)
		}
	}
	im.adopt(adopted, "found on the platform by a look-up")
	im.proveAbsent(absent)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// noControlToCome reports that nothing still under way can show an order that
// exists.
func (im *importer) noControlToCome() bool {
	if im.working > 0 || im.open.len() > 0 {
		return false
	}
	return im.phase != placing || im.fed && im.waiting == 0 || !im.canary.admits() && im.canary.ended+im.doubts.len() >= im.canary.begun
}

// believe takes a refusal or busy answer for true after all.
func (im *importer) believe(it *item, verdict error, now time.Time) {
	it.entry.Doubted = false
	if apsclient.KindOf(verdict) == apsclient.Busy {
		im.record([]*item{it}, ledger.NotSent, "busy, and no order found", func(items []*item) {
			for _, it := range items {
				im.park(it, im.laneOf(it.entry.AccountID), now)
			}
		})
		return
	}
	im.record([]*item{it}, ledger.Refused, "refused, and no order found", im.endAll(csvimport.Refused))
}

// proveAbsent allows one further send for each.
func (im *importer) proveAbsent(items []*item) {
	var again, spent []*item
	for _, it := range items {
		if it.sends >= mostSends {
			spent = append(spent, it)
			continue
		}
		im.dropDoubt(it)
		again = append(again, it)
	}
	for _, it := range spent {
		im.giveUp(it, fmt.Sprintf("sent %d times in this run without a clear answer", it.sends))
	}
	if len(again) == 0 {
		return
	}
	im.record(again, ledger.NotSent, "no order found after the settle time: may be sent again", func(again []*item) {
		for _, it := range again {
			if im.phase == placing && !im.settling {
				it.mend()
				im.enqueue(it, true)
			} else {
				im.end(it, csvimport.Unsent)
			}
		}
	})
}

// giveUp leaves a doubt to a person or a later run, with the reason.
func (im *importer) giveUp(it *item, why string) {
	im.dropDoubt(it)
	if !strings.Contains(it.entry.Message, why) {
		it.entry.Message = strings.TrimPrefix(it.entry.Message+"; "+why, "; ")
	}
	im.record([]*item{it}, ledger.Doubt, "", im.endAll(csvimport.Unknown))
}

func (im *importer) endAll(s csvimport.Status) func([]*item) {
	return func(items []*item) {
		for _, it := range items {
			im.end(it, s)
		}
	}
}

// adopt takes orders that were found for items in doubt.
func (im *importer) adopt(items []*item, note string) {
	if len(items) == 0 {
		return
	}
	for _, it := range items {
		im.dropDoubt(it)
	}
	im.record(items, 0, note, func(items []*item) {
		now := time.Now()
		im.outage.over()
		for _, it := range items {
			im.control = cmpControl(im.control, &it.entry)
			if it.entry.State != ledger.Accepted {
				im.endOrder(it)
				continue
			}
			im.accepted(it, now)
		}
	})
}

// cmpControl prefers the newer of two orders seen to exist: look-ups by
// content reach back only as far as needed.
func cmpControl(have, seen *ledger.Entry) *ledger.Entry {
	if have != nil && !seen.SubmittedAt.After(have.SubmittedAt) {
		return have
	}
	e := *seen
	return &e
}

// statusOf is the status of a row whose order was followed or waited for.
func statusOf(e *ledger.Entry) csvimport.Status {
	switch e.State {
	case ledger.Completed:
		return csvimport.Completed
	case ledger.Failed:
		return csvimport.Failed
	case ledger.Accepted:
		return csvimport.Submitted
	case ledger.Intended, ledger.Doubt:
		return csvimport.Unknown
	case ledger.Refused:
		return csvimport.Refused
	}
	return csvimport.Unsent
}

// lookFailed takes a look that could not be made.
func (im *importer) lookFailed(batch []*item, err error, now time.Time) {
	if im.fatal(err) {
		return
	}
	im.doubts.failures.failed(err, now)
	tooLong := im.doubts.failures.tooLong(now, im.opt)
	for _, it := range batch {
		if tooLong && !now.Before(it.doubt.settles) {
			im.giveUp(it, "orders could not be read back: "+err.Error())
			continue
		}
		it.doubt.looks++
		it.doubt.next = now.Add(max(retryAfter(err), backoff(it.doubt.looks, time.Second, 10*time.Second)))
	}
}
