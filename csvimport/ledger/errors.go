package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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
	ErrOtherPlatform = errors.New("another platform answers at this address than the ledger knows")
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
	Path  string // the ledger's file
	Err   error  // one of the errors above, or what else went wrong
	Hint  string // what to do, empty if that is not known
	Cause error  // what SQLite or the operating system said, nil if there is no more to say
}

func (e *Error) Error() string { return fmt.Sprintf("ledger %s: %v", e.Path, e.Err) }

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

// refusal is nil if there is no conflict.
func (c *Conflict) refusal() error {
	if len(c.Unwrap()) == 0 {
		return nil
	}
	return refusal{c}
}

const (
	hintDamaged  = "move it and its -wal file away and start again: the platform is listed before anything is placed, so that no order is placed twice"
	hintLocked   = "wait until the other run has ended, or stop it"
	hintFull     = "free some space; what was recorded so far is safe"
	hintWritable = "check the rights on the folder, or name another file with --ledger"
	hintNewer    = "use the newer version"
	hintLocal    = "keep the ledger on a local disk, not on a network drive"
	hintMoved    = "start the same command again: the platform is listed before anything is placed"
	hintOther    = "check the address; for another or a reinstalled platform name another file with --ledger"
)

// wrap turns what SQLite or the operating system said into words. A context's
// own error stays what it is.
func (l *Ledger) wrap(err error) error { return wrapAt(l.path, err) }

func wrapAt(path string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	e := &Error{Path: path, Cause: err}
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		if se.Code() == sqlite3.SQLITE_INTERRUPT { // only contexts interrupt
			return context.Canceled
		}
		e.Hint, e.Err = sqliteWords(se.Code())
		return e
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		e.Err, e.Hint = ErrFull, hintFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Err, e.Hint = ErrNotWritable, hintWritable
	default:
		e.Err, e.Cause = err, nil
	}
	return e
}

// sqliteWords says what a result code of SQLite means for a ledger, and what to
// do about it (https://www.sqlite.org/rescode.html).
func sqliteWords(code int) (hint string, err error) {
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT:
		return hintDamaged, ErrDamaged
	case sqlite3.SQLITE_NOTADB:
		return hintDamaged, fmt.Errorf("%w, or it never was a ledger", ErrDamaged)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return hintLocked, ErrLocked
	case sqlite3.SQLITE_FULL:
		return hintFull, ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return hintWritable, ErrNotWritable
	case sqlite3.SQLITE_IOERR:
		if code == sqlite3.SQLITE_IOERR_FSYNC || code == sqlite3.SQLITE_IOERR_DIR_FSYNC {
			return "check the disk; whatever was not confirmed is looked up on the platform by the next run", errors.New("the disk could not confirm that it wrote the data")
		}
		return "check the disk and its free space", errors.New("the disk could not be read or written")
	case sqlite3.SQLITE_NOMEM:
		return "", errors.New("there is not enough memory")
	}
	return "", fmt.Errorf("SQLite failed (code %d)", code)
}
