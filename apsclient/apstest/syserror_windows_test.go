package apstest_test

import "golang.org/x/sys/windows"

// What the system says where nobody listens, and where a connection breaks.
const (
	connectionRefused = windows.WSAECONNREFUSED
	connectionReset   = windows.WSAECONNRESET
)
