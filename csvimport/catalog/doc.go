// Package catalog knows what the platform has: its service plans, accounts and
// tenants, fetched once, kept so that their number does not decide how much
// memory a run takes, and found by whatever a row names them.
package catalog
