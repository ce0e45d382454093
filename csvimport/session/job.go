package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/estimate"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/rows"
)

// Orders is what an import needs of the platform's order service.
type Orders interface {
	engine.Orders
	estimate.Orders
}

// Book is what an import needs of the ledger.
type Book interface {
	engine.Book
	check.History

	// Proved reports whether an import has been seen to end well on this platform.
	Proved(context.Context) (bool, error)
	// SetProved remembers that an import has been checked.
	SetProved(context.Context) error
	// Begin begins a run of the import.
	Begin(context.Context, ledger.RunInfo) (ledger.Begun, error)
}

// Results is where the results of a run go. Nobody sees them before Commit.
type Results interface {
	io.Writer
	Commit() error
	Discard() // does nothing after Commit
}

// Job is one import: a file, a platform, a ledger, and how they come together.
type Job struct {
	File     *rows.File
	Platform catalog.Platform
	Orders   Orders
	Book     Book
	// Loopback says that the platform is on this machine: nobody is billed, so
	// the first order need not be looked at before the rest follows.
	Loopback bool
	// Rehearsed has the first day on this machine as it is elsewhere.
	Rehearsed bool
	// Run is what the ledger is told of the run beforehand: Version and Marks.
	Run ledger.RunInfo

	SkipInvalid bool                      // import the valid rows of a file with errors
	Strict      bool                      // warnings are errors, but for those that are no fault of the file
	Restore     bool                      // put leading zeros back that an account_id lost since the export
	Only        map[csvimport.Status]bool // of a results file, only rows with these statuses; nil: all
	MaxRows     int                       // refuse larger files, 0 = no limit

	AllowContradiction bool // accounts that by name and e-mail are those of other rows are meant

	Options engine.Options // FirstOnly and Loopback are decided here
	Login   string         // tells the credentials from others, without telling them
	Checked string         // a person's word: number of the first order, which was looked at and is right; empty: none

	// Results begins the results of a run and takes size bytes of room for them,
	// before the first order: a disk that is full in the end would leave nobody
	// to say what was ordered.
	Results func(size int64) (Results, error)
	Form    rows.Form // of the results
	// Confirm is asked before the first order and goes on only if it returns nil.
	// Its error is Run's. Nil goes on.
	Confirm func(context.Context, *Preview) error
	// LastImport is asked, where the run finds that its ledger may not know of all
	// orders, when anybody last imported here. Nil, or a zero time: nobody says, and
	// nothing is placed.
	LastImport func(context.Context, ledger.Loss) (time.Time, error)

	// Said puts into words, for the ledger to keep, what a person said for this
	// import: with who and when. Empty where nothing was said.
	Said func(engine.Options) string
	// Resend is asked whether rows that have been in doubt for long enough, and are
	// not found when they are looked for once more, are sent again. Nil: no.
	Resend func(context.Context, Doubts) (bool, error)
	// Words completes a result with what a person can do; nil leaves it.
	Words func(csvimport.Result) csvimport.Result
	// Whose is [engine.Job.Whose].
	Whose  func(run int64) string
	Hand   int    // [engine.Job.Hand]
	Alone  func() // [engine.Job.Alone]
	Events Events
	Meter  *csvimport.Meter // may be nil
	Logger *slog.Logger     // may be nil
	// Machine is whose time it is; nil is [machine.PackageTime].
	Machine machine.Clock
	// Random is [engine.Job.Random]'s.
	Random func() float64
}

// Events are what a session tells while it goes on. Each may be nil. They are
// called one at a time.
type Events struct {
	Loaded  func(*catalog.Catalog)    // the platform's lists have been read
	Checked func(*csvimport.Row)      // a row has been checked, in file order
	Found   func(*check.Checker)      // all rows have been checked: findings and tally are complete
	Refused func([]csvimport.Finding) // the platform's estimate refuses these
	Begun   func(*Preview)            // it is confirmed: the first order comes next
	Ended   func(csvimport.Result)    // a row has ended
	Say     func(notice.Notice)       // what a person should hear at once, rare
	Placed  func(*engine.Outcome)     // no order follows any more; results are written next
	Written func(csvimport.Result)    // a result has been written, in file order
}

// Preview is what will happen, before it does.
type Preview struct {
	Run       int64  // 0 before it begins
	Rows      uint64 // tells what the rows came to from anything else they may come to; equal for hands that may share them
	File      string
	Tally     check.Tally
	Estimates []estimate.Plan
	Again     int  // rows that have an order, and get a new one
	FirstOnly bool // the first order alone is placed: the first day
	Doubts    Doubts
	HeldUntil time.Time // nothing is placed before, since orders of others may turn up; zero if nothing is held
}

// Doubts are the rows of a file that may have an order, from earlier runs. They are
// among Tally.Ordered.
type Doubts struct {
	Rows   int
	Since  time.Time // when the first of them was sent
	Settle time.Duration
	Old    int // of them: in doubt for longer than Settle
}

// ToPlace is how many rows have no order yet, or are to get a new one, as far as
// is known.
func (p *Preview) ToPlace() int { return p.Tally.Valid - p.Tally.Imported - p.Tally.Ordered + p.Again }

// Ending is what became of an import.
type Ending struct {
	*engine.Outcome
	// First is the order to look at before the rest follows, on the first day;
	// nil on all others.
	First *ledger.Entry
	// Written reports whether the results were written.
	Written bool
}

// Reason is why a file was refused.
type Reason uint8

const (
	TooManyRows  Reason = iota + 1 // more than Job.MaxRows
	HasErrors                      // some rows are invalid
	FileAtFault                    // the file as a whole is: its valid rows cannot be trusted either
	PlansRefused                   // the platform's estimate refuses service plans
	NoStatus                       // Job.Only, and the file has no statuses
	NoneChosen                     // Job.Only, and no row has such a status
)

// NotChecked is a person's word about a first order that does not hold. Nothing was
// sent.
type NotChecked struct {
	Said  string        // the order's number, as a person gave it
	First *ledger.Entry // the first order, nil if there is none
}

func (e *NotChecked) Error() string {
	switch {
	case e.First == nil:
		return "this ledger has placed no order here that could have been checked"
	case e.First.State != ledger.Completed:
		return "the first order here, " + e.First.OrderNumber + ", is not at its good end"
	}
	return "order " + e.Said + " is not the first order of this ledger here"
}

// Refusal is a file that is not imported. Nothing was sent.
type Refusal struct {
	Reason Reason
	File   string
	Tally  check.Tally
	Plans  int // refused by the platform's estimate
}

func (r *Refusal) Error() string {
	switch r.Reason {
	case TooManyRows:
		return fmt.Sprintf("%s has too many rows: %d", r.File, r.Tally.Rows)
	case PlansRefused:
		return fmt.Sprintf("the platform refuses %s of %s", csvimport.Plural(r.Plans, "service plan", "service plans"), r.File)
	case NoStatus:
		return r.File + " has no column status"
	case NoneChosen:
		return r.File + " has no row of the statuses that were chosen"
	}
	return fmt.Sprintf("%s has %s", r.File, csvimport.Plural(r.Tally.Errors, "error", "errors"))
}

// LookFirst is an import at an address where the first order has been placed and
// nobody has said yet that it was checked. Nothing further was sent.
type LookFirst struct {
	First ledger.Entry
	Tally check.Tally
}

func (l *LookFirst) Error() string {
	return "the first order on this platform has been placed and is still to be looked at"
}

// ResultsError is results that have no place, or that could not be written.
type ResultsError struct {
	Placed bool // orders may have been placed: the ledger has every result
	Err    error
}

func (e *ResultsError) Error() string {
	if e.Placed {
		return "the results could not be written: " + e.Err.Error()
	}
	return "there is no place for the results: " + e.Err.Error()
}

func (e *ResultsError) Unwrap() error { return e.Err }

// Into is a Job.Results that keeps the results in memory and writes them to w when
// they are whole.
func Into(w io.Writer) func(size int64) (Results, error) {
	return func(int64) (Results, error) { return &held{w: w}, nil }
}

type held struct {
	bytes.Buffer
	w io.Writer
}

func (h *held) Commit() error {
	_, err := h.WriteTo(h.w)
	return err
}

func (h *held) Discard() { h.Reset() }
