//go:build !linux && !darwin && !windows

package main

// awake does nothing: how these systems are asked not to sleep is not known.
func awake(string) (release func()) { return func() {} }
