package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
)

// Store is a file that holds a ledger, or may: see [ledger.Store].
type Store struct {
	path, marks string
	o           Options
}

var _ ledger.Store = (*Store)(nil)

// At is the file at path; marks is the folder that runs on this machine leave their
// marks in, empty if there is none.
func At(path, marks string, o Options) (*Store, error) {
	path, err := place(path, false)
	if err != nil {
		return nil, wrapAt(path, err)
	}
	return &Store{path, marks, o}, nil
}

// Where is the file's full name.
func (s *Store) Where() string { return s.path }

// Give lets take go over all that the ledger holds, and closes it: see
// [ledger.Store].
func (s *Store) Give(ctx context.Context, to string, take func(iter.Seq2[ledger.Piece, error]) error) error {
	if done, err := went(ctx, s.path, to, s.o); done || err != nil {
		return err
	}
	l, err := openThere(ctx, s.path, s.o)
	if err != nil {
		return err
	}
	defer l.Close()
	books, err := l.books(ctx)
	if err != nil {
		return err
	}
	for _, b := range books {
		if loss, err := b.Loss(ctx, s.marks); err != nil || loss != ledger.Sound {
			return ledger.Unsound(l.path, loss, err)
		}
	}
	err = l.w.write(ctx, func(t *tx) error {
		if err := l.bury(t); err != nil {
			return err
		}
		if err := l.idle(t.numbers(queryOpenRuns)); err != nil {
			return err
		}
		if err := take(t.pieces(ctx, l)); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE self SET moved_to = ?`, to)
		return err
	})
	if err != nil || s.marks == "" {
		return err
	}
	for _, b := range books {
		err = errors.Join(err, b.place(s.marks).Forget())
	}
	return err
}

// Receive makes a ledger of pieces: see [ledger.Store].
func (s *Store) Receive(ctx context.Context, from string, pieces iter.Seq2[ledger.Piece, error]) (ledger.Tally, error) {
	if err := s.free(from); err != nil {
		return ledger.Tally{}, wrapAt(s.path, err)
	}
	part := s.path + unnamed
	clear := func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			os.Remove(part + end)
		}
	}
	clear()
	defer clear()
	tally, err := fill(ctx, part, from, pieces, s.o)
	if err != nil {
		return tally, err
	}
	return tally, wrapAt(s.path, lockfile.Replace(part, s.path))
}

// free fails if the file is there, unless it is what did not arrive of the same
// ledger.
func (s *Store) free(from string) error {
	if _, err := os.Lstat(s.path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	where, err := movedTo(context.Background(), s.path)
	if err != nil || where != from {
		return &ledger.Error{Where: s.path, Err: ledger.ErrNotEmpty, Hint: "name a file that is not there yet", Cause: err}
	}
	os.Remove(s.path + "-wal") // as a rule they are not there
	os.Remove(s.path + "-shm")
	return nil
}

// fill makes a ledger of pieces in a file that has another name as long as it is not
// whole.
func fill(ctx context.Context, part, from string, pieces iter.Seq2[ledger.Piece, error], o Options) (tally ledger.Tally, err error) {
	l, err := Open(ctx, part, o)
	if err != nil {
		return tally, err
	}
	err = l.w.write(ctx, func(t *tx) error {
		if err := t.fill(l, tally.Counted(pieces)); err != nil {
			return err
		}
		if err := tally.Compare(l.path, t.pieces(ctx, l)); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE self SET moved_to = ?`, from)
		return err
	})
	return tally, errors.Join(err, l.Close())
}

// Arrived makes what was received the ledger: see [ledger.Store]. Marks that other
// ledgers have left stay: an import asks about those.
func (s *Store) Arrived(ctx context.Context, from string) error {
	l, err := open(ctx, s.path, from, s.o)
	if err != nil {
		return err
	}
	defer l.Close()
	if where, err := movedTo(ctx, s.path); where == "" {
		return wrapAt(s.path, err)
	}
	if s.marks != "" {
		if err := l.vouched(ctx, s.marks); err != nil && !errors.Is(err, ledger.ErrReplaced) {
			return err
		}
	}
	return l.w.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE self SET moved_to = ''`)
		return err
	})
}

// fill makes pieces rows.
func (t *tx) fill(l *Ledger, pieces iter.Seq2[ledger.Piece, error]) error {
	var platform *Book
	for p, err := range pieces {
		if err == nil && p.Platform != nil {
			platform, err = t.fillPlatform(l, p.Platform)
		} else if err == nil {
			err = t.fillPiece(platform, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) fillPlatform(l *Ledger, p *ledger.PlatformPiece) (*Book, error) {
	evidence, err := json.Marshal(p.Evidence)
	if err != nil {
		return nil, err
	}
	b := &Book{part{l: l, id: p.ID}}
	r, err := t.exec(`INSERT INTO platform (aps, proved, known_at, evidence) VALUES (?, ?, ?, ?)`, packed(p.ID), flag(p.Proved), millis(p.Known), string(evidence))
	if err != nil {
		return nil, err
	}
	if b.n, err = r.LastInsertId(); err != nil {
		return nil, err
	}
	for _, a := range p.Addresses {
		if _, err := t.exec(`INSERT INTO address (url, platform, known_at) VALUES (?, ?, ?)`, a.URL, b.n, millis(a.Known)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (t *tx) fillPiece(b *Book, p ledger.Piece) error {
	switch {
	case p.Run != nil:
		r := p.Run
		_, err := t.exec(`INSERT INTO run (id, platform, file, file_hash, rows, started_at, ended_at, host, pid, version, boot, shaken, outcome, said, operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
			r.ID, b.n, r.File, r.FileHash, r.Rows, millis(r.Started), millis(r.Ended), r.Host, r.PID, r.Version, b.l.machine.Boot(), r.Outcome, r.Said, r.Operator)
		return err
	case p.Entry != nil:
		latest, err := t.headBy(b, queryHead, b.n, packed(p.Entry.Sub))
		if err != nil {
			return err
		}
		return t.insert(b.n, p.Entry, latest)
	case p.Event != nil:
		return t.event(b.n, p.Event.Sub, p.Event.Event)
	case p.Sighting != nil:
		return t.sighted(b.n, p.Sighting)
	default:
		return t.exported(b.n, *p.Exported)
	}
}

// pieces goes over all that the ledger holds: see [ledger.Piece].
func (t *tx) pieces(ctx context.Context, l *Ledger) iter.Seq2[ledger.Piece, error] {
	return func(yield func(ledger.Piece, error) bool) {
		platforms, err := t.numbers(`SELECT id FROM platform ORDER BY id`)
		for _, n := range platforms {
			if err = t.piecesOf(ctx, &part{l: l, n: n}, func(p ledger.Piece) bool { return yield(p, nil) }); err != nil {
				break
			}
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(ledger.Piece{}, err)
		}
	}
}

// errEnough is that who goes over pieces wants no more.
var errEnough = errors.New("no more pieces are wanted")

// piecesOf gives all pieces of a platform to yield, a page of rows at a time.
func (t *tx) piecesOf(ctx context.Context, b *part, yield func(ledger.Piece) bool) error {
	platform, err := t.platform(b)
	if err != nil {
		return err
	}
	one := func(p ledger.Piece, err error) error {
		if err == nil && !yield(p) {
			return errEnough
		}
		return err
	}
	if err := one(ledger.Piece{Platform: platform}, nil); err != nil {
		return err
	}
	err = pages(ctx, t, b.n, 0, `SELECT `+runColumns+` FROM run WHERE platform = ? AND id > ? ORDER BY id LIMIT 1000`,
		scanRun, func(r ledger.RunInfo) (any, error) { return r.ID, one(ledger.Piece{Run: &r}, nil) })
	if err != nil {
		return err
	}
	err = pages(ctx, t, b.n, 0, `SELECT `+entryColumns+` FROM entry WHERE platform = ? AND id > ? ORDER BY id LIMIT 1000`,
		scanStored, func(s stored) (any, error) {
			e, err := s.entry(t.textOf)
			return s.id, one(ledger.Piece{Entry: &e}, err)
		})
	if err != nil {
		return err
	}
	err = pages(ctx, t, b.n, 0, `SELECT id, sub, at, run, gen, note FROM event WHERE platform = ? AND id > ? ORDER BY id LIMIT 1000`,
		scanEvent, func(e storedEvent) (any, error) { return e.id, one(ledger.Piece{Event: &e.EventPiece}, nil) })
	if err != nil {
		return err
	}
	err = pages(ctx, t, b.n, "", `SELECT sub, gen, order_id, order_number, order_status, first_seen, run, acknowledged FROM sighting WHERE platform = ? AND order_id > ? ORDER BY order_id LIMIT 1000`,
		scanSighting, func(s ledger.Sighting) (any, error) { return packed(s.OrderID), one(ledger.Piece{Sighting: &s}, nil) })
	if err != nil {
		return err
	}
	return pages(ctx, t, b.n, "", `SELECT sub, at, plan_id, cut_off, tenant, account_id, company, email FROM export WHERE platform = ? AND sub > ? ORDER BY sub LIMIT 1000`,
		scanExport, func(s storedExport) (any, error) {
			e, err := s.complete(t.textOf)
			return s.key, one(ledger.Piece{Exported: &e}, err)
		})
}

// pages gives the rows of a query to each, which tells the key of its row. The query
// is asked again for those after a key, before all first, until there are none: none
// is left open while each is at work.
func pages[T any](ctx context.Context, t *tx, platform int64, before any, query string, scan func(*sql.Rows) (T, error), each func(T) (any, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, err := t.query(query, platform, before)
		if err != nil {
			return err
		}
		some, err := collect(rows, scan)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, one := range some {
			if before, err = each(one); err != nil {
				return err
			}
		}
	}
}

// storedEvent is an event's row.
type storedEvent struct {
	id int64
	ledger.EventPiece
}

func scanEvent(rows *sql.Rows) (e storedEvent, err error) {
	var sub any
	var at int64
	err = rows.Scan(&e.id, &sub, &at, &e.Run, &e.Gen, &e.Note)
	e.Sub, e.Time = unpacked(sub), instant(at)
	return e, err
}

// platform reads what there is of the platform itself.
func (t *tx) platform(b *part) (*ledger.PlatformPiece, error) {
	p := new(ledger.PlatformPiece)
	var aps any
	var known int64
	var evidence string
	if _, err := t.row(`SELECT aps, proved, known_at, evidence FROM platform WHERE id = ?`, []any{b.n}, &aps, &p.Proved, &known, &evidence); err != nil {
		return nil, err
	}
	var err error
	if p.Evidence, err = b.evidence(evidence); err != nil {
		return nil, err
	}
	p.ID, p.Known = unpacked(aps), instant(known)
	rows, err := t.query(`SELECT url, known_at FROM address WHERE platform = ? ORDER BY url`, b.n)
	if err != nil {
		return nil, err
	}
	p.Addresses, err = collect(rows, func(rows *sql.Rows) (a ledger.AddressPiece, err error) {
		var known int64
		err = rows.Scan(&a.URL, &known)
		a.Known = instant(known)
		return a, err
	})
	return p, err
}
