//go:build race

package simulation_test

// The race detector makes SQLite ten times as slow.
const (
	few  = 4  // seeds
	each = 10 // scenario so many
)
