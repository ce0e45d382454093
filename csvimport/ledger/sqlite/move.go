package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
)

// Copy copies a ledger to a file that is not there yet, and compares the two. Runs
// may go on meanwhile, and wait as long as it takes. The copy is the same ledger
// as it was then: an import with it finds that it is a copy (LossCopied,
// LossUnknown).
func Copy(ctx context.Context, from, to string, o Options) error {
	_, err := transfer(ctx, from, to, o, nil)
	return err
}

// Move is Copy, after which the old file is closed: whoever opens it is told where
// the ledger went (ErrGone). It fails if a run goes on. The marks in a folder of
// this machine are taken away, so that nobody misses the ledger here; Adopt makes
// them anew where it is used from now on.
//
// If it is broken off, calling it again brings it to its end. At no moment can the ledger
// be used at both places.
func Move(ctx context.Context, from, to, marks string, o Options) error {
	to, err := place(to, false)
	if err != nil {
		return wrapAt(to, err)
	}
	if done, err := went(ctx, from, to, o); done || err != nil {
		return err
	}
	books, err := transfer(ctx, from, to, o, func(l *Ledger, conn *sql.Conn) error {
		rows, err := conn.QueryContext(ctx, queryOpenRuns)
		if err != nil {
			return err
		}
		if err := l.idle(numbersOf(rows)); err != nil {
			return err
		}
		// Under another id it is no copy of the ledger any more.
		_, err = conn.ExecContext(ctx, `UPDATE self SET id = lower(hex(randomblob(8))), moved_to = ?`, to)
		return err
	})
	if err != nil || marks == "" {
		return err
	}
	for _, b := range books {
		err = errors.Join(err, b.place(marks).Forget())
	}
	return err
}

// idle fails if one of these runs goes on.
func (l *Ledger) idle(open []int64, err error) error {
	if len(l.lives.of(open, true)) > 0 {
		return &ledger.Error{Where: l.path, Err: ledger.ErrLocked, Hint: hintLocked}
	}
	return err
}

// went reports whether the ledger of a file was moved to another already.
func went(ctx context.Context, path, to string, o Options) (bool, error) {
	l, err := openThere(ctx, path, o)
	if err == nil {
		return false, l.Close()
	}
	e, ok := errors.AsType[*ledger.Error](err)
	if !ok || !errors.Is(err, ledger.ErrGone) {
		return false, err
	}
	where, asked := movedTo(ctx, e.Where)
	if asked != nil || where != to {
		return false, cmp.Or(asked, err)
	}
	_, named := os.Lstat(to)
	if _, err := os.Lstat(to + unnamed); err == nil && errors.Is(named, fs.ErrNotExist) { // broken off in between
		return true, wrapAt(to, lockfile.Replace(to+unnamed, to))
	}
	return true, nil
}

// movedTo is where the ledger of a file went, empty if it is there.
func movedTo(ctx context.Context, path string) (where string, err error) {
	db, err := dial(path)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT moved_to FROM self`).Scan(&where)
	return where, wrapAt(path, err)
}

// openThere opens a ledger that has to be there.
func openThere(ctx context.Context, path string, o Options) (*Ledger, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, wrapAt(path, err)
	}
	return Open(ctx, path, o)
}

// dial opens a connection of its own to a ledger's file.
func dial(path string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn(path, fmt.Sprintf("busy_timeout(%d)", lockPatience.Milliseconds()), "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)"))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(2)
	return db, nil
}

// unnamed is after the name of a copy that has not come to have its name.
const unnamed = ".part"

// transfer copies a ledger while nobody writes to it, and compares. Once the copy is
// durable, last changes what it was copied from, and then the copy has its name. It
// returns the books there are.
func transfer(ctx context.Context, from, to string, o Options, last func(*Ledger, *sql.Conn) error) ([]*Book, error) {
	l, err := openThere(ctx, from, o)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	if to, err = place(to, false); err != nil {
		return nil, wrapAt(to, err)
	}
	if _, err := os.Lstat(to); err == nil {
		return nil, &ledger.Error{Where: to, Err: fs.ErrExist, Hint: "name a file that is not there yet"}
	}
	books, err := l.books(ctx)
	if err != nil {
		return nil, err
	}
	db, err := dial(l.path)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return nil, l.wrap(err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) // of what was not committed
	part := to + unnamed
	if err = wrapAt(to, copyTo(ctx, db, part)); err == nil && last != nil {
		err = last(l, conn)
	}
	if err != nil {
		os.Remove(part)
		return nil, l.wrap(err)
	}
	if _, err := conn.ExecContext(ctx, `COMMIT`); err != nil { // which may have been done
		return nil, l.wrap(err)
	}
	return books, wrapAt(to, lockfile.Replace(part, to))
}

// copyTo writes what a ledger has into a new file: whole, durable and the same.
func copyTo(ctx context.Context, db *sql.DB, part string) error {
	os.Remove(part)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		return err
	}
	if err := same(ctx, db, part); err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), lockfile.SyncDir(filepath.Dir(part)))
}

// same compares a ledger with its copy.
func same(ctx context.Context, db *sql.DB, path string) error {
	other, err := dial(path)
	if err != nil {
		return err
	}
	defer other.Close()
	var said string
	if err := other.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return err
	}
	want, err := digest(ctx, db)
	if err != nil {
		return err
	}
	got, err := digest(ctx, other)
	if err != nil {
		return err
	}
	if said != "ok" || got != want {
		return &ledger.Error{Where: path, Err: errors.New("the copy is not the same"), Hint: "check the disk", Cause: errors.New(said)}
	}
	return nil
}

// digest is a hash over all rows of a ledger.
func digest(ctx context.Context, db *sql.DB) (string, error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range tables {
		if err := hashTable(ctx, db, name, h); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashTable(ctx context.Context, db *sql.DB, name string, h hash.Hash) error {
	rows, err := db.QueryContext(ctx, `SELECT * FROM "`+name+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		fmt.Fprintf(h, "%q\n", values)
	}
	fmt.Fprintf(h, "%s: %d\n", name, n)
	return rows.Err()
}

// Adopt makes this machine vouch for a ledger from now on, in the folder that runs
// leave their marks in: for one that was moved here, or whose marks are gone, and
// only if a person knows that no other copy of it is used. One that this machine
// knows to be a copy, or in whose place another was lost, is refused with
// ErrReplaced.
func Adopt(ctx context.Context, path, marks string, o Options) error {
	l, err := openThere(ctx, path, o)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.vouched(ctx, marks)
}

// vouched makes this machine vouch for the ledger.
func (l *Ledger) vouched(ctx context.Context, marks string) error {
	books, err := l.books(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(marks, 0o700); err != nil {
		return wrapAt(marks, err)
	}
	for _, b := range books {
		if err := b.adopt(ctx, marks); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) adopt(ctx context.Context, marks string) error {
	loss, err := b.Loss(ctx, marks)
	switch {
	case err != nil || loss == ledger.Sound:
		return err
	case loss != ledger.LossUnknown:
		return &ledger.Error{Where: b.l.path, Err: ledger.ErrReplaced, Hint: "an import asks when anybody last imported", Cause: errors.New(loss.String())}
	}
	place := b.place(marks)
	unlock, err := place.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return b.turn(ctx, place, true, func(t *tx) error {
		_, err := t.exec(`UPDATE run SET shaken = 0 WHERE platform = ? AND shaken = ?`, b.n, int(ledger.LossUnknown))
		return err
	}, func(map[int64]time.Time) {})
}

// books are the books of all platforms.
func (l *Ledger) books(ctx context.Context) (all []*Book, err error) {
	platforms, err := l.Platforms(ctx)
	for _, p := range platforms {
		b, err := l.Book(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, err
}
