package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Drawer keeps small things for a time, of kinds and under keys, for all programs that
// have a drawer of this name. A server that does not answer is not waited for long: a
// person waits. It is safe for concurrent use.
type Drawer struct {
	c    *Commons
	name string
}

// Drawer is the drawer of a name.
func (c *Commons) Drawer(name string) *Drawer { return &Drawer{c, name} }

const (
	drawerPatience = 5 * time.Second
	mostInDrawer   = 10_000 // of a kind
)

// soon does something for a person who waits.
func (d *Drawer) soon(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, drawerPatience)
	defer cancel()
	return wrapAt(d.c.l.where, do(ctx))
}

// Get is what is kept under a key; nil if nothing is.
func (d *Drawer) Get(ctx context.Context, kind, key string) (about []byte, err error) {
	err = d.soon(ctx, func(ctx context.Context) error {
		_, err := d.c.l.one(ctx, []any{&about}, `SELECT about FROM import_service.thing WHERE drawer = $1 AND kind = $2 AND id = $3`, d.name, kind, key)
		return err
	})
	return about, err
}

// All is what is kept of a kind, by its keys.
func (d *Drawer) All(ctx context.Context, kind string) (map[string][]byte, error) {
	all := make(map[string][]byte)
	scan := func(rows pgx.CollectableRow) (id string, err error) {
		var about []byte
		err = rows.Scan(&id, &about)
		all[id] = about
		return id, err
	}
	err := d.soon(ctx, func(ctx context.Context) error {
		clear(all)
		_, err := query(ctx, d.c.l, scan, `SELECT id, about FROM import_service.thing WHERE drawer = $1 AND kind = $2`, d.name, kind)
		return err
	})
	return all, err
}

// Change puts something in place of what is kept, nil where nothing is, while nobody else
// changes it; until is when it may be forgotten. nil removes. change may be called again.
func (d *Drawer) Change(ctx context.Context, kind, key string, change func(old []byte) (now []byte, until time.Time)) error {
	return d.soon(ctx, func(ctx context.Context) error {
		return d.c.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return d.change(ctx, tx, kind, key, change) })
	})
}

func (d *Drawer) change(ctx context.Context, tx pgx.Tx, kind, key string, change func([]byte) ([]byte, time.Time)) error {
	// What is not there yet cannot be locked itself.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || ' ' || $3, 0))`, d.name, kind, key); err != nil {
		return err
	}
	var old []byte
	err := tx.QueryRow(ctx, `SELECT about FROM import_service.thing WHERE drawer = $1 AND kind = $2 AND id = $3`, d.name, kind, key).Scan(&old)
	fresh := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !fresh {
		return err
	}
	now, until := change(old)
	if now == nil {
		_, err = tx.Exec(ctx, `DELETE FROM import_service.thing WHERE drawer = $1 AND kind = $2 AND id = $3`, d.name, kind, key)
		return err
	}
	if fresh {
		if err := d.makeRoom(ctx, tx, kind); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO import_service.thing (drawer, kind, id, about, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (drawer, kind, id) DO UPDATE SET about = excluded.about, until = excluded.until`, d.name, kind, key, now, until)
	return err
}

// makeRoom drops what may be forgotten, and of too many things of a kind those that may be
// first. What others are at stays.
func (d *Drawer) makeRoom(ctx context.Context, tx pgx.Tx, kind string) error {
	_, err := tx.Exec(ctx, `DELETE FROM import_service.thing WHERE (drawer, kind, id) IN (
		SELECT drawer, kind, id FROM import_service.thing WHERE until < clock_timestamp() - interval '1 hour'
			OR drawer = $1 AND kind = $2 AND id IN (
				SELECT id FROM import_service.thing WHERE drawer = $1 AND kind = $2 ORDER BY until DESC OFFSET $3)
		FOR UPDATE SKIP LOCKED)`, d.name, kind, mostInDrawer-1)
	return err
}
