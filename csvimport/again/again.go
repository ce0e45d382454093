// Package again opens subscriptions that have had an order, so that they get another
// one, where a person asks for it and the platform shows that order as cancelled.
package again

import (
	"context"
	"fmt"
	"iter"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// Orders is what is asked of the platform.
type Orders interface {
	List(context.Context, apsclient.OrderQuery) iter.Seq2[apsclient.Order, error]
	Now() time.Time // by the platform's clock
}

// Book is what is asked of the ledger.
type Book interface {
	Find(ctx context.Context, subs []string) (map[string]ledger.Entry, error)
}

// Run is what a new generation is opened by.
type Run interface {
	Record(ctx context.Context, note string, entries ...ledger.Entry) error
	Reopen(ctx context.Context, subs []string) error
}

// Open opens a new generation for each subscription, all or none: only where the
// platform, asked now, shows the latest order as cancelled. The error is an *Error
// where one cannot be opened.
func Open(ctx context.Context, orders Orders, book Book, run Run, subs []string) error {
	entries, err := book.Find(ctx, subs)
	if err != nil {
		return err
	}
	var open []string
	for _, sub := range subs {
		e, ok := entries[sub]
		if !ok {
			return &Error{Code: Unknown, Sub: sub}
		}
		if e.Gen > 1 && (e.State.MaySend() || e.State.InDoubt()) {
			continue // opened already, by a run that did not come to its end
		}
		if !e.State.Ordered() {
			return &Error{Code: NoOrder, Sub: sub}
		}
		if err := askCancelled(ctx, orders, run, &e); err != nil {
			return err
		}
		open = append(open, sub)
	}
	if len(open) == 0 {
		return nil
	}
	return run.Reopen(ctx, open)
}

// askCancelled asks the platform for the order of e and is nil only if it is
// cancelled now.
func askCancelled(ctx context.Context, orders Orders, run Run, e *ledger.Entry) error {
	for o, err := range orders.List(ctx, apsclient.OrderQuery{IDs: []string{e.OrderID}}) {
		if err != nil {
			return fmt.Errorf("order %s of subscription %s could not be read: %w", outcome.Named(e.OrderNumber, e.OrderID), e.Sub, err)
		}
		if o.ID != e.OrderID {
			continue
		}
		if o.Status == csvimport.OrderCancelled {
			if e.State != ledger.Accepted {
				return nil
			}
			outcome.Take(e, &o, orders.Now())
			return run.Record(ctx, "cancelled, as the platform shows", *e)
		}
		return &Error{Code: Stands, Sub: e.Sub, Order: outcome.Named(o.Number, o.ID), Status: o.Status}
	}
	return &Error{Code: NotShown, Sub: e.Sub, Order: outcome.Named(e.OrderNumber, e.OrderID)}
}

// Code is why no new order may be opened for a subscription.
type Code uint8

const (
	Unknown  Code = iota + 1 // the ledger knows no order of it
	NoOrder                  // the ledger knows of it, and no order exists that could be cancelled
	Stands                   // its Order is in Status, not cancelled
	NotShown                 // its Order is not shown by the platform
)

// Error is a subscription for which no new order may be opened. Of its
// facts those are set that its code names.
type Error struct {
	Code   Code
	Sub    string
	Order  string // number and id
	Status string // of the order, in the platform's two letters
}

func (e *Error) Error() string {
	why := ""
	switch e.Code {
	case Unknown:
		why = "this ledger knows no order of it"
	case NoOrder:
		why = "its order is not cancelled"
	case Stands:
		why = fmt.Sprintf("its order %s is %s, not cancelled", e.Order, e.Status)
	case NotShown:
		why = fmt.Sprintf("its order %s is not shown by the platform", e.Order)
	}
	return fmt.Sprintf("no new order for subscription %s: %s", e.Sub, why)
}
