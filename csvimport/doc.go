// Package csvimport has the words of an import: what a row is, what is found about
// it, what becomes of it. The work is done in the rooms below it.
//
// # The map
//
//	session     one import from file to results, confirmation and first day included
//	engine      at most one order for each row, followed to its end
//	  evidence  what listings have shown so far, and what may be placed on it
//	  pace      how fast: pressure, outages, pauses
//	  joined    rows beside their entries
//	  outcome   what an entry and an order make of a row: its result
//	again       subscriptions that a person opens for another order
//	estimate    what the platform says an order would cost
//	check       all that can be said before the first order, and what is amiss after the last
//	catalog     what the platform has: plans, accounts, tenants
//	  spill     records found by key, in memory or on disk
//	worksheet   what a person found of orders in doubt, as a table, and the proof of it
//	rows        the operator's file: records to rows, and the tables that go back
//	sheet       what spreadsheets make of a table
//	  delimited tables as delimited text
//	  workbook  tables in Excel workbooks, which are read
//	  spool     a private copy of bytes, in memory or on disk
//	ledger      what was intended and what became of it, across runs: the contract
//	  sqlite    in an embedded file
//	    lockfile  locks that end with their process
//	    mark    what a machine remembers of a ledger, so that a copy is seen
//	  ledgertest  what every ledger has to pass
//	report      a run as a page to look at
//	guid, normal, similar   ids; the form in which values are compared; names most like another
//	mangled     what spreadsheets and code pages have made of a text
//	machine     the computer: its clocks, its start, its name
//	simulation  whole imports in fake time, in a world that lies: tests alone
//
// Arrows go down: session knows engine, check, rows and catalog; those know the
// ledger's contract, sheets, ids and these words, and report knows these words
// alone. Only engine, catalog and the audit in check talk to the platform (package
// apsclient). Nobody below knows who is above.
//
// # The way of a row
//
//	bytes → sheet.Record → Row with its findings → account, plan and subscription → order → Result
//
//	sheet/delimited  cuts the file's bytes into records, each with its line and row;
//	                 sheet/workbook does it for a workbook, with what is stored in each cell
//	rows             parses a record, once a pass: Row, typed or with the findings that say why not
//	catalog          resolves it: account, plan, what the tenant list tells of the subscription
//	check            adds what the ledger remembers, and what only all rows together show
//	engine           writes the intent, sends the order, writes the outcome, follows it to its end
//	rows             writes the result beside the operator's own columns
//
// A wrong row is a Row with findings, never an error; a failed order is a Result.
//
// # Glossary
//
//   - Intent: the ledger's entry for an order that is about to be sent. It is on the
//     disk before the request is.
//   - Doubt: a request that ended without a clear answer. Its order may exist. It is
//     looked for; it is sent again only when settle has passed, a look finds nothing,
//     and a person says so.
//   - Denied: a request that got a clear no. It is believed after a look that finds no
//     order, since the no may be the echo of a first delivery.
//   - Settle: how long an order without an answer may still turn up.
//   - Lag: how long orders take to show in a listing.
//   - Evidence: what listings have shown so far. It ages, and begins anew with a look
//     and a first order.
//   - First order: the one that is placed alone, until a listing shows it.
//   - Foreign: an order with our reference that this ledger did not place.
//   - Adopted: an order of another ledger that was there when evidence began.
//   - Candidate: a listed order that may be that of a row on its way.
//   - Sighting: a second order of a subscription, as last seen.
//   - Control: an order known to exist. Only where a look shows it does the absence
//     of another prove anything.
//   - Generation: 1 for a subscription's first order, one more for each that a
//     person has opened again after it was cancelled.
//   - Reference: what an order carries so that it is found again, made of
//     subscription and generation alone.
//   - Lane: the rows of one account, of which only so many are sent at a time.
//   - Outage: a platform that does not answer. The run pauses and sends probes.
//   - Canary: the first rows of a run, if the others wait for their good end. The
//     first day is a canary of one row, after which a person looks.
//   - Claim: an entry belongs to the run that intended it, as long as that is alive.
package csvimport
