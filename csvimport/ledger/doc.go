// Package ledger remembers what was intended and what became of it, across
// runs, in an embedded SQLite file.
package ledger
