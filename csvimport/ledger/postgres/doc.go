// Package postgres is a ledger that several operators and machines share, kept by a
// PostgreSQL server of version 13 or later.
//
// A run is known to go on for as long as its lease lasts, by the server's clock. It
// renews the lease every quarter, by a statement of its own, and may send for half a
// lease from the beginning of the last renewal, by a clock of its machine's that
// counts sleep. It is dead only once the lease has passed and the server has been up
// for as long, and then for good: whatever it still tries is refused. That it has ended is
// proved by its own word alone, or by a lock that its process keeps on its machine, which
// is looked at whenever a run begins there: who was only not heard of may be asleep.
//
// What a run writes is queued and written in batches: each is one transaction, which
// holds the platform's row, reads what the batch is about, lets the rules decide, and
// writes sets of rows. Batches are numbered in the run's row, so that one whose answer
// was lost is not done twice. What a batch is about is not read where the run knows it:
// what it holds nobody else changes, and a row that is new to it must have no entry, or
// the transaction breaks off and is done again with reading. Then a batch takes one round
// trip.
//
// Nothing is kept in a session: what pools connections by transaction may stand in
// between. All of it is in the schema import_ledger.
package postgres
