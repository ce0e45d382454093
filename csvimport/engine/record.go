package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulkimport/csvimport/ledger"
)

// record writes the items' entries, in state s unless 0, and then runs done on
// the loop.
func (im *importer) record(items []*item, s ledger.State, note string, done func([]*item)) {
	entries := make([]ledger.Entry, len(items))
	for i, it := range items {
		if s != 0 {
			it.entry.State = s
		}
		entries[i] = it.entry
	}
	im.background(func() func() {
		err := im.job.Run.RecordAll(context.WithoutCancel(im.readCtx), entries, note)
		return func() { done(im.recorded(items, err)) }
	})
}

// recorded returns those of items that were written. Some may belong to another
// run by now: they are left to it. If the ledger is broken, what is known of
// them is kept for the results.
func (im *importer) recorded(items []*item, err error) []*item {
	theirs, err := held(err)
	if err != nil {
		im.ledgerFailed(err)
		for _, it := range items {
			im.unrecorded[it.index] = it.entry
		}
	}
	return slices.DeleteFunc(items, func(it *item) bool {
		if !theirs[it.entry.Sub] {
			return false
		}
		want := it.entry
		if it.want != nil {
			want = *it.want
		}
		im.wait(it, want, time.Now())
		return true
	})
}

// held takes the conflicts with other runs, which are no failures, out of an
// error of the ledger.
func held(err error) (theirs map[string]bool, rest error) {
	c, ok := errors.AsType[*ledger.Conflict](err)
	if !ok || len(c.Unknown) > 0 {
		return nil, err
	}
	theirs = make(map[string]bool)
	for _, sub := range append(c.Held, c.Ordered...) {
		theirs[sub] = true
	}
	return theirs, nil
}

// learnKept takes whether the platform keeps references: once an order has
// been read back without, it does not.
func (im *importer) learnKept(k ledger.Kept) {
	if k <= im.kept {
		return
	}
	im.kept = k
	if k == ledger.KeptNo {
		im.say(Notice{Code: NoticeNoReferences})
	}
	im.background(func() func() {
		err := im.job.Book.SetReferences(context.WithoutCancel(im.readCtx), k)
		return func() {
			if err != nil {
				im.ledgerFailed(err)
			}
		}
	})
}
