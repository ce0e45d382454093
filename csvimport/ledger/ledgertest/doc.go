// Package ledgertest is the suites that every ledger has to pass: who is granted
// what, what is found again, a model to compare with, several processes, and
// processes that are killed at any moment.
//
// A kind of ledger says how it is reached ([Kind]) and calls two functions in its
// tests:
//
//	func TestMain(m *testing.M) {
//		ledgertest.Other(kind)
//		goleak.VerifyTestMain(m)
//	}
//
//	func TestLedger(t *testing.T) { ledgertest.Exercise(t, kind) }
package ledgertest
