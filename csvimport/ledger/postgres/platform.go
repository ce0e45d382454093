package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// Book is one platform's part of a ledger. It is safe for concurrent use.
type Book struct {
	l  *Ledger
	n  int64
	id string // aps.id
}

var (
	_ ledger.Book   = (*Book)(nil)
	_ ledger.Memory = (*Book)(nil)
)

// ID returns the aps.id of the platform's order service.
func (b *Book) ID() string { return b.id }

// Ledger tells this ledger from others.
func (b *Book) Ledger() string { return b.l.self }

// Platform returns the book of the platform whose order service has this aps.id and
// notes the address it was reached at. An address that was another platform's is
// refused with ErrOtherPlatform.
func (l *Ledger) Platform(ctx context.Context, id, address string) (*Book, error) {
	if id == "" {
		return nil, errors.New("ledger: a platform without id")
	}
	address = escaped(ledger.NormalAddress(address))
	b := &Book{l: l, id: id}
	found, err := l.one(ctx, []any{&b.n}, `SELECT p.id FROM import_ledger.address a JOIN import_ledger.platform p ON p.id = a.platform WHERE a.url = $1 AND p.aps = $2`, address, escaped(id))
	if err != nil {
		return nil, err
	}
	if found {
		return b, nil
	}
	err = l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now := millis(l.machine.Now())
		_, err := tx.Exec(ctx, `INSERT INTO import_ledger.platform (aps, known_at) VALUES ($1, $2) ON CONFLICT (aps) DO NOTHING`, escaped(id), now)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT id FROM import_ledger.platform WHERE aps = $1`, escaped(id)).Scan(&b.n); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO import_ledger.address (url, platform, known_at) VALUES ($1, $2, $3) ON CONFLICT (url) DO NOTHING`, address, b.n, now)
		if err != nil {
			return err
		}
		var other string
		err = tx.QueryRow(ctx, `SELECT p.aps FROM import_ledger.address a JOIN import_ledger.platform p ON p.id = a.platform WHERE a.url = $1`, address).Scan(&other)
		if err == nil && unescaped(other) != id {
			return &ledger.Error{Where: l.where, Err: ledger.ErrOtherPlatform, Hint: "check the address; for another or a reinstalled platform name another database",
				Cause: fmt.Errorf("%s had order service %s, now it has %s", address, unescaped(other), id)}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// BookAt returns the book of the platform last known at an address, without asking
// the platform, or nil if there is none.
func (l *Ledger) BookAt(ctx context.Context, address string) (*Book, error) {
	return l.book(ctx, `SELECT p.id, p.aps FROM import_ledger.address a JOIN import_ledger.platform p ON p.id = a.platform WHERE a.url = $1`,
		escaped(ledger.NormalAddress(address)))
}

// Book returns the book of a platform in the ledger by its id, or nil if there is
// none.
func (l *Ledger) Book(ctx context.Context, id string) (*Book, error) {
	return l.book(ctx, `SELECT id, aps FROM import_ledger.platform WHERE aps = $1`, escaped(id))
}

func (l *Ledger) book(ctx context.Context, sql string, args ...any) (*Book, error) {
	b := &Book{l: l}
	found, err := l.one(ctx, []any{&b.n, &b.id}, sql, args...)
	if err != nil || !found {
		return nil, err
	}
	b.id = unescaped(b.id)
	return b, nil
}

// Platforms lists the platforms of the ledger, the longest known first.
func (l *Ledger) Platforms(ctx context.Context) ([]ledger.PlatformInfo, error) {
	scan := func(rows pgx.CollectableRow) (p ledger.PlatformInfo, err error) {
		var known int64
		var evidence []byte
		if err := rows.Scan(&p.ID, &p.Proved, &evidence, &known, &p.Entries, &p.URLs); err != nil {
			return p, err
		}
		p.ID, p.Known = unescaped(p.ID), instant(known)
		for i := range p.URLs {
			p.URLs[i] = unescaped(p.URLs[i])
		}
		seen, err := l.evidence(evidence)
		p.References = seen.References
		return p, err
	}
	return query(ctx, l, scan, `SELECT p.aps, p.proved, p.evidence, p.known_at,
		(SELECT count(*) FROM import_ledger.entry e WHERE e.platform = p.id AND e.old = 0),
		ARRAY(SELECT url FROM import_ledger.address a WHERE a.platform = p.id ORDER BY a.known_at DESC, a.url)
		FROM import_ledger.platform p ORDER BY p.id`)
}

// Proved reports whether an import has been seen to end well on this platform.
func (b *Book) Proved(ctx context.Context) (proved bool, err error) {
	_, err = b.l.one(ctx, []any{&proved}, `SELECT proved FROM import_ledger.platform WHERE id = $1`, b.n)
	return proved, err
}

// SetProved remembers that an import has been checked on this platform.
func (b *Book) SetProved(ctx context.Context) error {
	return b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.platform SET proved = true WHERE id = $1`, b.n)
		return err
	})
}

// Evidence returns what the platform has been seen to show.
func (b *Book) Evidence(ctx context.Context) (ledger.Evidence, error) {
	var text []byte
	if _, err := b.l.one(ctx, []any{&text}, `SELECT evidence FROM import_ledger.platform WHERE id = $1`, b.n); err != nil {
		return ledger.Evidence{}, err
	}
	return b.l.evidence(text)
}

func (l *Ledger) evidence(text []byte) (e ledger.Evidence, err error) {
	if len(text) == 0 {
		return e, nil
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, &ledger.Error{Where: l.where, Err: ledger.ErrDamaged, Hint: "restore the database, or name another", Cause: err}
	}
	return e, nil
}

// Amend changes what the platform has been seen to show: see [ledger.Memory].
func (b *Book) Amend(ctx context.Context, change func(*ledger.Evidence)) (e ledger.Evidence, err error) {
	err = b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var text []byte
		if err := tx.QueryRow(ctx, `SELECT evidence FROM import_ledger.platform WHERE id = $1 FOR NO KEY UPDATE`, b.n).Scan(&text); err != nil {
			return err
		}
		if e, err = b.l.evidence(text); err != nil {
			return err
		}
		change(&e)
		now, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE import_ledger.platform SET evidence = $2 WHERE id = $1`, b.n, now)
		return err
	})
	return e, err
}
