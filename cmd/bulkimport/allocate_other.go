//go:build !linux

package main

import "os"

// allocate takes size bytes of the disk for a file, or as much as is bearable.
func allocate(f *os.File, size int64) error { return writeZeros(f, size) }
