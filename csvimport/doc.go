// Package csvimport imports a table of Azure subscriptions: rows, findings,
// resolution, orders, results, and the concurrent importer that places at most
// one order for each subscription.
package csvimport
