package machine

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// Windows has numbers of its own
// (https://learn.microsoft.com/windows/win32/debug/system-error-codes).
var (
	full     = []error{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED, syscall.ENOSPC}
	readOnly = []error{windows.ERROR_WRITE_PROTECT, syscall.EROFS}
	pipe     = []error{windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA, syscall.EPIPE}
)
