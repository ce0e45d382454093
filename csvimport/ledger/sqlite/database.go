package sqlite

import (
	"database/sql"

	"modernc.org/sqlite"
)

// Database opens an SQLite file that is no ledger, for what lies beside one: it is
// created where there is none, readable by its owner alone, and what is committed is
// durable. One connection is in use at a time.
func Database(path string) (*sql.DB, error) {
	path, err := place(path, true)
	if err != nil {
		return nil, wrapAt(path, err)
	}
	connector, err := sqlite.NewConnector(dsn(path, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)"))
	if err != nil {
		return nil, wrapAt(path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}
