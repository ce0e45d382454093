// Package joined reads the rows of a file beside what a ledger has of their
// subscriptions, and keeps what is noted of each row in a few bits.
package joined
