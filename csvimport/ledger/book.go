package ledger

import (
	"context"
	"iter"
)

// Book is what a ledger knows of the orders on one platform. It is safe for
// concurrent use. Its errors are an [*Error], or that of the context.
type Book interface {
	// Find looks up the latest generation of each subscription, of any number
	// of them. Those without an entry are not in the map.
	Find(ctx context.Context, subs []string) (map[string]Entry, error)

	// FindAll looks up all generations of each subscription, the oldest first.
	// Those without an entry are not in the map.
	FindAll(ctx context.Context, subs []string) (map[string][]Entry, error)

	// Entries goes over the latest generations in these states, of all if none
	// is given, in the order in which they were first intended. Writes may go
	// on meanwhile: each entry comes at most once, as it is when its turn comes,
	// unless it is in none of the states by then. Iteration ends with the first
	// error.
	Entries(ctx context.Context, states ...State) iter.Seq2[Entry, error]

	// Sightings looks up the orders of these subscriptions to which no entry is
	// bound, the oldest first; those of all if none is given.
	Sightings(ctx context.Context, subs ...string) (map[string][]Sighting, error)
}

// Kept is whether a platform keeps the references that orders are sent with.
type Kept uint8

const (
	KeptUnknown Kept = iota
	KeptYes
	KeptNo
)

// Memory is what a ledger remembers of a platform itself. It is safe for
// concurrent use. Its errors are an [*Error], or that of the context.
type Memory interface {
	// Ledger tells this ledger from others.
	Ledger() string

	// Evidence returns what the platform has been seen to show.
	Evidence(context.Context) (Evidence, error)

	// Amend changes it: change is given what the ledger has then, under its
	// lock, and what it makes of that is durable when Amend returns it. It may be
	// called more than once and must do nothing else.
	Amend(ctx context.Context, change func(*Evidence)) (Evidence, error)

	// Acknowledge remembers that a person knows of the sightings of a
	// subscription.
	Acknowledge(ctx context.Context, sub string) error
}
