//go:build !race

package simulation_test

const (
	few  = 24 // seeds
	each = 1  // scenario so many
)
