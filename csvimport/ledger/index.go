package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"modernc.org/sqlite"
)

// Index is a table of keys and values on the disk, for what is too much for
// memory. It is temporary: its file has no name and is gone with it. It is safe
// for concurrent use.
type Index struct {
	path string
	mu   sync.Mutex
	db   *sql.DB
	put  *sql.Stmt
	get  *sql.Stmt
}

// NewIndex makes an empty index, which the caller closes.
func (l *Ledger) NewIndex(ctx context.Context) (*Index, error) {
	c, err := sqlite.NewConnector("file:?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-16000)&_pragma=locking_mode(EXCLUSIVE)&_error_rc=1")
	if err != nil {
		return nil, err
	}
	x := &Index{path: "(temporary index)", db: sql.OpenDB(c)}
	x.db.SetMaxOpenConns(1)
	x.db.SetMaxIdleConns(1)
	if err := x.prepare(ctx); err != nil {
		x.Close()
		return nil, wrapAt(x.path, err)
	}
	return x, nil
}

func (x *Index) prepare(ctx context.Context) (err error) {
	for _, q := range []string{`CREATE TABLE pair (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`, `BEGIN`} {
		if _, err := x.db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if x.put, err = x.db.PrepareContext(ctx, `INSERT OR REPLACE INTO pair (key, value) VALUES (?, ?)`); err != nil {
		return err
	}
	x.get, err = x.db.PrepareContext(ctx, `SELECT value FROM pair WHERE key = ?`)
	return err
}

// Put sets the value of a key.
func (x *Index) Put(ctx context.Context, key, value string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := x.put.Exec(key, value); err != nil {
		return wrapAt(x.path, err)
	}
	return nil
}

// Get returns the value of a key and whether it has one.
func (x *Index) Get(ctx context.Context, key string) (value string, ok bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	err = x.get.QueryRow(key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, wrapAt(x.path, err)
	}
	return value, true, nil
}

// Close removes the index.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.db.Close(); err != nil {
		return fmt.Errorf("close the temporary index: %w", err)
	}
	return nil
}
