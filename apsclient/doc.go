// Package apsclient is CloudBlue Commerce as seen over the APS bus: signing,
// RQL, paging, tenants, accounts, plans, orders, refusals and pauses.
package apsclient
