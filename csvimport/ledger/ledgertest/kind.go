package ledgertest

import (
	"context"
	"iter"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

// Kind is a kind of ledger, as the suites reach it.
type Kind struct {
	// Fresh says where a store may be made that is not there yet: a file, an
	// address. The store goes away with the test.
	Fresh func(testing.TB) (where string)

	// Open opens the store, which it makes if there is none. It is called any
	// number of times for one store, in this process and in others.
	Open func(ctx context.Context, where string) (Ledger, error)

	// Store is where a store is or may be, as it is carried elsewhere; nil if this
	// kind cannot be. marks is the folder for the marks of runs.
	Store func(where, marks string) (ledger.Store, error)

	// Alone says that other processes cannot open the store: the suites with
	// several processes are skipped.
	Alone bool

	// Lease is how long a run counts as alive after its process was killed; 0
	// if it counts as dead at once.
	Lease time.Duration
}

// Ledger is an open ledger, as the suites use it. It is safe for concurrent use.
type Ledger interface {
	Platform(ctx context.Context, id, address string) (Book, error)
	Check(context.Context) error // that it can be read and written
	Close() error
}

// Book is a book with what an import does not need of it.
type Book interface {
	ledger.Book
	ledger.Memory
	Begin(context.Context, ledger.RunInfo) (ledger.Begun, error)
	AskStop(context.Context) (runs int, err error)
	OfRun(ctx context.Context, run int64) iter.Seq2[ledger.Entry, error]
	Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error)
	Totals(context.Context) (map[ledger.State]int, error)
}

// Exports is a book that remembers what downloads have written. One that is none
// is not asked for it.
type Exports interface {
	SaveExport(context.Context, []ledger.Exported) error
	Exported(ctx context.Context, subs []string) (map[string]ledger.Exported, error)
	ExportCount(context.Context) (int, error)
	ExportedSubs(context.Context) iter.Seq2[string, error]
}

// store opens the store at where, or a fresh one.
func (k Kind) store(tb testing.TB, where string) (string, Ledger) {
	tb.Helper()
	if where == "" {
		where = k.Fresh(tb)
	}
	l, err := k.Open(tb.Context(), where)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return where, l
}

// open opens the store at where, or a fresh one, and the book of one platform.
func (k Kind) open(tb testing.TB, where string) (string, Book) {
	tb.Helper()
	where, l := k.store(tb, where)
	book, err := l.Platform(tb.Context(), PlatformID, PlatformURL)
	if err != nil {
		tb.Fatal(err)
	}
	return where, book
}

func begin(tb testing.TB, book Book) ledger.Begun {
	tb.Helper()
	run, err := book.Begin(tb.Context(), ledger.RunInfo{File: "accounts.csv", Rows: 10, Version: "test"})
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

func mustDo(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
