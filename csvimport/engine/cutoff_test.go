package engine_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// TestDeniedWhereListsAreCutOff: a list that is cut off in silence bears out no no, however
// many orders it shows that are younger than the row's own; one that is whole does, also
// where it is not counted.
func TestDeniedWhereListsAreCutOff(t *testing.T) {
	for _, tc := range []struct {
		name, denied, lists string
		nth                 int // order
		want                count
		orders              int
	}{
		{"refused after creation", "413-after", "list-capped", 2, count{csvimport.Completed: 39, csvimport.Unknown: 1}, 40},
		{"slowed down after creation", "503-wait-after", "list-capped", 2, count{csvimport.Completed: 39, csvimport.Unknown: 1}, 40},
		{"refused", "413", "list-capped", 2, count{csvimport.Completed: 39, csvimport.Unknown: 1}, 39},
		{"refused after creation, the youngest of all", "413-after", "list-capped", 40, count{csvimport.Completed: 40}, 40},
		{"refused, and not counted", "413", "no-range", 2, count{csvimport.Completed: 39, csvimport.Refused: 1}, 39},
		{"refused after creation, and not counted", "413-after", "no-range", 2, count{csvimport.Completed: 40}, 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scene(t, func(t *testing.T, f *fixture) {
				f.platform.nth[tc.nth], f.platform.late = tc.denied, 500*time.Millisecond
				time.AfterFunc(700*time.Millisecond, func() { f.platform.SetFault(tc.lists, 1) }) // once the first order has shown
				f.must(t, f.platform.table(40, 40), engine.Options{Concurrency: 4}, tc.want)
				if n := f.platform.OrderCount(); n != tc.orders {
					t.Errorf("%d orders, want %d", n, tc.orders)
				}
			}, func(c *apstest.Config) { c.ListCap = 3 })
		})
	}
}

// TestWatchWhereListsAreCutOff: a look at the newest orders that ends before it has come to
// those of the last one does not show that there is nothing foreign, and nothing is placed
// on it.
func TestWatchWhereListsAreCutOff(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(60, 60)
		placed := func(i int) bool { return len(f.platform.of(rows[i%len(rows)].SubID)) > 0 }
		time.AfterFunc(time.Second, func() { f.platform.SetFault("list-capped", 1) })
		time.AfterFunc(150*time.Second, func() {
			next := 0
			for !placed(next) || placed(next+1) {
				next++
			}
			f.platform.add((next + 26) % len(rows))
		})
		time.AfterFunc(8*time.Minute, func() { f.platform.SetFault("list-capped", 0) })
		f.run(t.Context(), rows, engine.Options{Rate: 0.2}) // which sees to it that none has two orders
	}, func(c *apstest.Config) { c.ListCap = 3 })
}

// behind is a way to the platform on which lists by account end with what was placed before
// a time, and no list has the order of a number.
type behind struct {
	engine.Orders
	until  time.Time
	hidden string
}

func (b *behind) List(ctx context.Context, q apsclient.OrderQuery) iter.Seq2[apsclient.Order, error] {
	return func(yield func(apsclient.Order, error) bool) {
		for o, err := range b.Orders.List(ctx, q) {
			if err == nil && (o.Number == b.hidden || len(q.AccountIDs) > 0 && o.Date.After(b.until)) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// TestDeniedWhereTheYoungestAreCutOff: a list that shows none of the orders that were
// accepted since a no bears it out at no time, however old the no is.
func TestDeniedWhereTheYoungestAreCutOff(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(8, 8)
		f.must(t, rows[:4], engine.Options{}, count{csvimport.Completed: 4})
		time.Sleep(time.Hour)
		f.platform.nth[6] = "413-after"
		f.platform.fault("no-reference", 1)
		f.orders = func(o engine.Orders) engine.Orders { return &behind{o, time.Now(), "SO000006"} }
		f.must(t, rows, engine.Options{Rate: 0.5}, count{csvimport.Existing: 4, csvimport.Completed: 3, csvimport.Unknown: 1})
	})
}
