package sqlite

import (
	"context"
	"errors"
	"fmt"

	"bulkimport/csvimport/ledger"
)

// Book is one platform's part of a ledger. It is safe for concurrent use.
type Book struct{ part }

// part is a book as the inside of the ledger uses it.
type part struct {
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

// Platform returns the book of the platform whose order service has this aps.id
// and notes the address it was reached at. The same platform may have many
// addresses; an address that was another platform's is refused with
// ErrOtherPlatform.
func (l *Ledger) Platform(ctx context.Context, id, address string) (*Book, error) {
	if id == "" {
		return nil, errors.New("ledger: a platform without id")
	}
	address = ledger.NormalAddress(address)
	b := &Book{part{l: l, id: id}}
	n, err := l.bound(ctx, id, address)
	if err != nil {
		return nil, err
	}
	if b.n = n; n != 0 {
		return b, nil
	}
	err = l.w.write(ctx, func(t *tx) error {
		var other any
		found, err := t.row(`SELECT p.aps FROM address a JOIN platform p ON p.id = a.platform WHERE a.url = ?`, []any{address}, &other)
		if err != nil {
			return err
		}
		if found && unpacked(other) != id {
			return refusal{&ledger.Error{Where: l.path, Err: ledger.ErrOtherPlatform, Hint: hintOther,
				Cause: fmt.Errorf("%s had order service %s, now it has %s", address, unpacked(other), id)}}
		}
		now := millis(l.machine.Now())
		if _, err := t.exec(`INSERT INTO platform (aps, known_at) VALUES (?, ?) ON CONFLICT (aps) DO NOTHING`, packed(id), now); err != nil {
			return err
		}
		if _, err := t.row(`SELECT id FROM platform WHERE aps = ?`, []any{packed(id)}, &b.n); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO address (url, platform, known_at) VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING`, address, b.n, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// bound returns the number of a platform that is known at this address already,
// so that the ordinary case writes nothing.
func (l *Ledger) bound(ctx context.Context, id, address string) (n int64, err error) {
	_, err = l.row(ctx, `SELECT p.id FROM address a JOIN platform p ON p.id = a.platform WHERE a.url = ? AND p.aps = ?`, []any{address, packed(id)}, &n)
	return n, err
}

// BookAt returns the book of the platform last known at an address, without
// asking the platform, or nil if there is none.
func (l *Ledger) BookAt(ctx context.Context, address string) (*Book, error) {
	b := &Book{part{l: l}}
	var id any
	found, err := l.row(ctx, `SELECT p.id, p.aps FROM address a JOIN platform p ON p.id = a.platform WHERE a.url = ?`, []any{ledger.NormalAddress(address)}, &b.n, &id)
	if err != nil || !found {
		return nil, err
	}
	b.id = unpacked(id)
	return b, nil
}

// Book returns the book of a platform in the ledger by its id, or nil if there is
// none.
func (l *Ledger) Book(ctx context.Context, id string) (*Book, error) {
	b := &Book{part{l: l, id: id}}
	found, err := l.row(ctx, `SELECT id FROM platform WHERE aps = ?`, []any{packed(id)}, &b.n)
	if err != nil || !found {
		return nil, err
	}
	return b, nil
}

// Platforms lists the platforms of the ledger, the longest known first.
func (l *Ledger) Platforms(ctx context.Context) ([]ledger.PlatformInfo, error) {
	unfolded, err := l.unfolded(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := l.query(ctx, `SELECT p.id, p.aps, p.proved, p.evidence, p.known_at,
		(SELECT count(*) FROM entry e WHERE e.platform = p.id AND e.old = 0), ifnull(a.url, '')
		FROM platform p LEFT JOIN address a ON a.platform = p.id ORDER BY p.id, a.known_at DESC, a.url`)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer rows.Close()
	var all []ledger.PlatformInfo
	for rows.Next() {
		var p ledger.PlatformInfo
		var id any
		var n, known int64
		var address, evidence string
		if err := rows.Scan(&n, &id, &p.Proved, &evidence, &known, &p.Entries, &address); err != nil {
			return nil, l.wrap(err)
		}
		seen, err := (&Book{part{l: l}}).evidence(evidence)
		if err != nil {
			return nil, err
		}
		p.References = seen.References
		p.ID, p.Known = unpacked(id), instant(known)
		p.Entries += len(unfolded[n])
		if len(all) == 0 || all[len(all)-1].ID != p.ID {
			all = append(all, p)
		}
		if last := &all[len(all)-1]; address != "" {
			last.URLs = append(last.URLs, address)
		}
	}
	return all, l.wrap(rows.Err())
}

// Proved reports whether an import has been seen to end well on this platform.
func (b *Book) Proved(ctx context.Context) (proved bool, err error) {
	_, err = b.l.row(ctx, `SELECT proved FROM platform WHERE id = ?`, []any{b.n}, &proved)
	return proved, err
}

// SetProved remembers that an import has been checked on this platform.
func (b *Book) SetProved(ctx context.Context) error {
	return b.set(ctx, `UPDATE platform SET proved = ? WHERE id = ?`, 1)
}

func (b *Book) set(ctx context.Context, query string, v int) error {
	return b.l.w.write(ctx, func(t *tx) error {
		_, err := t.exec(query, v, b.n)
		return err
	})
}
