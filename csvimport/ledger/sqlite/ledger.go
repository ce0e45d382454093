package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
)

// smallEnough is the size up to which a ledger whose last run was killed is read
// through on opening. That takes some 4 ms per MB; damage in a larger one shows
// when it is met.
const smallEnough = 64 << 20

// Ledger is an open ledger. It is safe for concurrent use, and several processes
// may have the same file open.
type Ledger struct {
	machine machine.Machine
	self    string // tells this ledger from others
	torn    bool   // the log was, when it was opened
	w       *writer
	lives   *lives
	*reader
}

// Options say how a ledger is opened. The zero value is the default.
type Options struct {
	Machine machine.Machine // the computer it is on, default this one
}

// Open opens the ledger at path, which it creates, with its folder, if there is
// none. What a crash left half written at the end is mended by SQLite; any other
// damage is refused with ErrDamaged. While another process has the file locked
// it waits until ctx ends, half a minute at most, and fails with ErrLocked.
//
// The file and those beside it hold customer data and are readable by their
// owner alone.
func Open(ctx context.Context, path string, o Options) (*Ledger, error) {
	return open(ctx, path, "", o)
}

// open is Open, also of a ledger that was carried here from a place and has not
// arrived.
func open(ctx context.Context, path, from string, o Options) (*Ledger, error) {
	if o.Machine == nil {
		o.Machine = machine.Local()
	}
	path, err := place(path, true)
	if err != nil {
		return nil, wrapAt(path, err)
	}
	writing, err := sqlite.NewConnector(dsn(path, "busy_timeout(0)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
		"trusted_schema(0)", "cell_size_check(1)", "cache_size(-6000)", "wal_autocheckpoint(2000)"))
	if err != nil {
		return nil, wrapAt(path, err)
	}
	reading, err := sqlite.NewConnector(dsn(path, fmt.Sprintf("busy_timeout(%d)", lockPatience.Milliseconds()), "query_only(1)",
		"trusted_schema(0)", "cell_size_check(1)", "cache_size(-2000)"))
	if err != nil {
		return nil, wrapAt(path, err)
	}
	torn := tornLog(path + "-wal")
	db, conn, err := connect(ctx, path, writing)
	if err != nil {
		return nil, wrapAt(path, err)
	}
	file, err := os.Stat(path)
	if err != nil {
		db.Close()
		return nil, wrapAt(path, err)
	}
	texts := newTexts()
	l := &Ledger{
		machine: o.Machine, torn: torn, lives: newLives(path),
		w: startWriter(path, file, db, conn, texts), reader: newReader(path, sql.OpenDB(reading), texts),
	}
	if err := l.checkAfterCrash(ctx); err != nil {
		l.Close()
		return nil, l.wrap(err)
	}
	var movedTo string
	err = l.db.QueryRowContext(ctx, `SELECT id, moved_to FROM self`).Scan(&l.self, &movedTo)
	if err == nil && movedTo != "" && movedTo != from {
		err = gone(path, movedTo)
	}
	if err != nil {
		l.Close()
		return nil, l.wrap(err)
	}
	return l, nil
}

// dsn is the URI of the file: a plain name could not hold a question mark.
func dsn(path string, pragmas ...string) string {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/…
	}
	query := url.Values{"_pragma": pragmas, "_dqs": {"0"}, "_error_rc": {"1"}, "_defensive": {"1"}}
	return "file://" + (&url.URL{Path: name}).EscapedPath() + "?" + query.Encode()
}

// connect opens the writing connection and makes sure of the schema. Other
// processes may be at the same, or about to close.
func connect(ctx context.Context, path string, c driver.Connector) (*sql.DB, *sql.Conn, error) {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	deadline := time.Now().Add(lockPatience)
	for {
		conn, err := prepare(db, path)
		if err == nil {
			return db, conn, nil
		}
		if !isLocked(err) || time.Now().After(deadline) {
			db.Close()
			return nil, nil, err
		}
		select {
		case <-ctx.Done():
			db.Close()
			return nil, nil, &ledger.Error{Where: path, Err: ledger.ErrLocked, Hint: hintLocked, Cause: errors.Join(ctx.Err(), err)}
		case <-time.After(pollPause()):
		}
	}
}

func prepare(db *sql.DB, path string) (_ *sql.Conn, err error) {
	ctx := context.Background() // an interrupt in the middle would look like damage
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	version, err := recognise(ctx, conn, path)
	if err != nil {
		return nil, err
	}
	var mode string
	if err := conn.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
		return nil, err
	}
	if mode != "wal" {
		return nil, &ledger.Error{Where: path, Err: errors.New("this disk cannot hold a ledger"), Hint: hintLocal}
	}
	if version == schemaVersion {
		return conn, nil
	}
	return conn, create(ctx, conn, path)
}

// recognise returns the version of the schema, 0 for a new file. All is read in
// one transaction, since another process may be creating the ledger right now.
func recognise(ctx context.Context, conn *sql.Conn, path string) (int64, error) {
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return 0, err
	}
	defer conn.ExecContext(ctx, `ROLLBACK`)
	var app, version, tables int64
	for query, to := range map[string]*int64{
		`PRAGMA application_id`:              &app,
		`PRAGMA user_version`:                &version,
		`SELECT count(*) FROM sqlite_schema`: &tables,
	} {
		if err := conn.QueryRowContext(ctx, query).Scan(to); err != nil {
			return 0, err
		}
	}
	switch {
	case app == 0 && version == 0 && tables == 0:
		return 0, nil
	case app != applicationID:
		return 0, &ledger.Error{Where: path, Err: ledger.ErrNotLedger, Hint: "name another file"}
	case version > schemaVersion:
		return 0, &ledger.Error{Where: path, Err: ledger.ErrNewer, Hint: hintNewer}
	}
	return version, refuseForeign(ctx, conn, path)
}

// create writes the schema, or brings an older one up to date, unless another
// process was faster.
func create(ctx context.Context, conn *sql.Conn, path string) (err error) {
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			conn.ExecContext(ctx, `ROLLBACK`)
		}
	}()
	var version int64
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	steps := []string{schema}
	switch {
	case version > schemaVersion:
		return &ledger.Error{Where: path, Err: ledger.ErrNewer, Hint: hintNewer}
	case version > 0:
		steps = upgrades[version-1:]
	}
	for _, step := range append(steps, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)) {
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}

// checkAfterCrash reads a ledger through if the last run that used it was
// killed, maybe together with the machine.
func (l *Ledger) checkAfterCrash(ctx context.Context) error {
	runs, err := l.numbers(ctx, queryOpenRuns)
	if err != nil || len(l.lives.of(runs, false)) == 0 {
		return err
	}
	return l.quickCheck(ctx)
}

func (l *Ledger) quickCheck(ctx context.Context) error {
	if info, err := os.Stat(l.path); err != nil || info.Size() > smallEnough {
		return err
	}
	var said string
	if _, err := l.row(ctx, `PRAGMA quick_check(1)`, nil, &said); err != nil {
		return err
	}
	if said != "ok" {
		return &ledger.Error{Where: l.path, Err: ledger.ErrDamaged, Hint: hintDamaged, Cause: errors.New(said)}
	}
	return nil
}

// Close waits for the writes that were begun and closes the ledger. Runs that
// have not ended count as dead from then on.
func (l *Ledger) Close() error {
	l.lives.rest()
	l.w.close()
	open, err := l.reader.close()
	if open {
		l.lives.close()
	}
	return l.wrap(err)
}

// Path returns the file's full name. As long as the ledger is open this process
// must not open the file in any other way: closing it again would drop the locks
// by which processes keep out of each other's way (POSIX, fcntl(2)).
func (l *Ledger) Path() string { return l.path }

// Check writes to the ledger and, if it is not too large, reads it through.
func (l *Ledger) Check(ctx context.Context) error {
	err := l.w.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at`, millis(l.machine.Now()))
		return err
	})
	if err != nil {
		return err
	}
	return l.wrap(l.quickCheck(ctx))
}

// Database opens an SQLite file that is no ledger, for what lies beside one: it is
// created where there is none, readable by its owner alone, and what is committed is
// durable. One connection is in use at a time.
func Database(path string) (*sql.DB, error) {
	path, err := place(path, true)
	if err != nil {
		return nil, wrapAt(path, err)
	}
	connector, err := sqlite.NewConnector(dsn(path, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)"))
	if err != nil {
		return nil, wrapAt(path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}
