package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// databases is the server of those scripts that need one.
var databases pgtest.Cluster

// useDatabase keeps the ledger in a fresh database.
func useDatabase(ts *testscript.TestScript, _ bool, _ []string) {
	address, release, err := databases.Borrow()
	ts.Check(err)
	ts.Defer(release)
	ts.Setenv("BULKIMPORT_LEDGER", address)
}
