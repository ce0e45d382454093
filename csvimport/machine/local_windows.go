package machine

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// In kernelbase.dll since Windows 10, the first that Go runs on.
var queryInterruptTime = windows.NewLazySystemDLL("kernelbase.dll").NewProc("QueryInterruptTime")

// Elapsed is the interrupt time, which counts time asleep in units of 100 ns.
// It moves in steps of the system timer, 16 ms at most.
func (local) Elapsed() time.Duration {
	if queryInterruptTime.Find() != nil {
		return awake()
	}
	var t uint64
	queryInterruptTime.Call(uintptr(unsafe.Pointer(&t)))
	return time.Duration(t) * 100
}

// Boot cannot be told: the time of the start moves when the wall clock is set,
// and the counter of starts is not kept on every edition.
func (local) Boot() string { return "" }
