package ledger

import (
	"context"
	"sync/atomic"
	"time"
)

// RunInfo is one run of an import.
type RunInfo struct {
	ID       int64
	File     string // the input's name
	FileHash string
	Rows     int
	Started  time.Time
	Ended    time.Time // zero if it goes on, or was killed
	Host     string
	Operator string // the person who began it, as the machine or the service knows them; empty if nobody told
	PID      int
	Version  string // of the program
	Said     string // what a person said for this run, in words, with who and when; empty if nothing
	Outcome  string // what the caller gave at its end; Killed if another run found it dead

	// Marks is a folder for the mark of the run that outlives its ledger: if
	// that is lost after the run was killed, the next run's ledger may have lost
	// its tail, and two runs with two ledgers are kept apart (ErrElsewhere).
	// Empty leaves none.
	Marks string
}

// Killed is the outcome of a run that another one found dead.
const Killed = "killed"

// Run is a run that goes on, as the importer uses it. It is safe for concurrent
// use.
//
// What goes wrong with a write is a [*Conflict], which leaves some entries as
// they were and the run as able as before; misuse, which is an error without a
// type; the context's error; ErrRunEnded; or an [*Error], after which the run
// cannot rely on the ledger any more and has to stop before its next order.
type Run interface {
	// ID returns the run's number, which no other run of this ledger ever had.
	ID() int64

	// Alive reports whether a run of this ledger goes on, in this process or
	// another. A run that cannot be told dead is alive.
	Alive(run int64) bool

	// Ended reports whether a run is proved to have ended: it has said so, or its
	// process is gone from the machine that looked. One that was only not heard of
	// for long may be asleep, and go on where it was: what it was granted it may write
	// then. False where it cannot be told.
	Ended(run int64) bool

	// MaySend reports whether the run may write a request now: it is still known
	// to everybody as alive, and will be for as long as a request takes to be
	// written. It is cheap, and asked at the last moment before the wire. Where
	// it is false now it may be true again later.
	MaySend() bool

	// Alongside is what the ledger knows of the runs on the platform, as it said a few
	// seconds ago at most. It is cheap.
	Alongside() Alongside

	// Stopping is closed once somebody has asked all runs of the ledger to stop.
	Stopping() <-chan struct{}

	// Sighted remembers orders to which no entry is bound. Of one that is known
	// already number and status are brought up to date, the rest stays.
	Sighted(ctx context.Context, orders ...Sighting) error

	// Intend makes the intent to send e durable and claims its subscription for
	// the run, if Grant allows it. It returns the entry as the ledger has it
	// then, and whether it was granted; if not, the entry is as it was.
	//
	// It returns only once the intent is durable. Many may call it at once and
	// share one sync. If ctx ends while it waits for its turn nothing is
	// written; after that it finishes, so that an intent is never durable
	// without being granted.
	Intend(ctx context.Context, e Entry) (Entry, bool, error)

	// Record makes the new states of entries durable, all in one transaction:
	// outcomes, ends, doubts, the proof that there is no order (NotSent). An
	// entry that is not there is added; that is how an order found on the
	// platform is adopted. A note that is not empty goes into the story of each.
	// Those that have to stay as they were, as Outcome says, are named in the
	// [*Conflict] (ErrHeld, ErrOrdered); all others have been recorded.
	//
	// The caller who must not lose an outcome passes a context that is not
	// cancelled with the run's.
	Record(ctx context.Context, note string, entries ...Entry) error

	// Recording is Record, without a note, for one who need not wait for it
	// before going on: the entry is queued when it returns, ahead of whatever is
	// written after that by anyone. Once it is durable, or cannot be, done is
	// called once with what Record would return; it must not wait for other
	// writes.
	Recording(e Entry, done func(error))

	// Take takes the latest generation of a subscription over from a run that
	// has died, as TakeOver says; now is the platform's time. It returns the
	// entry as the ledger has it then, and whether it is this run's: false if
	// its run is alive, or there is nothing to take over or no entry. What is
	// this run's own already is taken.
	Take(ctx context.Context, sub string, now time.Time) (Entry, bool, error)

	// TakeOver is Take for every entry, of all generations, that belongs to a
	// run that has died, in one transaction.
	TakeOver(ctx context.Context, now time.Time) error

	// Reopen opens a new generation, not sent yet, for each subscription, as
	// Reopen says, all in one transaction or none. It fails with a [*Conflict]
	// (ErrUnknown, ErrHeld, ErrOrdered) if one of them cannot be opened again.
	Reopen(ctx context.Context, subs []string) error
}

// Alongside is what holds for all runs of a ledger on one platform, which has one limit
// for all of them.
type Alongside struct {
	Runs        int       // that go on and have rows to place, this one among them: at least 1
	PausedUntil time.Time // as Evidence has it
	SilentAt    time.Time // as Evidence has it
}

// Told is what a run was told last of all runs. The zero value is that it is alone. It is
// safe for concurrent use.
type Told struct{ last atomic.Pointer[Alongside] }

// Alongside is what was told last.
func (t *Told) Alongside() Alongside {
	if a := t.last.Load(); a != nil {
		return *a
	}
	return Alongside{Runs: 1}
}

// Tell takes how many other runs there are, and what the platform has been seen to show.
func (t *Told) Tell(others int, e Evidence) {
	t.last.Store(&Alongside{Runs: 1 + others, PausedUntil: e.PausedUntil, SilentAt: e.SilentAt})
}

// Begun is a run in the hands of the one who began it.
type Begun interface {
	Run

	// Said keeps what a person said for the run, as RunInfo.Said.
	Said(ctx context.Context, words string) error

	// End ends the run: what it still holds may be taken over by others. It does
	// so even if the ledger cannot note the outcome any more.
	End(ctx context.Context, outcome string) error
}

// Doubtful is a run of a ledger that may not be the last word: the file may have
// been copied, put back or lost, and orders may exist of which it knows nothing.
type Doubtful interface {
	// Loss is what is wrong with the ledger. It stays so, for later runs too,
	// until a run has called Trusted and ended.
	Loss() Loss

	// Trusted says that the platform has been looked through for such orders,
	// after a person said when somebody last imported there.
	Trusted(context.Context) error
}
