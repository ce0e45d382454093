package main

import (
	"runtime"

	"golang.org/x/sys/windows"
)

var setThreadExecutionState = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")

const (
	continuous     = 0x80000000 // ES_CONTINUOUS
	systemRequired = 0x00000001 // ES_SYSTEM_REQUIRED
)

// awake asks the system not to sleep by itself until release is called or the
// process ends. The system is asked by thread: one is kept for it.
func awake(string) (release func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if setThreadExecutionState.Find() != nil {
			return
		}
		setThreadExecutionState.Call(continuous | systemRequired)
		<-over
		setThreadExecutionState.Call(continuous)
	}()
	return func() {
		close(over)
		<-ended
	}
}
