package postgres_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
	"bulkimport/csvimport/ledger/sqlite"
)

// cluster is the server of these tests.
var cluster pgtest.Cluster

func TestMain(m *testing.M) {
	ledgertest.Other(kind())
	code := m.Run()
	cluster.Close()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestLedger(t *testing.T) {
	cluster.Need(t)
	ledgertest.Exercise(t, kind())
}

// Sessions may be another's from one transaction to the next.
func TestPooled(t *testing.T) {
	where := cluster.Pooled(t, cluster.Fresh(t))
	_, b := openAs(t, where, postgres.Options{})
	_, other := openAs(t, where, postgres.Options{})
	var all errgroup.Group
	for i, r := range []ledger.Begun{mustBegin(t, b), mustBegin(t, other)} {
		for row := range 100 {
			all.Go(func() error {
				e, granted, err := r.Intend(t.Context(), ledgertest.Entry(200*i+row))
				if err != nil || !granted {
					return fmt.Errorf("row %d: granted %v, %w", row, granted, err)
				}
				e.State, e.HTTPStatus = ledger.Refused, 400
				return r.Record(t.Context(), "refused", e)
			})
		}
		t.Cleanup(func() { r.End(context.Background(), "done") })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	totals, err := b.Totals(t.Context())
	if err != nil || totals[ledger.Refused] != 200 {
		t.Errorf("%v, %v", totals, err)
	}
}

// A ledger goes from a file to a database and back.
func TestCarry(t *testing.T) {
	cluster.Need(t)
	file := ledgertest.Kind{
		Fresh: func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "ledger.db") },
		Store: func(where, marks string) (ledger.Store, error) { return sqlite.At(where, marks, sqlite.Options{}) },
		Open: func(ctx context.Context, where string) (ledgertest.Ledger, error) {
			l, err := sqlite.Open(ctx, where, sqlite.Options{})
			return ofFile{l}, err
		},
	}
	t.Run("to a database", func(t *testing.T) { ledgertest.Carry(t, file, kind()) })
	t.Run("to a file", func(t *testing.T) { ledgertest.Carry(t, kind(), file) })
}

type ofFile struct{ *sqlite.Ledger }

func (l ofFile) Platform(ctx context.Context, id, address string) (ledgertest.Book, error) {
	b, err := l.Ledger.Platform(ctx, id, address)
	return b, err
}

// lease is short, so that the suites need not wait for long.
const lease = 3 * time.Second

// kind is PostgreSQL, as the suites reach it.
func kind() ledgertest.Kind {
	return ledgertest.Kind{
		Lease: lease + time.Second,
		Fresh: func(tb testing.TB) string { return cluster.Fresh(tb) },
		Store: func(where, marks string) (ledger.Store, error) {
			return postgres.At(where, marks, postgres.Options{Lease: lease}), nil
		},
		Open: func(ctx context.Context, where string) (ledgertest.Ledger, error) {
			l, err := postgres.Open(ctx, where, postgres.Options{Lease: lease})
			return ofKind{l}, err
		},
	}
}

type ofKind struct{ *postgres.Ledger }

func (l ofKind) Platform(ctx context.Context, id, address string) (ledgertest.Book, error) {
	b, err := l.Ledger.Platform(ctx, id, address)
	return b, err
}

var _ ledgertest.Exports = (*postgres.Book)(nil)
