//go:build race

package simulation_test

// The race detector makes SQLite ten times as slow.
const (
	underRace = true
	few       = 5 // seeds
)
