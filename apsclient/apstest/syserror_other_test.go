//go:build !windows

package apstest_test

import "syscall"

// What the system says where nobody listens, and where a connection breaks.
const (
	connectionRefused = syscall.ECONNREFUSED
	connectionReset   = syscall.ECONNRESET
)
