package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// steps bring the schema from each version to the next, the first from nothing to
// 1; how many have been taken is kept in self. Times are Unix milliseconds by the
// machine's clock, 0 for none, but for leases, which are the server's. Texts are as
// escaped has them.
func steps() []string {
	return []string{`
CREATE TABLE import_ledger.self (
	version  bigint NOT NULL,
	id       text NOT NULL, -- tells this ledger from others
	moved_to text NOT NULL DEFAULT ''
);
CREATE TABLE import_ledger.platform (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	aps      text NOT NULL UNIQUE,
	proved   boolean NOT NULL DEFAULT false,
	known_at bigint NOT NULL,
	evidence bytea NOT NULL DEFAULT '' -- ledger.Evidence as JSON
);
CREATE TABLE import_ledger.address (
	url      text PRIMARY KEY,
	platform bigint NOT NULL,
	known_at bigint NOT NULL
);
CREATE TABLE import_ledger.run (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	platform    bigint NOT NULL,
	file        text NOT NULL,
	file_hash   text NOT NULL,
	rows        bigint NOT NULL,
	started_at  bigint NOT NULL,
	ended_at    bigint NOT NULL DEFAULT 0,
	host        text NOT NULL,
	pid         bigint NOT NULL,
	version     text NOT NULL,
	outcome     text NOT NULL DEFAULT '',
	said        text NOT NULL DEFAULT '',
	stop        boolean NOT NULL DEFAULT false,
	shaken      bigint NOT NULL DEFAULT 0, -- the ledger.Loss it began with, until Run.Trusted
	lease       interval NOT NULL,
	lease_until timestamptz NOT NULL,
	batch       bigint NOT NULL DEFAULT 0 -- the last that was written
);
CREATE INDEX run_platform ON import_ledger.run (platform, id);
CREATE INDEX run_open ON import_ledger.run (platform) WHERE ended_at = 0 AND outcome = '';
CREATE TABLE import_ledger.entry (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	platform bigint NOT NULL,
	old bigint NOT NULL, gen bigint NOT NULL, state bigint NOT NULL, run bigint NOT NULL, sent_by bigint NOT NULL, sends bigint NOT NULL,
	doubted bigint NOT NULL, doubt_since bigint NOT NULL, doubt_here bigint NOT NULL, submitted_at bigint NOT NULL, finished_at bigint NOT NULL,
	shown_at bigint NOT NULL, origin bigint NOT NULL, http_status bigint NOT NULL, imported bigint NOT NULL,
	sub text NOT NULL, tenant text NOT NULL, account_id text NOT NULL, account_no text NOT NULL, account_name text NOT NULL, email text NOT NULL,
	plan_id text NOT NULL, plan_name text NOT NULL, cut_off text NOT NULL, order_id text NOT NULL, order_number text NOT NULL,
	order_status text NOT NULL, code text NOT NULL, message text NOT NULL, commerce_sub text NOT NULL,
	UNIQUE (platform, sub, gen)
);
CREATE INDEX entry_state ON import_ledger.entry (platform, state, id) WHERE old = 0;
CREATE INDEX entry_held ON import_ledger.entry (platform, run) WHERE state IN (1, 4, 5, 9);
CREATE TABLE import_ledger.event (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	platform bigint NOT NULL,
	sub      text NOT NULL,
	gen      bigint NOT NULL,
	run      bigint NOT NULL,
	at       bigint NOT NULL,
	note     text NOT NULL
);
CREATE INDEX event_sub ON import_ledger.event (platform, sub);
CREATE TABLE import_ledger.sighting (
	platform     bigint NOT NULL,
	order_id     text NOT NULL,
	sub          text NOT NULL,
	gen          bigint NOT NULL,
	order_number text NOT NULL,
	order_status text NOT NULL,
	first_seen   bigint NOT NULL,
	run          bigint NOT NULL,
	acknowledged boolean NOT NULL,
	PRIMARY KEY (platform, order_id)
);
CREATE INDEX sighting_sub ON import_ledger.sighting (platform, sub);
CREATE TABLE import_ledger.export (
	platform   bigint NOT NULL,
	sub        text NOT NULL,
	at         bigint NOT NULL,
	plan_id    text NOT NULL,
	cut_off    text NOT NULL,
	tenant     text NOT NULL,
	account_id text NOT NULL,
	company    text NOT NULL,
	email      text NOT NULL,
	PRIMARY KEY (platform, sub)
);`, `
ALTER TABLE import_ledger.run
	ADD operator text NOT NULL DEFAULT '',
	ADD system bigint NOT NULL DEFAULT 0, ADD timeline bigint NOT NULL DEFAULT 0, ADD log bigint NOT NULL DEFAULT 0; -- the position it began at`, `
ALTER TABLE import_ledger.run
	ADD life text NOT NULL DEFAULT '', -- the word of what its process keeps locked on its machine, empty if nothing
	ADD gone boolean NOT NULL DEFAULT false; -- the process was found to have let go of it`}
}

// schemaLock is the number of the lock under which the schema is made: two who
// create a table at once fail, whatever they say of its existence.
const schemaLock = 0x426b496d // "BkIm"

// prepare makes the schema, or brings an older one up to date, and reads what tells
// this ledger from others.
func (l *Ledger) prepare(ctx context.Context) error {
	if l.self != "" {
		return nil
	}
	version, movedTo, err := l.recognise(ctx, l.pool)
	if err != nil {
		return err
	}
	if version == 0 && l.options.Existing {
		return &ledger.Error{Where: l.where, Err: ledger.ErrAbsent, Hint: "an import makes it"}
	}
	if version < int64(len(steps())) {
		if err := l.upgrade(ctx); err != nil {
			return makingAt(l.where, err)
		}
		version, movedTo, err = l.recognise(ctx, l.pool)
	}
	switch {
	case err != nil:
		return err
	case version > int64(len(steps())):
		return &ledger.Error{Where: l.where, Err: errNewer, Hint: "use the newer version"}
	case movedTo != "" && movedTo != l.from:
		return &ledger.Error{Where: l.where, Err: ledger.ErrGone, Hint: "it is " + movedTo + " now"}
	}
	return nil
}

var errNewer = errors.New("the ledger was written by a newer version of this program")

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// tableThere reads the catalogue as a table: its functions answer from a cache that
// may be older than what another process has just made.
const tableThere = `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'import_ledger' AND tablename = 'self')`

// recognise returns the version of the schema, 0 if there is none.
func (l *Ledger) recognise(ctx context.Context, q querier) (version int64, movedTo string, err error) {
	var there bool
	if err := q.QueryRow(ctx, tableThere).Scan(&there); err != nil || !there {
		return 0, "", err
	}
	err = q.QueryRow(ctx, `SELECT version, id, moved_to FROM import_ledger.self`).Scan(&version, &l.self, &movedTo)
	return version, movedTo, err
}

func (l *Ledger) upgrade(ctx context.Context) error {
	return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(schemaLock)); err != nil {
			return err
		}
		version, _, err := l.recognise(ctx, tx)
		if err != nil || version >= int64(len(steps())) {
			return err
		}
		if version == 0 {
			var there bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'import_ledger')`).Scan(&there); err != nil {
				return err
			}
			if !there {
				if _, err := tx.Exec(ctx, `CREATE SCHEMA import_ledger`); err != nil {
					return err
				}
			}
		}
		for _, step := range steps()[version:] {
			if _, err := tx.Conn().PgConn().Exec(ctx, step).ReadAll(); err != nil {
				return err
			}
		}
		if version > 0 {
			_, err = tx.Exec(ctx, `UPDATE import_ledger.self SET version = $1`, int64(len(steps())))
			return err
		}
		var id [8]byte
		rand.Read(id[:])
		_, err = tx.Exec(ctx, `INSERT INTO import_ledger.self (version, id) VALUES ($1, $2)`, int64(len(steps())), hex.EncodeToString(id[:]))
		return err
	})
}

// oldest is the oldest server that will do.
const oldest = 13

// tooOld says so of a server, by its number of version.
func tooOld(version int) error {
	if version/10000 >= oldest {
		return nil
	}
	return fmt.Errorf("the server is PostgreSQL %d, and a ledger needs %d or later", version/10000, oldest)
}
