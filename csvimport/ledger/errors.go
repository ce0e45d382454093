package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with a ledger. They come wrapped in an [*Error].
var (
	ErrDamaged       = errors.New("the file is damaged")
	ErrNotLedger     = errors.New("the file is something else, not a ledger")
	ErrNewer         = errors.New("the file was written by a newer version of this program")
	ErrLocked        = errors.New("another process keeps the file locked")
	ErrFull          = errors.New("the disk is full")
	ErrNotWritable   = errors.New("the file or its folder cannot be written")
	ErrMoved         = errors.New("the file was moved or deleted while it was in use")
	ErrClosed        = errors.New("the ledger is closed")
	ErrGone          = errors.New("the ledger was moved to another place")
	ErrReplaced      = errors.New("it was put back or is used elsewhere too")
	ErrAbsent        = errors.New("there is none there yet")
	ErrNotEmpty      = errors.New("something is there already")
	ErrOtherPlatform = errors.New("another platform answers at this address than the ledger knows")

	// ErrElsewhere is a run on the same platform with another ledger, which
	// neither would know the orders of.
	ErrElsewhere = errors.New("another import on this platform is running with another ledger")
)

// What can be wrong with a single write. They leave the ledger as it was.
var (
	ErrHeld     = errors.New("another run that is still alive is at work on it")
	ErrOrdered  = errors.New("an order exists for it, which the new state would forget")
	ErrUnknown  = errors.New("the ledger has no entry for it")
	ErrRunEnded = errors.New("the run has ended")
)

// Error is a ledger that cannot be used, in words for the person whose ledger
// it is. It wraps one of the errors above and the cause below it.
type Error struct {
	Where string // the ledger's file or address
	Err   error  // one of the errors above, or what else went wrong
	Hint  string // what to do, empty if that is not known
	Cause error  // what the system below it said, nil if there is no more to say
}

func (e *Error) Error() string { return fmt.Sprintf("ledger %s: %v", e.Where, e.Err) }

// Unwrap returns what is wrong and its cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.Cause}
}

// Conflict names the entries that a write left as they were, because they are
// not its to change. It wraps ErrHeld, ErrOrdered or ErrUnknown, whichever
// there are.
type Conflict struct {
	Held    []string // subscriptions that another live run is at work on
	Ordered []string // subscriptions with an order that the new state would forget
	Unknown []string // subscriptions without an entry
}

// Add names a subscription whose write a rule has refused with err.
func (c *Conflict) Add(sub string, err error) {
	switch err {
	case ErrHeld:
		c.Held = append(c.Held, sub)
	case ErrOrdered:
		c.Ordered = append(c.Ordered, sub)
	case ErrUnknown:
		c.Unknown = append(c.Unknown, sub)
	}
}

// Err returns the conflict, or nil if it names nothing.
func (c *Conflict) Err() error {
	if len(c.Held)+len(c.Ordered)+len(c.Unknown) == 0 {
		return nil
	}
	return c
}

func (c *Conflict) Error() string {
	var parts []string
	for _, p := range []struct {
		err  error
		subs []string
	}{{ErrHeld, c.Held}, {ErrOrdered, c.Ordered}, {ErrUnknown, c.Unknown}} {
		switch n := len(p.subs); {
		case n == 1:
			parts = append(parts, fmt.Sprintf("%s: %v", p.subs[0], p.err))
		case n > 1:
			parts = append(parts, fmt.Sprintf("%s and %d more: %v", p.subs[0], n-1, p.err))
		}
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns the sentinel of each kind of conflict there is.
func (c *Conflict) Unwrap() []error {
	var errs []error
	if len(c.Held) > 0 {
		errs = append(errs, ErrHeld)
	}
	if len(c.Ordered) > 0 {
		errs = append(errs, ErrOrdered)
	}
	if len(c.Unknown) > 0 {
		errs = append(errs, ErrUnknown)
	}
	return errs
}
