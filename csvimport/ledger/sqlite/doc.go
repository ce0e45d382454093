// Package sqlite is a ledger in an embedded SQLite file.
//
// # Runs
//
// A run holds an operating system lock on a file beside the ledger for as long
// as it lives: whoever gets the lock knows that it is dead.
//
// # Marks
//
// A run may leave a mark on its machine, in a folder apart from the ledger (package
// mark): by it a ledger is known that was lost, copied or put back
// ([ledger.Doubtful]). The run renews it every half minute, and sends nothing when
// it has not for a minute and a half.
//
// # Durability
//
// The file is in WAL mode with synchronous=FULL. One goroutine writes; all that
// wait while it syncs share its next transaction (group commit). The first
// failure to write is final: every later write fails with the same error, so
// that a run stops before its next order and not after it. To be locked out by
// another process is no failure to write.
//
// Intents and outcomes go into a journal first, a table of the same file, with one
// row for all records of a transaction. They are folded into the entries when a
// run ends, when there are many, and before anything is looked up that the
// journal may know, by whichever process looks: nobody outside sees it.
//
// A ledger belongs on a disk of this machine. SQLite cannot share one over a
// network drive.
package sqlite
