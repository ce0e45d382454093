package check

import (
	"context"
	"fmt"
	"iter"

	"golang.org/x/sync/errgroup"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// remembered is what the ledger tells of the rows of a file: orders of earlier
// runs, and what became of the export. Nil stands for no ledger.
type remembered struct {
	book    History
	changes *changes // nil: nothing was exported, or all rows were compared
	found   []csvimport.Finding

	// By Row.Index. Of more rows than are kept here nothing is kept, and the
	// ledger is asked again.
	orders map[int]order
	mended map[int]mended
	many   bool
}

// History is what the checks need of a ledger: what became of subscriptions in
// earlier runs, and what downloads have written of them. It is safe for concurrent
// use; the error is the ledger's, or that of the context.
type History interface {
	// Find looks up the latest generation of each subscription. Those without an
	// entry are not in the map.
	Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error)

	// Exported looks up what the last download wrote of each subscription. Those
	// never exported are not in the map.
	Exported(ctx context.Context, subs []string) (map[string]ledger.Exported, error)

	// ExportedSubs goes over all subscriptions that downloads have written, in no
	// order that means anything. It ends with the first error.
	ExportedSubs(ctx context.Context) iter.Seq2[string, error]

	// ExportCount returns how many those are.
	ExportCount(ctx context.Context) (int, error)
}

// order is what the ledger tells of a subscription.
type order struct {
	state ledger.State
	name  string
	anew  bool // completed, and not shown as imported at its end
}

// mended is what a comparison with the export made of a row.
type mended struct {
	accountID string
	findings  []csvimport.Finding
}

const (
	lookUps  = 4096    // rows looked up in the ledger at once
	keptRows = 120_000 // some 12 MB
)

func newRemembered(ctx context.Context, book History, restore, compare bool) (*remembered, error) {
	r := &remembered{book: book, orders: make(map[int]order), mended: make(map[int]mended)}
	if !compare {
		return r, nil
	}
	n, err := book.ExportCount(ctx)
	if n > 0 {
		r.changes = newChanges(book, restore)
	}
	return r, err
}

// lookUp asks the ledger about some rows, compares them with the export, and
// keeps what is to be said of their orders.
func (r *remembered) lookUp(ctx context.Context, rows []csvimport.Row) error {
	if r.many {
		clear(r.orders)
		clear(r.mended)
	}
	subs := make([]string, 0, len(rows))
	for i := range rows {
		if rows[i].SubID != "" {
			subs = append(subs, rows[i].SubID)
		}
	}
	var entries map[string]ledger.Entry
	var exported map[string]ledger.Exported
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		entries, err = r.book.Find(gctx, subs)
		return err
	})
	if r.changes != nil {
		g.Go(func() (err error) {
			exported, err = r.book.Exported(gctx, subs)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i := range rows {
		row := &rows[i]
		if e, ok := entries[row.SubID]; ok {
			r.orders[row.Index] = order{e.State, orderWord(e.OrderNumber, e.OrderID), e.Code == csvimport.CodeNotImported}
		}
		if r.changes != nil && row.SubID != "" && !csvimport.Has(row.Findings, csvimport.EDuplicateSubID) {
			e, known := exported[row.SubID]
			if r.changes.note(row, e, known) {
				r.mended[row.Index] = mended{row.AccountID, row.Findings}
			}
		}
	}
	r.many = r.many || len(r.orders)+len(r.mended) > keptRows
	return nil
}

// count counts what became of a row since the export, unless it is left out.
func (r *remembered) count(row *csvimport.Row, leftOut bool) {
	if r != nil && r.changes != nil {
		r.changes.count(row, leftOut)
	}
}

// whole reports whether all that was asked is kept.
func (r *remembered) whole() bool { return r != nil && !r.many }

// recall does to a row what lookUp did to it before.
func (r *remembered) recall(row *csvimport.Row) {
	if r == nil {
		return
	}
	if m, ok := r.mended[row.Index]; ok {
		row.AccountID, row.Findings = m.accountID, m.findings
	}
}

// findings says what became of the export, when all rows were looked up.
func (r *remembered) findings(ctx context.Context) ([]csvimport.Finding, error) {
	if r == nil {
		return nil, nil
	}
	if r.changes == nil {
		return r.found, nil
	}
	found, err := r.changes.findings(ctx)
	if err != nil {
		return nil, err
	}
	r.found, r.changes = found, nil
	return found, nil
}

// ordered says that an earlier run has to do with the row's subscription, which
// the platform does not show as imported, or does not tell.
func (r *remembered) ordered(row *csvimport.Row) {
	if r == nil {
		return
	}
	o, ok := r.orders[row.Index]
	if !ok {
		return
	}
	message, hint, next := "", "it is looked at before anything is sent", csvimport.Action(0)
	switch o.state {
	case ledger.Completed:
		if o.anew || row.Binding.Known {
			message = fmt.Sprintf("order %s completed, but the subscription is not shown as imported", o.name)
			hint = "the platform may have sold a new one instead: look at the order in Billing; nothing will be sent for it"
			break
		}
		message, hint = fmt.Sprintf("order %s has imported this subscription already", o.name), "nothing will be sent for it"
	case ledger.Accepted:
		message = fmt.Sprintf("order %s for this subscription is not at its end yet", o.name)
		hint = "it will be followed; nothing new is sent"
	case ledger.Failed:
		message = fmt.Sprintf("order %s for this subscription ended badly", o.name)
		hint, next = "mend and resubmit it in Billing, or cancel it there", csvimport.OrderAgain
	case ledger.Intended, ledger.Doubt:
		message = "an order for this subscription may exist: its answer was lost"
	case ledger.Denied:
		message = "an order for this subscription may exist: the platform said no, and afterwards it was not seen that there is none"
	default:
		return
	}
	row.Found(csvimport.NewFinding(csvimport.WAlreadyOrdered, row.At("sub_id"), row.SubID, message, hint).Then(next))
}
