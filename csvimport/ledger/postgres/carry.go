package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// Store is a database that holds a ledger, or may: see [ledger.Store].
type Store struct {
	address, marks string
	o              Options
}

var _ ledger.Store = (*Store)(nil)

// At is the database at an address, as Open takes it; marks is the folder that runs
// on this machine leave their marks in, empty if there is none.
func At(address, marks string, o Options) *Store { return &Store{address, marks, o} }

// Where is the address, without a password.
func (s *Store) Where() string { return shown(s.address) }

// patient is for a transaction that waits for another ledger, in which nobody is
// asleep.
const patient = `SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '15s', true)`

// carrying runs do in one transaction, once: who carries a ledger starts again.
func (l *Ledger) carrying(ctx context.Context, do func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, careful); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, patient); err != nil {
			return err
		}
		return do(tx)
	})
	return wrapAt(l.where, err)
}

// everything is held against writing for as long as a ledger is given or received.
const everything = `LOCK TABLE import_ledger.self, import_ledger.platform, import_ledger.address, import_ledger.run, import_ledger.entry,
	import_ledger.event, import_ledger.sighting, import_ledger.export IN EXCLUSIVE MODE`

// Give lets take go over all that the ledger holds, and closes it: see
// [ledger.Store].
func (s *Store) Give(ctx context.Context, to string, take func(iter.Seq2[ledger.Piece, error]) error) error {
	l, err := open(ctx, s.address, to, s.o) // it may be closed for that place already
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.sound(ctx, s.marks); err != nil {
		return err
	}
	return l.carrying(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, everything); err != nil {
			return err
		}
		var where string
		if err := tx.QueryRow(ctx, `SELECT moved_to FROM import_ledger.self`).Scan(&where); err != nil || where == to {
			return err
		}
		if err := l.idle(ctx, tx); err != nil {
			return err
		}
		if err := take(l.pieces(ctx, tx)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE import_ledger.self SET moved_to = $1`, to)
		return err
	})
}

// sound fails if the ledger may not be the last word on some platform.
func (l *Ledger) sound(ctx context.Context, marks string) error {
	known, err := l.Platforms(ctx)
	if err != nil {
		return err
	}
	for _, p := range known {
		b, err := l.Book(ctx, p.ID)
		if err != nil {
			return err
		}
		if loss, err := b.Loss(ctx, marks); err != nil || loss != ledger.Sound {
			return ledger.Unsound(l.where, loss, err)
		}
	}
	return nil
}

// idle notes which runs have died, and fails if one goes on.
func (l *Ledger) idle(ctx context.Context, tx pgx.Tx) error {
	var open int
	_, err := tx.Exec(ctx, `UPDATE import_ledger.run SET outcome = '`+ledger.Killed+`' WHERE ended_at = 0 AND outcome = '' AND NOT `+alive)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT count(*) FROM import_ledger.run WHERE ended_at = 0 AND outcome = ''`).Scan(&open)
	}
	if err == nil && open > 0 {
		return &ledger.Error{Where: l.where, Err: ledger.ErrLocked, Hint: "let it end, or stop it; one that was killed counts as dead a minute later"}
	}
	return err
}

// Receive makes a ledger of pieces: see [ledger.Store].
func (s *Store) Receive(ctx context.Context, from string, pieces iter.Seq2[ledger.Piece, error]) (tally ledger.Tally, err error) {
	l, err := open(ctx, s.address, from, s.o)
	if err != nil {
		return tally, err
	}
	defer l.Close()
	err = l.carrying(ctx, func(tx pgx.Tx) error {
		if err := l.clear(ctx, tx, from); err != nil {
			return err
		}
		if err := l.fill(ctx, tx, tally.Counted(pieces)); err != nil {
			return err
		}
		return tally.Compare(l.where, l.pieces(ctx, tx))
	})
	return tally, err
}

// clear makes sure that the ledger is empty, of what did not arrive before if that
// came from the same place.
func (l *Ledger) clear(ctx context.Context, tx pgx.Tx, from string) error {
	var used bool
	var where string
	const look = `SELECT moved_to, EXISTS (SELECT 1 FROM import_ledger.platform) FROM import_ledger.self`
	full := &ledger.Error{Where: l.where, Err: ledger.ErrNotEmpty, Hint: "name a database without one"}
	// What is full, or is what is given, is not waited for.
	if err := tx.QueryRow(ctx, look).Scan(&where, &used); err != nil {
		return err
	}
	if used && where != from {
		return full
	}
	if _, err := tx.Exec(ctx, everything); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, look).Scan(&where, &used); err != nil {
		return err
	}
	if used && where != from {
		return full
	}
	for _, table := range []string{"platform", "address", "run", "entry", "event", "sighting", "export"} {
		if _, err := tx.Exec(ctx, `DELETE FROM import_ledger.`+table); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE import_ledger.self SET moved_to = $1`, from)
	return err
}

// Arrived makes what was received the ledger: see [ledger.Store]. A machine vouches
// for it from its first run on.
func (s *Store) Arrived(ctx context.Context, from string) error {
	l, err := open(ctx, s.address, from, s.o)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.self SET moved_to = '' WHERE moved_to = $1`, from)
		return err
	})
}

// filling makes pieces rows, a thousand in one statement.
type filling struct {
	b        *Book
	tx       pgx.Tx
	entries  []*row
	events   []ledger.EventPiece
	sighted  []ledger.Sighting
	exported []ledger.Exported
}

func (l *Ledger) fill(ctx context.Context, tx pgx.Tx, pieces iter.Seq2[ledger.Piece, error]) error {
	f := filling{tx: tx}
	for p, err := range pieces {
		if err == nil && p.Platform != nil {
			err = f.platform(ctx, l, p.Platform)
		} else if err == nil {
			err = f.piece(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	if err := f.flush(ctx, 1); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE import_ledger.entry e SET old = 1 WHERE EXISTS
		(SELECT 1 FROM import_ledger.entry n WHERE n.platform = e.platform AND n.sub = e.sub AND n.gen > e.gen)`)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT setval(pg_get_serial_sequence('import_ledger.run', 'id'), (SELECT max(id) FROM import_ledger.run)) WHERE EXISTS (SELECT 1 FROM import_ledger.run)`)
	}
	return err
}

func (f *filling) platform(ctx context.Context, l *Ledger, p *ledger.PlatformPiece) error {
	if err := f.flush(ctx, 1); err != nil {
		return err
	}
	evidence, err := json.Marshal(p.Evidence)
	if err != nil {
		return err
	}
	f.b = &Book{l: l, id: p.ID}
	err = f.tx.QueryRow(ctx, `INSERT INTO import_ledger.platform (aps, proved, known_at, evidence) VALUES ($1, $2, $3, $4) RETURNING id`,
		escaped(p.ID), p.Proved, millis(p.Known), evidence).Scan(&f.b.n)
	for _, a := range p.Addresses {
		if err == nil {
			_, err = f.tx.Exec(ctx, `INSERT INTO import_ledger.address (url, platform, known_at) VALUES ($1, $2, $3)`, escaped(a.URL), f.b.n, millis(a.Known))
		}
	}
	return err
}

func (f *filling) piece(ctx context.Context, p ledger.Piece) error {
	switch {
	case p.Run != nil:
		r := p.Run
		_, err := f.tx.Exec(ctx, `INSERT INTO import_ledger.run (id, platform, file, file_hash, rows, started_at, ended_at, host, pid, version, outcome, said, operator, lease, lease_until)
			OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, interval '0', clock_timestamp())`,
			r.ID, f.b.n, escaped(r.File), escaped(r.FileHash), int64(r.Rows), millis(r.Started), millis(r.Ended), escaped(r.Host), int64(r.PID),
			escaped(r.Version), escaped(r.Outcome), escaped(r.Said), escaped(r.Operator))
		return err
	case p.Entry != nil:
		f.entries = append(f.entries, &row{Entry: *p.Entry})
	case p.Event != nil:
		f.events = append(f.events, *p.Event)
	case p.Sighting != nil:
		f.sighted = append(f.sighted, *p.Sighting)
	default:
		f.exported = append(f.exported, *p.Exported)
	}
	return f.flush(ctx, chunk)
}

// flush writes what waits where that is as many as least.
func (f *filling) flush(ctx context.Context, least int) (err error) {
	if len(f.entries) >= least {
		_, err = f.tx.Exec(ctx, insertion(), append([]any{f.b.n}, columns(f.entries)...)...)
		f.entries = nil
	}
	if err == nil && len(f.events) >= least {
		err = f.addEvents(ctx)
		f.events = nil
	}
	if err == nil && len(f.sighted) >= least {
		err = f.b.sighted(ctx, f.tx, f.sighted)
		f.sighted = nil
	}
	if err == nil && len(f.exported) >= least {
		err = f.b.saveExport(ctx, f.tx, f.exported)
		f.exported = nil
	}
	return err
}

func (f *filling) addEvents(ctx context.Context) error {
	var numbers [3][]int64
	var texts [2][]string
	for _, e := range f.events {
		for i, n := range []int64{e.Run, millis(e.Time), int64(e.Gen)} {
			numbers[i] = append(numbers[i], n)
		}
		for i, s := range []string{e.Sub, e.Note} {
			texts[i] = append(texts[i], escaped(s))
		}
	}
	_, err := f.tx.Exec(ctx, `INSERT INTO import_ledger.event (platform, run, at, gen, sub, note)
		SELECT $1, run, at, gen, sub, note FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[]) WITH ORDINALITY AS a(run, at, gen, sub, note, n) ORDER BY n`,
		f.b.n, numbers[0], numbers[1], numbers[2], texts[0], texts[1])
	return err
}

// errEnough is that who goes over pieces wants no more.
var errEnough = errors.New("no more pieces are wanted")

// pieces goes over all that the ledger holds: see [ledger.Piece].
func (l *Ledger) pieces(ctx context.Context, tx pgx.Tx) iter.Seq2[ledger.Piece, error] {
	return func(yield func(ledger.Piece, error) bool) {
		one := func(p ledger.Piece) error {
			if !yield(p, nil) {
				return errEnough
			}
			return nil
		}
		err := pages(ctx, tx, 0, `SELECT id, aps, proved, known_at, evidence FROM import_ledger.platform WHERE id > $2 AND $1 = 0 ORDER BY id LIMIT 1000`, int64(0),
			scanPlatform, func(p storedPlatform) (int64, error) { return p.n, l.piecesOf(ctx, tx, p, one) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(ledger.Piece{}, err)
		}
	}
}

// storedPlatform is a platform's row.
type storedPlatform struct {
	n        int64
	evidence []byte
	ledger.PlatformPiece
}

func scanPlatform(rows pgx.CollectableRow) (p storedPlatform, err error) {
	var known int64
	err = rows.Scan(&p.n, &p.ID, &p.Proved, &known, &p.evidence)
	p.ID, p.Known = unescaped(p.ID), instant(known)
	return p, err
}

// storedEvent is an event's row.
type storedEvent struct {
	id int64
	ledger.EventPiece
}

func scanEvent(rows pgx.CollectableRow) (e storedEvent, err error) {
	var at int64
	err = rows.Scan(&e.id, &e.Sub, &at, &e.Run, &e.Gen, &e.Note)
	e.Sub, e.Time, e.Note = unescaped(e.Sub), instant(at), unescaped(e.Note)
	return e, err
}

// piecesOf gives all pieces of a platform to one, a page of rows at a time.
func (l *Ledger) piecesOf(ctx context.Context, tx pgx.Tx, p storedPlatform, one func(ledger.Piece) error) (err error) {
	if p.Evidence, err = l.evidence(p.evidence); err != nil {
		return err
	}
	err = pages(ctx, tx, p.n, `SELECT url, known_at FROM import_ledger.address WHERE platform = $1 AND url COLLATE "C" > $2 ORDER BY url COLLATE "C" LIMIT 1000`, "",
		func(rows pgx.CollectableRow) (a ledger.AddressPiece, err error) {
			var known int64
			err = rows.Scan(&a.URL, &known)
			a.Known = instant(known)
			return a, err
		}, func(a ledger.AddressPiece) (string, error) {
			p.Addresses = append(p.Addresses, ledger.AddressPiece{URL: unescaped(a.URL), Known: a.Known})
			return a.URL, nil
		})
	if err == nil {
		err = one(ledger.Piece{Platform: &p.PlatformPiece})
	}
	if err == nil {
		err = pages(ctx, tx, p.n, `SELECT `+runColumns+` FROM import_ledger.run WHERE platform = $1 AND id > $2 ORDER BY id LIMIT 1000`, int64(0),
			scanRun, func(r ledger.RunInfo) (int64, error) { return r.ID, one(ledger.Piece{Run: &r}) })
	}
	if err == nil {
		err = pages(ctx, tx, p.n, `SELECT `+entryColumns+` FROM import_ledger.entry WHERE platform = $1 AND id > $2 ORDER BY id LIMIT 1000`, int64(0),
			scanRow, func(r *row) (int64, error) { return r.id, one(ledger.Piece{Entry: &r.Entry}) })
	}
	if err == nil {
		err = pages(ctx, tx, p.n, `SELECT id, sub, at, run, gen, note FROM import_ledger.event WHERE platform = $1 AND id > $2 ORDER BY id LIMIT 1000`, int64(0),
			scanEvent, func(e storedEvent) (int64, error) { return e.id, one(ledger.Piece{Event: &e.EventPiece}) })
	}
	if err == nil {
		err = pages(ctx, tx, p.n, `SELECT `+sightingColumns+` FROM import_ledger.sighting WHERE platform = $1 AND order_id > $2 ORDER BY order_id LIMIT 1000`, "",
			scanSighting, func(s ledger.Sighting) (string, error) { return escaped(s.OrderID), one(ledger.Piece{Sighting: &s}) })
	}
	if err == nil {
		err = pages(ctx, tx, p.n, `SELECT `+exportColumns+` FROM import_ledger.export WHERE platform = $1 AND sub > $2 ORDER BY sub LIMIT 1000`, "",
			scanExport, func(e ledger.Exported) (string, error) { return escaped(e.Sub), one(ledger.Piece{Exported: &e}) })
	}
	return err
}

// pages gives the rows of a query to each, which tells the key of its row. The query
// is asked again for those after a key until there are none: none is left open while
// each is at work.
func pages[T any, K int64 | string](ctx context.Context, tx pgx.Tx, platform int64, sql string, after K, scan pgx.RowToFunc[T], each func(T) (K, error)) error {
	for {
		rows, err := tx.Query(ctx, sql, platform, after)
		if err != nil {
			return err
		}
		some, err := pgx.CollectRows(rows, scan)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, one := range some {
			if after, err = each(one); err != nil {
				return err
			}
		}
	}
}
