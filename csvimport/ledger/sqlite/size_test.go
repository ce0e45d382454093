package sqlite_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

func TestSizePerRow(t *testing.T) {
	n := 100_000
	if testing.Short() || raceDetector {
		n = 10_000
	}
	l, book := open(t, "")
	run := begin(t, book)
	empty := size(t, l)
	ledgertest.Fill(t, run, n)
	mustDo(t, l.Close())
	perRow := float64(size(t, l)-empty) / float64(n)
	t.Logf("%.0f bytes a row at %d rows", perRow, n)
	if perRow >= 400 {
		t.Errorf("%.0f bytes a row, want fewer than 400", perRow)
	}
}

func size(t testing.TB, l *sqlite.Ledger) int64 {
	t.Helper()
	info, err := os.Stat(l.Path())
	mustDo(t, err)
	return info.Size()
}

func TestQueriesUseIndexes(t *testing.T) {
	l, book := open(t, "")
	run := begin(t, book)
	ledgertest.Fill(t, run, 500)
	db, err := sql.Open("sqlite", l.Path())
	mustDo(t, err)
	defer db.Close()
	for name, query := range sqlite.Queries() {
		args := make([]any, strings.Count(query, "?"))
		rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			mustDo(t, rows.Scan(&id, &parent, &unused, &detail))
			plan = append(plan, detail)
		}
		rows.Close()
		joined := strings.Join(plan, "; ")
		t.Logf("%-16s %s", name, joined)
		if !strings.Contains(joined, "SEARCH") && !strings.Contains(joined, "USING COVERING INDEX run_open") {
			t.Errorf("%s goes through the whole table: %s", name, joined)
		}
		for _, bad := range []string{"SCAN entry", "SCAN event", "SCAN export", "SCAN text"} {
			if strings.Contains(joined, bad) {
				t.Errorf("%s goes through a whole table: %s", name, joined)
			}
		}
		// Both indexes begin with the platform; by the wrong one the whole
		// platform would be read.
		if strings.HasPrefix(name, "find") || strings.HasPrefix(name, "head") {
			if !strings.Contains(joined, "sub=?") {
				t.Errorf("%s uses the wrong index: %s", name, joined)
			}
		}
	}
}
