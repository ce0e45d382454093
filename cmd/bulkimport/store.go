package main

import (
	"context"
	"iter"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/sqlite"
	"bulkimport/csvimport/session"
)

// ledgerBook is one platform's part of a ledger, as commands use it.
type ledgerBook interface {
	session.Book
	ID() string
	Alive(run int64) bool
	Loss(ctx context.Context, marks string) (ledger.Loss, error)
	OfRun(ctx context.Context, run int64) iter.Seq2[ledger.Entry, error]
	Runs(ctx context.Context, limit int) ([]ledger.RunInfo, error)
	SaveExport(context.Context, []ledger.Exported) error
	Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error)
	Totals(context.Context) (map[ledger.State]int, error)
}

// ledgerStore is an open ledger, of whatever kind.
type ledgerStore interface {
	Platform(ctx context.Context, id, address string) (ledgerBook, error)
	BookAt(ctx context.Context, address string) (ledgerBook, error) // nil if there is none
	Book(ctx context.Context, id string) (ledgerBook, error)        // nil if there is none
	Platforms(context.Context) ([]ledger.PlatformInfo, error)
	AskStop(context.Context) (runs int, err error)
	Check(context.Context) error
	Close() error
}

// storeOf is a kind of ledger, whose books are of a type of their own.
type storeOf[B ledgerBook] interface {
	Platform(ctx context.Context, id, address string) (B, error)
	BookAt(ctx context.Context, address string) (B, error)
	Book(ctx context.Context, id string) (B, error)
	Platforms(context.Context) ([]ledger.PlatformInfo, error)
	AskStop(context.Context) (runs int, err error)
	Check(context.Context) error
	Close() error
}

// anyStore makes a ledger of one kind one of any.
type anyStore[B interface {
	ledgerBook
	comparable
}] struct{ storeOf[B] }

func (s anyStore[B]) Platform(ctx context.Context, id, address string) (ledgerBook, error) {
	return anyBook(s.storeOf.Platform(ctx, id, address))
}

func (s anyStore[B]) BookAt(ctx context.Context, address string) (ledgerBook, error) {
	return anyBook(s.storeOf.BookAt(ctx, address))
}

func (s anyStore[B]) Book(ctx context.Context, id string) (ledgerBook, error) {
	return anyBook(s.storeOf.Book(ctx, id))
}

func anyBook[B interface {
	ledgerBook
	comparable
}](b B, err error) (ledgerBook, error) {
	var none B
	if b == none || err != nil {
		return nil, err
	}
	return b, nil
}

// openExisting opens the ledger of the settings, a file or a database, where there is
// one.
func (e *env) openExisting(ctx context.Context, s *settings) (ledgerStore, error) {
	if !postgres.Is(s.ledger) {
		return e.openStore(ctx, s)
	}
	o, err := e.sharedOptions(s)
	if err != nil {
		return nil, err
	}
	o.Existing = true
	l, err := postgres.Open(ctx, s.ledger, o)
	if err != nil {
		return nil, err
	}
	return anyStore[*postgres.Book]{l}, nil
}

// openStore opens the ledger of the settings, a file or a database.
func (e *env) openStore(ctx context.Context, s *settings) (ledgerStore, error) {
	if !postgres.Is(s.ledger) {
		l, err := sqlite.Open(ctx, s.ledger, sqlite.Options{})
		if err != nil {
			return nil, err
		}
		return anyStore[*sqlite.Book]{l}, nil
	}
	l, err := e.openShared(ctx, s)
	if err != nil {
		return nil, err
	}
	return anyStore[*postgres.Book]{l}, nil
}

// openShared opens a ledger in a database.
func (e *env) openShared(ctx context.Context, s *settings) (*postgres.Ledger, error) {
	o, err := e.sharedOptions(s)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, s.ledger, o)
}

// ledgerLease is set by the linker, for tests in which runs are killed: how long a run
// is known to go on without a word from it. Empty is the ledger's default.
var ledgerLease string

// sharedOptions are those of the settings for a database.
func (e *env) sharedOptions(s *settings) (o postgres.Options, err error) {
	if ledgerLease != "" {
		if o.Lease, err = time.ParseDuration(ledgerLease); err != nil {
			return o, err
		}
	}
	o.Patience = e.patience
	if s.ledgerPasswordFile == "" {
		return o, nil
	}
	if o.Password, err = e.secretFile(s.ledgerPasswordFile, "profile "+s.profile); err == nil {
		e.veil.cover(o.Password)
	}
	return o, err
}
