package sqlite_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// TestForeignSchema refuses ledgers into which somebody has put what runs when they
// are used.
func TestForeignSchema(t *testing.T) {
	for _, tt := range []struct{ name, sql, words string }{
		{"a trigger that rewrites orders", `CREATE TRIGGER evil AFTER UPDATE ON entry BEGIN UPDATE entry SET order_number = 'SO999' WHERE id = NEW.id; END`, `trigger "evil"`},
		{"a trigger by a name of ours", `CREATE TRIGGER entry_hold AFTER UPDATE OF state ON entry BEGIN DELETE FROM entry; END`, `trigger "entry_hold"`},
		{"a view for a table, that never ends", `DROP TABLE self; CREATE VIEW self (id, moved_to) AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i), '' FROM n`, `view "self"`},
		{"a table that computes", `DROP TABLE probe; CREATE TABLE probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, x AS (zeroblob(1000000000)))`, `table "probe"`},
		{"a table with a check", `DROP TABLE probe; CREATE TABLE probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL CHECK (at < 0))`, `table "probe"`},
		{"an index over an expression", `CREATE INDEX evil ON entry (length(order_number))`, `index "evil"`},
		{"a virtual table", `CREATE VIRTUAL TABLE evil USING fts5(x)`, `"evil"`},
		{"a further table", `CREATE TABLE evil (x)`, `table "evil"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, book := open(t, "")
			run := begin(t, book)
			ledgertest.Fill(t, run, 3)
			mustDo(t, run.End(t.Context(), "done"))
			mustDo(t, l.Close())
			db, err := sql.Open("sqlite", l.Path())
			mustDo(t, err)
			_, err = db.Exec(tt.sql)
			mustDo(t, err)
			mustDo(t, db.Close())

			begun := time.Now()
			again, err := sqlite.Open(t.Context(), l.Path(), sqlite.Options{})
			if err == nil {
				again.Close()
			}
			if !errors.Is(err, ledger.ErrDamaged) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("error %v, want one that names the %s", err, tt.words)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
