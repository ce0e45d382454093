package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
)

// position is where a database was: a later one of the same server has the same
// system and timeline, and more of the log. A standby that was promoted has another
// timeline, a copy that was put back less of the log.
type position struct {
	System   int64
	Timeline int64
	Log      int64 // bytes
}

// columnsPosition are those of a position: of the log, what no power cut takes back.
const columnsPosition = `(SELECT system_identifier FROM pg_control_system()),
	('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint, (pg_current_wal_flush_lsn() - '0/0')::bigint`

const queryPosition = `SELECT ` + columnsPosition

func (l *Ledger) position(ctx context.Context, q querier) (p position, err error) {
	err = q.QueryRow(ctx, queryPosition).Scan(p.columns()...)
	return p, err
}

func (p *position) columns() []any { return []any{&p.System, &p.Timeline, &p.Log} }

// follows reports whether nothing has been lost since an earlier position.
func (p position) follows(earlier position) bool {
	return p.System == earlier.System && p.Timeline == earlier.Timeline && p.Log >= earlier.Log
}

// seen is where the database was when a run last heard of it. It is safe for
// concurrent use.
type seen struct {
	mu   sync.Mutex
	last position
}

// before is where the database was, for who is about to ask where it is.
func (s *seen) before() position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// goesOn takes where the database is now, and reports whether it has lost nothing since
// before it was asked: a standby that was promoted, or a copy that was put back, may not
// know what others were granted, though it knows all of this run's own. What was asked
// meanwhile may have been answered sooner.
func (s *seen) goesOn(before, now position) bool {
	if before != (position{}) && !now.follows(before) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == (position{}) || now.follows(s.last) {
		s.last = now
	}
	return true
}

// mark is what this machine remembers of a ledger that it used for a platform.
type mark struct {
	Where    string // its address
	Platform string
	position
	Run     int64 // its last there, when that began, and how many batches were written for it
	Started int64
	Batch   int64
}

func readMark(file string) (m mark, err error) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// remembered is what this machine remembers, nothing where marks are not kept or there
// is no mark yet.
func (b *Book) remembered(marks string) (m mark, known bool, err error) {
	if marks == "" {
		return m, false, nil
	}
	m, err = readMark(b.markFile(marks))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	return m, err == nil, err
}

// foundIn reports whether the database has the run that a mark names, with all that was
// written for it: a log that went back may have grown longer since than it was. A run
// that was carried there has neither position nor batches.
func (m *mark) foundIn(ctx context.Context, q querier) (found bool, err error) {
	if m.Run == 0 { // of an earlier version
		return true, nil
	}
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM import_ledger.run WHERE id = $1 AND started_at = $2 AND (system = 0 OR batch >= $3))`, m.Run, m.Started, m.Batch).Scan(&found)
	return found, err
}

// missing reports whether this machine remembers another ledger for the platform at
// this very address: the database was dropped, or another is there now.
func (b *Book) missing(marks string) bool {
	if marks == "" {
		return false
	}
	all, _ := filepath.Glob(filepath.Join(marks, "database-*.json"))
	for _, file := range all {
		m, err := readMark(file)
		if err == nil && file != b.markFile(marks) && m.Where == b.l.where && m.Platform == b.id {
			return true
		}
	}
	return false
}

func (b *Book) markFile(marks string) string {
	platform := sha256.Sum256([]byte(b.id))
	return filepath.Join(marks, fmt.Sprintf("database-%s-%x.json", b.l.self, platform[:4]))
}

// remember keeps a mark on this machine.
func (b *Book) remember(marks string, m mark) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(marks, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(marks, "database-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = lockfile.Replace(f.Name(), b.markFile(marks))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// judge is what is wrong with the ledger: what this machine finds, or else what
// earlier runs have found and none has settled.
func (b *Book) judge(ctx context.Context, q querier, marks string) (ledger.Loss, error) {
	before, known, err := b.remembered(marks)
	switch {
	case err != nil:
		return ledger.LossUnknown, nil
	case !known && b.missing(marks):
		return ledger.LossMissing, nil
	}
	now, err := b.l.position(ctx, q)
	if err != nil {
		return 0, err
	}
	found := true
	if known {
		if found, err = before.foundIn(ctx, q); err != nil {
			return 0, err
		}
	}
	var last position // of the latest run, in the database itself: a standby has it from its primary
	err = q.QueryRow(ctx, `SELECT system, timeline, log FROM import_ledger.run WHERE platform = $1 AND system <> 0 ORDER BY id DESC LIMIT 1`, b.n).Scan(last.columns()...)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	if !found || known && !now.follows(before.position) || err == nil && !now.follows(last) {
		return ledger.LossCopied, nil
	}
	var stored ledger.Loss
	err = q.QueryRow(ctx, `SELECT coalesce(max(shaken), 0) FROM import_ledger.run WHERE platform = $1
		AND id > (SELECT coalesce(max(id), 0) FROM import_ledger.run WHERE platform = $1 AND ended_at > 0 AND shaken = 0)`, b.n).Scan(&stored)
	return stored, err
}

// Loss is what is wrong with the ledger before a run is begun that leaves its marks in
// this folder: see [ledger.Doubtful].
func (b *Book) Loss(ctx context.Context, marks string) (loss ledger.Loss, err error) {
	err = b.l.try(ctx, func(ctx context.Context) error {
		loss, err = b.judge(ctx, b.l.pool, marks)
		return err
	})
	return loss, err
}

// Loss is what may be wrong with the ledger: see [ledger.Doubtful].
func (r *Run) Loss() ledger.Loss { return r.loss }

// Trusted says that the platform has been looked through for orders that the ledger
// does not know of: see [ledger.Doubtful].
func (r *Run) Trusted(ctx context.Context) error {
	if r.loss == ledger.Sound {
		return nil
	}
	return r.b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.run SET shaken = 0 WHERE id = $1`, r.id)
		return err
	})
}

// mark keeps where the database is now.
func (r *Run) mark(ctx context.Context) error {
	if r.marks == "" {
		return nil
	}
	m := mark{Where: r.b.l.where, Platform: r.b.id, Run: r.id}
	err := r.b.l.pool.QueryRow(ctx, `SELECT `+columnsPosition+`, started_at, batch FROM import_ledger.run WHERE id = $1`, r.id).Scan(append(m.columns(), &m.Started, &m.Batch)...)
	if err != nil {
		return err
	}
	return r.b.remember(r.marks, m)
}
