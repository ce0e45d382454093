package engine_test

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// lookers is a way to the platform that knows over what the newest orders were looked at
// while one order was placed.
type lookers struct {
	engine.Orders

	mu           sync.Mutex
	placed       int
	apart, along int // looks over a connection of their own, and over those that are kept
}

func (o *lookers) Place(ctx context.Context, r apsclient.OrderRequest) (apsclient.Placed, error) {
	placed, err := o.Orders.Place(ctx, r)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.placed++
	return placed, err
}

func (o *lookers) List(ctx context.Context, q apsclient.OrderQuery) iter.Seq2[apsclient.Order, error] {
	o.mu.Lock()
	defer o.mu.Unlock()
	newest := len(q.References)+len(q.AccountIDs)+len(q.IDs)+len(q.Numbers) == 0 && q.ReferencePrefix == "" && q.Since.IsZero() && q.PageSize > 0 // surveys read in pages of the usual size
	switch {
	case o.placed != 1 || !newest:
	case q.Fresh:
		o.apart++
	default:
		o.along++
	}
	return o.Orders.List(ctx, q)
}

// TestFirstOrderShowsApart: that the first order shows is believed where it does over a
// new connection: one that is kept may lead to the very machine that took it.
func TestFirstOrderShowsApart(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		f.platform.late = 5 * time.Second
		var o *lookers
		f.orders = func(orders engine.Orders) engine.Orders {
			o = &lookers{Orders: orders}
			return o
		}
		f.must(t, f.platform.table(3, 3), engine.Options{}, count{csvimport.Completed: 3})
		if o.apart == 0 || o.along > 1 { // one may have been on its way
			t.Errorf("%d looks over a connection of their own, and %d over others; want those alone", o.apart, o.along)
		}
	})
}
