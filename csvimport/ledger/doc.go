// Package ledger says what a ledger is: it remembers what was intended and what
// became of it, across runs. Here are its words, the interfaces through which an
// import uses it, and the rules by which every ledger grants and settles; a
// ledger itself is in a package of its own.
//
// # What it promises
//
// An intent is durable before [Run.Intend] says that it is granted, and is
// granted to one run at a time: of all the runs, in all the processes that share
// a ledger, at most one may send a request for a subscription. An outcome is
// durable when [Run.Record] returns. An entry for which an order is known to
// exist never becomes one that may be sent again in the same generation. Nothing
// here depends on a clock: times are kept for people and for the importer.
//
// # Runs and claims
//
// What a run holds as intended, in doubt or accepted belongs to it until it ends
// or dies; then another run may take it over ([Run.Take]). How a ledger tells
// that a run has died is its own affair. A run that cannot be told dead is alive.
//
// # Rules
//
// [Grant], [Outcome], [TakeOver] and [Reopen] decide; they are told all they need
// to know and change nothing. A ledger reads the heads ([Head]) under its lock,
// asks them, and writes what they return before it lets the lock go.
package ledger
