package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
)

// Rows are looked up by their subscriptions, also where the server has not yet learned how
// many entries there are: it does not go through all of them each time.
func TestLookUpReadsWhatItIsAbout(t *testing.T) {
	where := cluster.Fresh(t)
	l, b := openAs(t, where, postgres.Options{})
	run := mustBegin(t, b)
	const rows = 20_000
	subs := ledgertest.Fill(t, run, rows)
	for i := 0; i < rows; i += 500 {
		found, err := b.Find(t.Context(), subs[i:i+500])
		if err != nil || len(found) != 500 {
			t.Fatalf("found %d, %v", len(found), err)
		}
		if _, err := b.FindAll(t.Context(), subs[i:i+500]); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.End(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil { // a session that ends tells what it has read
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var byKey, others int64
	for byKey+others < 2*rows {
		err := conn.QueryRow(t.Context(), `SELECT coalesce(sum(idx_tup_read) FILTER (WHERE indexrelname = 'entry_platform_sub_gen_key'), 0)::bigint,
			(coalesce(sum(idx_tup_read) FILTER (WHERE indexrelname <> 'entry_platform_sub_gen_key'), 0) + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'entry'))::bigint
			FROM pg_stat_user_indexes WHERE relname = 'entry'`).Scan(&byKey, &others)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if others > 2*rows {
		t.Errorf("%d entries were read to find %d, and %d by their subscriptions", others, 2*rows, byKey)
	}
}
