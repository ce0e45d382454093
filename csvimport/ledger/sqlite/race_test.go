//go:build race

package sqlite_test

// raceDetector: SQLite, which is Go code here, is ten times slower under it.
const raceDetector = true
