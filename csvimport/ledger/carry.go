package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"time"
)

// Piece is one thing that a ledger holds, on its way into another ledger. One of its
// fields is set. What is a platform's comes after it, before the next platform: runs,
// the oldest first, entries of all generations in the order of their intents, events
// in the order in which they happened, sightings and exports in any.
type Piece struct {
	Platform *PlatformPiece
	Run      *RunInfo
	Entry    *Entry
	Event    *EventPiece
	Sighting *Sighting
	Exported *Exported
}

// PlatformPiece is what a ledger remembers of a platform itself.
type PlatformPiece struct {
	ID        string
	Known     time.Time
	Proved    bool
	Evidence  Evidence
	Addresses []AddressPiece
}

// AddressPiece is an address that a platform was reached at.
type AddressPiece struct {
	URL   string
	Known time.Time
}

// EventPiece is an event of a subscription's story.
type EventPiece struct {
	Sub string
	Event
}

// Store is where a ledger is kept, or may be. It opens what it needs.
type Store interface {
	// Where is the ledger's file or address.
	Where() string

	// Give lets take go over all that the ledger holds, any number of times, while
	// nobody writes to it. If take succeeds the ledger is closed: whoever opens it
	// is told that it is at another place (ErrGone); else it stays as it was. It
	// fails with ErrLocked if a run goes on, and with ErrReplaced if this ledger may
	// not be the last word. Where it is closed for that place already, take is not
	// called.
	Give(ctx context.Context, to string, take func(iter.Seq2[Piece, error]) error) error

	// Receive makes a ledger of pieces, all or none, reads it back and compares. It
	// cannot be used before Arrived: whoever opens it is told that it is still where
	// it came from. It fails with ErrNotEmpty if there is a ledger, unless that says
	// that it is at from: it has not arrived, or went there before.
	Receive(ctx context.Context, from string, pieces iter.Seq2[Piece, error]) (Tally, error)

	// Arrived makes what was received there the ledger, for which this machine
	// vouches. Of one that has arrived already it changes nothing.
	Arrived(ctx context.Context, from string) error
}

// Carry brings a ledger to another place, of whatever kind, and closes it where it
// was. At no moment can both be used. If it is broken off, calling it again brings it
// to its end; what was carried then is told only if that was done in this call.
func Carry(ctx context.Context, from, to Store) (carried Tally, err error) {
	err = from.Give(ctx, to.Where(), func(pieces iter.Seq2[Piece, error]) (err error) {
		carried, err = to.Receive(ctx, from.Where(), pieces)
		return err
	})
	if err != nil {
		return Tally{}, err
	}
	return carried, to.Arrived(ctx, from.Where())
}

// Tally is how many pieces there are, with a checksum over all that they tell.
type Tally struct {
	Platforms, Runs, Entries, Events, Sightings, Exports int

	sum [4]uint64
}

// Add counts a piece. The order counts too, but for sightings and exports.
func (t *Tally) Add(p Piece) error {
	switch {
	case p.Platform != nil:
		t.Platforms++
		t.add(t.Platforms, *p.Platform)
	case p.Run != nil:
		t.Runs++
		t.add(t.Runs, *p.Run)
	case p.Entry != nil:
		t.Entries++
		t.add(t.Entries, *p.Entry)
	case p.Event != nil:
		t.Events++
		t.add(t.Events, *p.Event)
	case p.Sighting != nil:
		t.Sightings++
		t.add(t.Platforms, *p.Sighting)
	case p.Exported != nil:
		t.Exports++
		t.add(t.Platforms, *p.Exported)
	default:
		return errors.New("ledger: an empty piece")
	}
	return nil
}

// add adds a hash of what is told to the sum. Its values are written as in Go, which
// tells any two apart.
func (t *Tally) add(n int, what any) {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %#v", n, what))
	carry := uint64(0)
	for i := range t.sum {
		t.sum[i], carry = bits.Add64(t.sum[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
}

// Counted is pieces as they are, counted on their way: t is what they were once all
// have come.
func (t *Tally) Counted(pieces iter.Seq2[Piece, error]) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		*t = Tally{}
		for p, err := range pieces {
			if err == nil {
				err = t.Add(p)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// Compare fails if pieces are not those that were counted.
func (t *Tally) Compare(where string, pieces iter.Seq2[Piece, error]) error {
	var got Tally
	for _, err := range got.Counted(pieces) {
		if err != nil {
			return err
		}
	}
	if got != *t {
		return &Error{Where: where, Err: errors.New("what was written is not what was read back"), Hint: "nothing was changed; check the disk, and start the same command again",
			Cause: fmt.Errorf("%+v, not %+v", got, *t)}
	}
	return nil
}

// Unsound is why a ledger cannot be carried elsewhere: its loss, or err, by which
// that could not be told. What may have been lost has to be asked about here, by an
// import: once carried, nothing would show it.
func Unsound(where string, loss Loss, err error) error {
	if err != nil {
		return err
	}
	return &Error{Where: where, Err: ErrReplaced, Hint: "import with it first: that asks when anybody last imported", Cause: errors.New(loss.String())}
}
