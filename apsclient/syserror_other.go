//go:build !windows

package apsclient

import "syscall"

// What the network says, by the numbers of POSIX.
var (
	refused     = []error{syscall.ECONNREFUSED}
	unreachable = []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN}
	broken      = []error{syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE}
	late        = []error{syscall.ETIMEDOUT}
)
