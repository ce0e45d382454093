package engine

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Orders is what the importer needs of the platform's order service.
type Orders interface {
	Place(context.Context, apsclient.OrderRequest) (apsclient.Placed, error)
	List(context.Context, apsclient.OrderQuery) iter.Seq2[apsclient.Order, error]
	Ping(context.Context) error // the cheapest call there is: does the platform answer?
	Now() time.Time             // the platform's clock
}

// Options say how an import behaves. The zero value of a field is its default.
type Options struct {
	Concurrency int           // ceiling of orders in flight, default 4
	PerAccount  int           // requests in flight for one account, default 1
	Rate        float64       // orders a second at most, 0 = no limit
	MaxOpen     int           // accepted orders not yet at their end, 0 = no limit
	MaxErrors   Limit         // stop after so many refused or failed rows
	Canary      int           // place so many rows first and go on only if all ended well
	Proved      bool          // a person has looked: orders that show as not imported do not keep others back
	FirstOnly   bool          // place the first row alone and follow it: the first-day gate
	Wait        time.Duration // follow an order at most so long, default 10m, negative = do not follow
	Settle      time.Duration // an unanswered order may still turn up for so long, default 5m
	Patience    time.Duration // sit out an outage for so long, default 10m
	Grace       time.Duration // what is begun may finish for so long after an interrupt, default 30s
	Watch       time.Duration // how often the newest orders are listed, default 1m
	Again       []string      // subscriptions for which a new order is opened
}

// Limit is a number of rows or a share of those ended; the zero value is the
// default: ten rows and a fifth of those ended.
type Limit struct {
	Rows    int     // so many rows
	Percent float64 // or this share of the rows ended, 0 to 100
	Off     bool    // no limit
}

// Job is one import: what to place, where, and where to remember it.
type Job struct {
	Rows    csvimport.Rows
	Orders  Orders
	Book    *ledger.Book
	Run     *ledger.Run
	Options Options
	// Imported lists what the platform's tenants show of every subscription,
	// for the check after the end; nil if the tenant list cannot be read.
	Imported func(context.Context) iter.Seq2[csvimport.Binding, error]
	// Account names an account by its aps.id, for words; nil means unknown.
	Account func(apsID string) (csvimport.Account, bool)
	// Conflicted reports whether several rows name this subscription and do
	// not agree; nil means none do.
	Conflicted func(sub string) bool
	Progress   *Meter                 // may be nil
	Ended      func(csvimport.Result) // called once for each row as it ends, from one goroutine; may be nil
	Say        func(Notice)           // what a person should hear at once, rare; may be nil
	Logger     *slog.Logger           // may be nil
}

// Outcome is what became of a job.
type Outcome struct {
	Rows        int
	Count       map[csvimport.Status]int
	Interrupted bool
	// Stopped says why the run ended before all rows were tried, nil if it
	// did not.
	Stopped error
	// FirstOnly is set when the first-day gate ended the run.
	FirstOnly bool
	Seconds   float64
	// Results yields each row with its result, in file order, merged from the
	// ledger. It may be called more than once until the ledger is closed.
	Results func(context.Context) iter.Seq2[csvimport.Reported, error]
}
