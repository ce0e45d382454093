//go:build !windows

package machine

import "syscall"

var (
	full     = []error{syscall.ENOSPC, syscall.EDQUOT}
	readOnly = []error{syscall.EROFS}
	pipe     = []error{syscall.EPIPE}
)
