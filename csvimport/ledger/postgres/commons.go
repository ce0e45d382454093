package postgres

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Commons is what the programs of a team share beside the ledger: shelves, drawers, and
// who of them lives. It is in the schema [CommonsSchema] of the ledger's database, and safe for
// concurrent use.
type Commons struct {
	l    *Ledger
	pool *pgxpool.Pool
	self string
}

// CommonsSchema is where a team's things are, those of its queue as well.
const CommonsSchema = "import_service"

// Present is how long a program is taken to live after its last word.
const Present = 30 * time.Second

const queueConnections = 4

const commonsTables = `
CREATE SCHEMA IF NOT EXISTS import_service;
CREATE TABLE IF NOT EXISTS import_service.record (
	shelf text NOT NULL,
	id    text NOT NULL,
	about bytea NOT NULL,
	PRIMARY KEY (shelf, id)
);
CREATE TABLE IF NOT EXISTS import_service.part (
	shelf text NOT NULL,
	id    text NOT NULL,
	name  text NOT NULL,
	n     bigint NOT NULL,
	bytes bytea NOT NULL,
	at    timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (shelf, id, name, n)
);
CREATE TABLE IF NOT EXISTS import_service.thing (
	drawer text NOT NULL,
	kind   text NOT NULL,
	id     text NOT NULL,
	about  bytea NOT NULL,
	until  timestamptz NOT NULL,
	PRIMARY KEY (drawer, kind, id)
);
CREATE INDEX IF NOT EXISTS thing_until ON import_service.thing (until);
CREATE TABLE IF NOT EXISTS import_service.program (
	name        text PRIMARY KEY,
	lease       interval NOT NULL,
	lease_until timestamptz NOT NULL
);
DELETE FROM import_service.program WHERE lease_until < clock_timestamp() - interval '1 day';`

// OpenCommons opens what is shared in the database at an address, which is a ledger as
// well; it is made where there is none. The caller becomes one of the programs that
// share it once it has called [Commons.Beat].
func OpenCommons(ctx context.Context, address string, o Options) (*Commons, error) {
	l, err := Open(ctx, address, o)
	if err != nil {
		return nil, err
	}
	c := &Commons{l: l, self: rand.Text()}
	if err := c.begin(ctx, address); err != nil {
		c.Close()
		return nil, wrapAt(l.where, err)
	}
	return c, nil
}

func (c *Commons) begin(ctx context.Context, address string) error {
	config, err := c.l.config(address)
	if err != nil {
		return err
	}
	// A queue's statements need to know the types of what they are given.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.MaxConns = queueConnections
	if c.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	return c.Alone(ctx, func() error {
		conn, err := c.l.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, err = conn.Conn().PgConn().Exec(ctx, commonsTables).ReadAll()
		return err
	})
}

// Alone does something while no other program does anything so.
func (c *Commons) Alone(ctx context.Context, do func() error) error {
	return pgx.BeginFunc(ctx, c.l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(schemaLock)); err != nil {
			return err
		}
		return do()
	})
}

// Close ends the use of what is shared.
func (c *Commons) Close() {
	if c.pool != nil {
		c.pool.Close()
	}
	c.l.Close()
}

// Pool is for a queue in the same database.
func (c *Commons) Pool() *pgxpool.Pool { return c.pool }

// Self is the name of this program among those that share.
func (c *Commons) Self() string { return c.self }

// Beat tells the others that this program lives, for as long as [Present].
func (c *Commons) Beat(ctx context.Context) error {
	_, err := c.l.pool.Exec(ctx, `INSERT INTO import_service.program (name, lease, lease_until)
		VALUES ($1, $2::bigint * interval '1 millisecond', clock_timestamp() + $2::bigint * interval '1 millisecond')
		ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until`, c.self, Present.Milliseconds())
	return wrapAt(c.l.where, err)
}

// Leave tells the others that this program takes no further part.
func (c *Commons) Leave(ctx context.Context) error {
	_, err := c.l.pool.Exec(ctx, `DELETE FROM import_service.program WHERE name = $1`, c.self)
	return wrapAt(c.l.where, err)
}

// Living are the programs that live, or cannot be told dead: the server may have been
// away when they meant to say so.
func (c *Commons) Living(ctx context.Context) ([]string, error) {
	rows, err := c.l.pool.Query(ctx, `SELECT name FROM import_service.program WHERE `+alive)
	if err != nil {
		return nil, wrapAt(c.l.where, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, wrapAt(c.l.where, err)
}
