// Package ledger remembers what was intended and what became of it, across
// runs, in an embedded SQLite file.
//
// # What it promises
//
// An intent is on the disk before [Run.Intend] says that it is granted, and is
// granted to one run at a time: of all the runs, in all the processes that
// share the file, at most one may send a request for a subscription. An outcome
// is on the disk when [Run.Record] returns. An entry for which an order is known
// to exist never becomes one that may be sent again in the same generation.
// Nothing here depends on a clock: times are kept for people and for the
// importer.
//
// # Runs and claims
//
// A run holds an operating system lock on a file beside the ledger for as long
// as it lives. What it holds as intended, in doubt or accepted belongs to it
// until it ends or dies; then another run may take it over ([Run.Take]).
//
// # Durability
//
// The file is in WAL mode with synchronous=FULL. One goroutine writes; all that
// wait while it syncs share its next transaction (group commit). The first
// failure to write is final: every later write fails with the same error, so
// that a run stops before its next order and not after it.
//
// Intents and outcomes go into a journal first, a table of the same file, with one
// row for all records of a transaction. They are folded into the entries when a
// run ends, when there are many, and before anything is looked up that the
// journal may know, by whichever process looks: nobody outside sees it.
//
// A ledger belongs on a disk of this machine. SQLite cannot share one over a
// network drive.
package ledger
