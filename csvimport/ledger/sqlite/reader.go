package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"bulkimport/csvimport/ledger"
)

// readers is how many may read at once; others wait.
const readers = 4

// reader reads beside the writer, on connections of its own. It is safe for
// concurrent use.
type reader struct {
	path  string
	db    *sql.DB
	texts *texts

	mu     sync.Mutex
	closed bool
	stmts  map[string]*sql.Stmt // by their text
}

func newReader(path string, db *sql.DB, texts *texts) *reader {
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return &reader{path: path, db: db, texts: texts, stmts: make(map[string]*sql.Stmt)}
}

// wrap is wrapAt this ledger.
func (r *reader) wrap(err error) error { return wrapAt(r.path, err) }

// query runs a query on one of the reading connections, where it is prepared
// once.
func (r *reader) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.mu.Lock()
	s, ok := r.stmts[query]
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return nil, &ledger.Error{Where: r.path, Err: ledger.ErrClosed}
	}
	if !ok {
		var err error
		if s, err = r.db.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		r.mu.Lock()
		if have, ok := r.stmts[query]; ok {
			s.Close()
			s = have
		} else {
			r.stmts[query] = s
		}
		r.mu.Unlock()
	}
	return s.QueryContext(ctx, args...)
}

// row scans the first row of a query into dest and reports whether there was
// one.
func (r *reader) row(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	rows, err := r.query(ctx, query, args...)
	if err != nil {
		return false, r.wrap(err)
	}
	defer rows.Close()
	if !rows.Next() {
		return false, r.wrap(rows.Err())
	}
	if err := rows.Scan(dest...); err != nil {
		return false, r.wrap(err)
	}
	return true, nil
}

// numbers runs a query of one integer column.
func (r *reader) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := r.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return numbersOf(rows)
}

// numbersOf reads and closes rows of one integer column.
func numbersOf(rows *sql.Rows) ([]int64, error) {
	return collect(rows, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) })
}

// collect reads and closes rows.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	defer rows.Close()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// text returns the text of a number, which a row refers to.
func (r *reader) text(ctx context.Context, n int64) (string, error) {
	if v, ok := r.texts.get(n); ok {
		return v, nil
	}
	err := r.texts.load(func(last int64) (*sql.Rows, error) { return r.query(ctx, queryTexts, last) })
	if err != nil {
		return "", err
	}
	v, ok := r.texts.get(n)
	if !ok {
		return "", &ledger.Error{Where: r.path, Err: ledger.ErrDamaged, Hint: hintDamaged, Cause: fmt.Errorf("there is no text %d", n)}
	}
	return v, nil
}

// close closes the connections, once all have answered. It reports false if they
// were closed already.
func (r *reader) close() (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false, nil
	}
	r.closed = true
	for _, s := range r.stmts {
		s.Close()
	}
	return true, r.db.Close()
}
