package postgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
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

// lease is short, so that the suites need not wait for long.
const lease = 3 * time.Second

// kind is PostgreSQL, as the suites reach it.
func kind() ledgertest.Kind {
	return ledgertest.Kind{
		Lease: lease + time.Second,
		Fresh: func(tb testing.TB) string { return cluster.Fresh(tb) },
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
