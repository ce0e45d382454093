// Package apsclient is CloudBlue Commerce as seen over the APS bus: signing,
// RQL, paging, tenants, accounts, plans, orders, refusals and pauses.
//
// # Sending
//
// Every call goes through one throat, which signs it (OAuth 1.0a two-legged,
// RFC 5849, or an OAuth 2 bearer token), bounds it in time and size, and sorts
// what goes wrong by what the caller can do about it: see [Kind].
//
// The order API has no idempotency key, so placing an order is one POST and
// never repeated here: a request that was certainly not written is [NotSent],
// one that may have been written and has no clear answer is [InDoubt]. The two
// are told apart with net/http/httptrace, not by error text. Reads are repeated
// at most twice.
//
// # What is assumed
//
// Much of the wire is known from public records and some of it is inferred.
// Every inferred name is in [Wire], with its mark in [Wire.Assumptions].
//
// # Concurrency
//
// A [Client] and an [Orders] are safe for concurrent use. How many requests are
// in flight is the caller's business; the connection pool is as wide as
// Config.Connections.
package apsclient
