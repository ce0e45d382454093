//go:build !race

package simulation_test

const (
	underRace = false
	few       = 40 // seeds
)
