package machine

import (
	"runtime"

	"golang.org/x/sys/windows"
)

var setThreadExecutionState = windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")

const (
	continuous     = 0x80000000 // ES_CONTINUOUS
	systemRequired = 0x00000001 // ES_SYSTEM_REQUIRED
)

// awake keeps a thread that says that the system is needed: it is asked by thread.
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
