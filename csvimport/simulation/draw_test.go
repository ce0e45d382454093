package simulation_test

import (
	"fmt"
	"hash/fnv"
)

// draw is a number from 0 to below 1, made of the seed and of what it is for.
func draw(seed uint64, what ...any) float64 {
	h := fnv.New64a()
	fmt.Fprintln(h, what...)
	return float64(mix(seed^mix(h.Sum64()))>>11) / (1 << 53)
}

// mix is one round of splitmix64: close numbers lead to distant ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
