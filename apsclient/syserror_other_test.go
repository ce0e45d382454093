//go:build !windows

package apsclient_test

import "syscall"

// connectionRefused is what the system says where nobody listens.
const connectionRefused = syscall.ECONNREFUSED
