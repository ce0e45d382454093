package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
)

const (
	hintDamaged  = "move it and its -wal file away and start again: the platform is listed before anything is placed, so that no order is placed twice"
	hintLocked   = "wait until the other run has ended, or stop it"
	hintFull     = "free some space; what was recorded so far is safe"
	hintWritable = "check the rights on the folder, or name another file"
	hintNewer    = "use the newer version"
	hintLocal    = "keep the ledger on a local disk, not on a network drive"
	hintMoved    = "start the same command again: the platform is listed before anything is placed"
	hintOther    = "check the address; for another or a reinstalled platform name another file"
	hintReplaced = "keep one ledger in one place, and start again"
)

// gone is a ledger that was moved to another file.
func gone(path, to string) error {
	return &ledger.Error{Where: path, Err: ledger.ErrGone, Hint: "it is " + to + " now"}
}

// wrapAt turns what SQLite or the operating system said into words. A context's
// own error stays what it is.
func wrapAt(path string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*ledger.Error](err); ok {
		return err
	}
	e := &ledger.Error{Where: path, Cause: err}
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		if se.Code() == sqlite3.SQLITE_INTERRUPT { // only contexts interrupt
			return context.Canceled
		}
		e.Hint, e.Err = sqliteWords(se.Code())
		return e
	}
	switch {
	case machine.DiskFull(err):
		e.Err, e.Hint = ledger.ErrFull, hintFull
	case errors.Is(err, fs.ErrPermission), machine.DiskReadOnly(err):
		e.Err, e.Hint = ledger.ErrNotWritable, hintWritable
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
		return hintDamaged, ledger.ErrDamaged
	case sqlite3.SQLITE_NOTADB:
		return hintDamaged, fmt.Errorf("%w, or it never was a ledger", ledger.ErrDamaged)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return hintLocked, ledger.ErrLocked
	case sqlite3.SQLITE_FULL:
		return hintFull, ledger.ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return hintWritable, ledger.ErrNotWritable
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

// refusal is an error of one job alone, said when the transaction is durable.
// Any other error of a job undoes the transaction and ends all writing.
type refusal struct{ error }

func isLocked(err error) bool {
	se, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := se.Code() & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED || code == sqlite3.SQLITE_PROTOCOL
}
