//go:build !race

package simulation_test

const few = 40 // seeds
