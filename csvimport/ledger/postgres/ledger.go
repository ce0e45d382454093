package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
)

const (
	defaultLease    = time.Minute
	defaultPatience = 2 * time.Minute
	connectTimeout  = 10 * time.Second
	answerTimeout   = 20 * time.Second // for one transaction
	connections     = 8
)

// Ledger is an open ledger. It is safe for concurrent use.
type Ledger struct {
	where   string // the address, without a password
	self    string // tells this ledger from others
	from    string // where it may have been carried from
	options Options
	machine machine.Machine
	pool    *pgxpool.Pool

	lives lives
	stuck atomic.Bool // a transaction that writes was waited for in vain, and none has gone well since
	mu    sync.Mutex
	runs  map[*Run]bool // of this handle, that go on
}

// Options say how a ledger is opened. The zero value is the default.
type Options struct {
	Machine  machine.Machine // the computer this is, default this one
	Password string          // default: what PGPASSWORD, PGPASSFILE or a service has
	Lease    time.Duration   // how long a run is known to go on without a word from it, default one minute
	Existing bool            // make none where there is none: Open fails with ErrAbsent
	Patience time.Duration   // how long a server that does not answer is tried again, default two minutes
}

// Is reports whether a name is the address of a ledger of this kind.
func Is(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Open opens the ledger at an address, postgres://user@host:port/database with the
// parameters of libpq, TLS included. Where there is none in the database it is made,
// unless Options.Existing says otherwise.
// A password in the address is refused: addresses are kept and shown.
func Open(ctx context.Context, address string, o Options) (*Ledger, error) {
	return open(ctx, address, "", o)
}

// open is Open, also of a ledger that was carried here from a place and has not
// arrived.
func open(ctx context.Context, address, from string, o Options) (*Ledger, error) {
	o.defaults()
	l := &Ledger{where: shown(address), from: from, options: o, machine: o.Machine, runs: make(map[*Run]bool)}
	config, err := l.config(address)
	if err != nil {
		return nil, err
	}
	if l.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, wrapAt(l.where, err)
	}
	if err := l.begin(ctx); err != nil {
		l.pool.Close()
		return nil, wrapAt(l.where, err)
	}
	return l, nil
}

func (o *Options) defaults() {
	if o.Machine == nil {
		o.Machine = machine.Local()
	}
	if o.Lease == 0 {
		o.Lease = defaultLease
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
}

func (l *Ledger) config(address string) (*pgxpool.Config, error) {
	if HasPassword(address) {
		return nil, &ledger.Error{Where: l.where, Err: errPassword, Hint: hintPassword}
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, &ledger.Error{Where: l.where, Err: errAddress, Hint: hintAddress}
	}
	if l.options.Password != "" {
		config.ConnConfig.Password = l.options.Password
	}
	config.MaxConns = connections
	config.ConnConfig.ConnectTimeout = connectTimeout
	// Nothing is prepared, since the next transaction may be in another session.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	return config, nil
}

// begin greets the server and makes sure of the schema. One that is away is not
// waited for: nothing has begun.
func (l *Ledger) begin(ctx context.Context) error {
	var version int
	var standby bool
	err := l.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, pg_is_in_recovery()`).Scan(&version, &standby)
	switch {
	case err != nil:
		return err
	case tooOld(version) != nil:
		return &ledger.Error{Where: l.where, Err: tooOld(version), Hint: "name a newer server"}
	case standby:
		return &ledger.Error{Where: l.where, Err: errStandby, Hint: hintStandby}
	}
	return l.prepare(ctx)
}

// Where is the ledger's address, without a password.
func (l *Ledger) Where() string { return l.where }

// Close ends the ledger's use. Runs that have not ended count as dead once their
// leases have passed.
func (l *Ledger) Close() error {
	l.mu.Lock()
	var open []*Run
	for r := range l.runs {
		open = append(open, r)
	}
	l.mu.Unlock()
	for _, r := range open {
		r.stop()
	}
	l.pool.Close()
	return nil
}

// Check writes to the ledger.
func (l *Ledger) Check(ctx context.Context) error {
	return l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.self SET id = id`)
		return err
	})
}

// Server is what matters of the server for a ledger.
type Server struct {
	Version     string
	Synchronous string // synchronous_commit
	Standbys    string // synchronous_standby_names, empty where none is waited for
	Replicas    int    // standbys that are connected now, as far as the role may see
	User        string
}

// Server asks the server about itself.
func (l *Ledger) Server(ctx context.Context) (s Server, err error) {
	err = l.try(ctx, func(ctx context.Context) error {
		return l.pool.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('synchronous_commit'),
			current_setting('synchronous_standby_names'), (SELECT count(*) FROM pg_stat_replication), current_user`).
			Scan(&s.Version, &s.Synchronous, &s.Standbys, &s.Replicas, &s.User)
	})
	return s, err
}

// careful is how each transaction that writes begins. Who is asleep in the middle of
// one keeps nobody waiting, nobody waits for ever, and what is committed is on disk.
const careful = `SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('lock_timeout', '15s', true),
	CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END`

// write runs do in a transaction. It may be run again, where the answer was lost.
func (l *Ledger) write(ctx context.Context, do func(context.Context, pgx.Tx) error) error {
	return l.commit(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, careful); err != nil {
				return err
			}
			return do(ctx, tx)
		})
	})
}

// commit is try for a transaction that writes. A server that was waited for in vain is
// not waited for again until it has taken something: it may well answer who only reads,
// while no standby confirms a commit.
func (l *Ledger) commit(ctx context.Context, do func(context.Context) error) error {
	tired, err := l.tryUntil(ctx, func(waited time.Duration) bool { return l.stuck.Load() || l.tired(waited) }, do)
	if err == nil || tired {
		l.stuck.Store(tired)
	}
	return err
}

// try does something with the server, again and again while that does not answer,
// for as long as the ledger is patient.
func (l *Ledger) try(ctx context.Context, do func(context.Context) error) error {
	_, err := l.tryUntil(ctx, l.tired, do)
	return err
}

func (l *Ledger) tired(waited time.Duration) bool { return waited >= l.options.Patience }

// tryUntil reports also whether the server was waited for in vain, which is when enough
// says so.
func (l *Ledger) tryUntil(ctx context.Context, enough func(waited time.Duration) bool, do func(context.Context) error) (tired bool, err error) {
	began := l.machine.Elapsed()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		one, cancel := context.WithTimeout(ctx, answerTimeout)
		err := do(one)
		cancel()
		switch {
		case err == nil:
			return false, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case !passing(err):
			return false, wrapAt(l.where, err)
		case enough(l.machine.Elapsed() - began):
			return true, wrapAt(l.where, err)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// query collects what a query returns.
func query[T any](ctx context.Context, l *Ledger, scan pgx.RowToFunc[T], sql string, args ...any) (all []T, err error) {
	err = l.try(ctx, func(ctx context.Context) error {
		rows, err := l.pool.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scan)
		return err
	})
	return all, err
}

// one scans the one row of a query into to and reports whether there was one.
func (l *Ledger) one(ctx context.Context, to []any, sql string, args ...any) (found bool, err error) {
	err = l.try(ctx, func(ctx context.Context) error {
		err := l.pool.QueryRow(ctx, sql, args...).Scan(to...)
		found = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return found, err
}

// host is the machine's name, for the run.
func (l *Ledger) host() string {
	if h := l.machine.Host(); h != "" {
		return h
	}
	return fmt.Sprintf("process %d", os.Getpid())
}
