//go:build race

package simulation_test

const few = 6 // seeds: the race detector makes SQLite ten times as slow
