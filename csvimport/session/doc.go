// Package session is one import from the file to its results: checks, estimates,
// the first day, the confirmation, the run, and what is written at its end.
//
// # The passes over the file
//
// The file is copied when it is opened and read from that copy, as often as there
// is a reason to:
//
//  1. Is everything done already? Without asking the platform for more than a
//     greeting; it ends at the first row that is not.
//  2. The checks: every finding of every row, and on the way all that the preview
//     tells. It has to come to its end before the first order.
//  3. The engine's look at the ledger. A person may have taken an hour to answer;
//     what counts is what the ledger has now.
//  4. Placing.
//  5. The results, each from its row and the ledger, since no result is kept in
//     memory.
//
// A rehearsal has the checks and a pass that asks for estimates.
package session
