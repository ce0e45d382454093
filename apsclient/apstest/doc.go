// Package apstest is a stand-in for CloudBlue Commerce: a real HTTP server on
// loopback, or on a net within the process, that takes import orders over the
// APS bus, and misbehaves when told.
//
// It is written apart from the client it tests, with its own signature check,
// RQL parser and encoders, so that a mistake of the client is not shared.
//
// # In a test
//
//	srv := apstest.NewServer(t, apstest.WithTenants(40, 1), apstest.WithFault("lost", 0.05))
//	client, err := apsclient.New(apsclient.Config{
//		URL:    srv.URL(),
//		OAuth1: &apsclient.OAuth1{Key: srv.Key(), Secret: srv.Secret()},
//	})
//	// … place an order for each of srv.Tenants() …
//	if doubles := srv.Doubles(); len(doubles) > 0 {
//		t.Errorf("ordered twice: %v", doubles)
//	}
//
// Options are functions of Config, so a test may also write
// func(c *apstest.Config) { c.PageSize = 7; c.Strict = true }.
//
// In a bubble of testing/synctest nothing may leave the process:
//
//	var n apstest.Network
//	srv := apstest.NewServer(t, func(c *apstest.Config) { c.Listener = n.Listen })
//	client, err := apsclient.New(apsclient.Config{
//		URL:    srv.URL(),
//		OAuth1: &apsclient.OAuth1{Key: srv.Key(), Secret: srv.Secret()},
//		Dial:   n.Dial,
//	})
//
// # What it holds
//
// Tenants, each with an account that company name and e-mail lead to, and with
// Azure subscriptions ready for import; three service plans. All of it follows
// from Config.Seed and the position and is made when asked for. The first two
// tenants of every 25 share a company name and differ in e-mail; other names
// hold commas, quotes, and letters of many scripts; one account spells its
// e-mail with a capital letter where its tenant does not.
//
// Orders are never deduplicated. An order is LO until Config.Provisioning has
// passed, then CP, and its subscription shows as imported under the account.
// An order whose import parameters are missing or have other names (Names)
// sells something new: it ends CP, and nothing is imported. If the subscription
// does not exist, or is not that tenant's, the order ends PF.
//
// # Requests
//
//	token      POST /auth/realms/sandbox/protocol/openid-connect/token
//	aps        GET  /aps
//	service    GET  /aps/2/resources?implementing(…order-management), GET /aps/2/services/order-manager
//	tenants    GET  /aps/2/resources?implementing(…azure-csp/tenant)
//	resource   GET  /aps/2/resources/{id}
//	subscriptions GET /aps/2/resources/{tenant}/{Config.TenantOperation}
//	accounts   GET  /aps/2/collections/accounts
//	plans      GET  /aps/2/collections/service-plans
//	place      POST {orders}/orders
//	estimate   POST {orders}/orders/estimate?includeTaxes=false
//	order      GET  {orders}/orders/{id}
//	orders     GET  {orders}/orders
//
// {orders} is /aps/2/resources/{id of the order service} or
// /aps/2/services/order-manager. These names are those of Server.Count, of
// Request.Kind, and of the scopes of faults. Lists take RQL: eq ne gt ge lt le
// like in and or not, sort, limit, select, implementing; anything else, and any
// property that is not known, is refused.
//
// # Faults
//
// A fault has a rate from 0 to 1 (SetFault, Config.Faults), drawn from the
// seed, or strikes the orders of one subscription (FaultRow).
//
// Instead of creating an order: 429, 429-wait, 503, 503-wait, 500, 500-wrapped,
// empty, html, refused, 401, forbidden, 409, 413, denied-access, busy-other, reset.
// After creating it: lost, 504, slow, truncated, no-id, other-id (the answer has
// another order's id), and each clear no: 400-after, 401-after, 403-after,
// 404-after, 409-after, 413-after, 429-after, 503-wait-after, busy-after,
// wrapped-after. A request delivered twice: twice (two orders), twice-nonce (one,
// and the answer is that the nonce was used). All of these strike order POSTs, and
// those that a refusal or a proxy may cause estimates too, unless given a scope:
// "503@accounts", "lost@place", "429@any".
//
// Orders made otherwise than asked: late, no-reference, reference-edited (staff
// have given it another), stuck, pf, ignored.
//
// Elsewhere: busy (a second order of an account is refused while one is being
// provisioned, and every estimate as if one were), no-range, short-pages, list-short
// (lists end before their own count), list-capped, list-stale, filter-ignored,
// filter-literal (wildcards are letters), local-dates (without a zone),
// account-number (in place of its aps.id), upper-ids, no-products, date-form (of the
// cut-off), no-subscriptions (tenants without that field), token-expired (the bearer token
// in use is revoked), clock, clocks-apart (answers dated by clocks that differ), stamps-old
// and stamps-short (signatures taken however old, or for 30s only), orders-get (GET on orders fails),
// orders-get-after-first (only once an order exists), rate-limit (its rate is a
// number of orders a second).
//
// The whole platform: SetOutage, SetCredentials, SetClientSecret, RevokeTokens,
// Allow, SetSkew. Several nodes that know of orders one after the other, orders that
// show late, imports that show late: Config. What staff and colleagues do: AddOrder,
// SetOrderStatus (CL cancels), EditReference, SetImported (or not any longer); stale
// lists show it late. A copy of it all elsewhere: Clone.
package apstest
