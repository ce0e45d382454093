package apsclient

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What the network says, by the numbers of Windows: package syscall invents those of
// POSIX there, and no call returns them
// (https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2).
var (
	refused     = []error{windows.WSAECONNREFUSED, syscall.ECONNREFUSED}
	unreachable = []error{windows.WSAENETUNREACH, windows.WSAEHOSTUNREACH, windows.WSAENETDOWN, windows.WSAEHOSTDOWN, syscall.ENETUNREACH, syscall.EHOSTUNREACH}
	broken      = []error{
		windows.WSAECONNRESET, windows.WSAECONNABORTED, windows.WSAENETRESET, windows.WSAESHUTDOWN,
		windows.ERROR_NETNAME_DELETED, windows.ERROR_BROKEN_PIPE, syscall.ECONNRESET, syscall.EPIPE,
	}
	late = []error{windows.WSAETIMEDOUT, windows.ERROR_SEM_TIMEOUT}
)
