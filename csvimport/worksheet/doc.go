// Package worksheet is the table in which people say what became of orders that
// nothing else can tell of, and the proof of what they say.
//
// It is written with an empty column, found. A person looks in Billing and fills
// in the number of an order, none, or corrected, and comes back with the file as a
// spreadsheet has left it. What is said is compared with the ledger and with what
// the platform shows; what does not hold is a finding, and the row stays as it was.
package worksheet
