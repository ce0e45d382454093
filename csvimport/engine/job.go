package engine

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/evidence"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/pace"
)

// Orders is what an import needs of the platform's order service.
type Orders interface {
	Place(context.Context, apsclient.OrderRequest) (apsclient.Placed, error)
	List(context.Context, apsclient.OrderQuery) iter.Seq2[apsclient.Order, error]
	Ping(context.Context) error // the cheapest call there is: does the platform answer?
	Now() time.Time             // the platform's clock
	Date() (time.Time, bool)    // the latest time that an answer of the platform told
	Stamp() time.Time           // what a request signed now is dated with; zero: requests have no date, as with OAuth 2
}

// Defaults of Options.
const (
	DefaultConcurrency = 4
	DefaultPerAccount  = 1
	DefaultWait        = 10 * time.Minute
	DefaultSettle      = 24 * time.Hour
	DefaultShow        = 10 * time.Minute
	DefaultPatience    = 10 * time.Minute
	DefaultGrace       = 30 * time.Second
	DefaultWatch       = time.Minute
)

// Options say how an import behaves. The zero value of a field is its default.
type Options struct {
	Concurrency int           // ceiling of orders in flight
	PerAccount  int           // requests in flight for one account
	Rate        float64       // orders a second at most, of all runs on the platform, 0 = no limit
	MaxOpen     int           // accepted orders not yet at their end, of all runs, 0 = no limit
	MaxErrors   pace.Limit    // stop after so many refused or failed rows, of all runs
	Canary      int           // place so many rows first and go on only if all ended well
	Proved      bool          // a person has looked: orders that show as not imported do not keep others back
	FirstOnly   bool          // place the first order alone and follow it: the first-day gate
	Wait        time.Duration // follow an order at most so long; negative = do not follow
	Settle      time.Duration // an unanswered order may still turn up for so long: in no wait, but shorter ones shorten all waits
	Show        time.Duration // the first order may take so long to show in a listing
	Patience    time.Duration // sit out an outage for so long
	Grace       time.Duration // what is begun may finish for so long after an interrupt
	Watch       time.Duration // how often the newest orders are listed, once it is known what is there
	Again       []string      // subscriptions for which a new order is opened

	Loopback     bool        // the platform is on this machine: nobody is billed, and one look at the first order is enough
	Beside       bool        // a person's word that another import that goes on has other rows
	ResendDoubts bool        // a person's word that rows in doubt for longer than Settle, and not found, are sent again
	LastImport   time.Time   // a person's word when anybody last imported here; zero: not asked
	Window       pace.Window // a limit behind the platform, over all runs of the ledger
	NoEvidence   bool        // a person's word that this platform's listings show no orders of ours
}

// Book is what the engine reads of the ledger.
type Book interface {
	ledger.Book
	ledger.Memory
}

// Job is one import: what to place, where, and where to remember it.
type Job struct {
	Rows    csvimport.Rows
	Orders  Orders
	Book    Book
	Run     ledger.Run
	Options Options
	Login   string // tells the credentials from others, without telling them
	// Imported lists what the platform's tenants show of every subscription,
	// for the check after the end, and where evidence begins later than Resolved, when
	// that was read from which the rows tell it; nil if the tenant list cannot be read.
	Imported func(context.Context) iter.Seq2[csvimport.Binding, error]
	Resolved evidence.Moment // by the machine's clocks; zero is the run's beginning
	// Account names an account by its aps.id, for words; nil means unknown.
	Account func(apsID string) (csvimport.Account, bool)
	// Whose names who began another run, and where, for words; empty or nil means unknown.
	// It is safe for concurrent use.
	Whose func(run int64) string
	// Conflicted reports whether several rows name this subscription and do
	// not agree; nil means none do.
	Conflicted func(sub string) bool
	// Hand is which of several runs of one import this is, each with other accounts first:
	// 1 answers for all rows, the others for their own; 0 is the only one.
	Hand int
	// Alone ends the other hands, once no row is placed any more, and returns when they
	// have ended or cannot be waited for any longer; nil if there are none.
	Alone    func()
	Progress *csvimport.Meter       // may be nil
	Ended    func(csvimport.Result) // called once for each row as it ends, from one goroutine; may be nil
	Say      func(notice.Notice)    // what a person should hear at once, rare; may be nil
	Logger   *slog.Logger           // may be nil
	Machine  machine.Clock          // whose time it is; nil is machine.PackageTime. Timers always are package time's
	Random   func() float64         // from 0 to below 1, for how long to wait between attempts; safe for concurrent use; nil is math/rand
}

// Outcome is what became of a job.
type Outcome struct {
	Rows        int
	Count       map[csvimport.Status]int
	Interrupted bool
	Stopped     error             // why the run ended before all rows were tried, nil if it did not
	FirstOnly   bool              // the first-day gate ended the run
	Doubles     []ledger.Sighting // second orders that stand, of rows of this file or first seen in this run
	RetryFrom   time.Time         // from when on rows that are unknown, or held back, are worth another run; zero if there are none
	Seconds     float64
	// Results yields each row with its result, in file order, merged from the
	// ledger. It may be called more than once until the ledger is closed.
	Results func(context.Context) iter.Seq2[csvimport.Reported, error]
}
