// Package apsclient is CloudBlue Commerce as seen over the APS bus: signing,
// RQL, paging, tenants, accounts, plans, orders, refusals and pauses.
//
// # Sending
//
// All calls go one way. There a request is signed (OAuth 1.0a two-legged, RFC
// 5849, or an OAuth 2 bearer token) and bounded in time and size, and a failure
// is sorted by what the caller can do about it: see [Kind].
//
// The order API has no idempotency key, so placing an order is one POST, and it
// is never repeated here. If the request was certainly not written, the error
// is of kind [NotSent]; if it may have been written and no clear answer came,
// of kind [InDoubt]. The two are told apart by net/http/httptrace, not by the
// text of an error. A no to a request that was written may be the echo of a first
// delivery, which a proxy sent twice: [Error.Written] says so, and whoever placed
// the order looks before believing it. OrderRequest.Check is asked at the last
// moment before the wire. A read is repeated at most twice.
//
// # What is assumed
//
// Much of the wire is known from public records, and some of it is inferred.
// [Wire] has every name, path and value that is not certain, and
// [Wire.Assumptions] marks each of them: documented, seen or inferred.
//
// # Clocks and connections
//
// Wall time and connections come from Config.Clock and Config.Dial, so
// that several machines can live in one process. Timeouts and pauses are those
// of package time.
//
// # Concurrency
//
// A [Client] and an [Orders] are safe for concurrent use. The caller decides
// how many requests are in flight; the pool has Config.Connections connections
// and a few more.
package apsclient
